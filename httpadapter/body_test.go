package httpadapter_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"testing/iotest"

	"github.com/tollkeeper/tollkeeper"
)

// bodies that no family reads (R62), for the routes that sign in.
var badBodies = map[string]string{
	"not JSON":             `email=a`,
	"array":                `[]`,
	"null":                 `null`,
	"string":               `"x"`,
	"cut":                  `{"email":"a@b.example"`,
	"two values":           `{"email":"a@b.example","password":"x"}{}`,
	"trailing text":        `{"email":"a@b.example","password":"x"} x`,
	"duplicate":            `{"email":"a@b.example","password":"x","password":"y"}`,
	"duplicate unknown":    `{"email":"a@b.example","password":"x","z":1,"z":2}`,
	"duplicate by escape":  `{"email":"a@b.example","password":"x","\u0065mail":"b@b.example"}`,
	"wrong type":           `{"email":["a@b.example"],"password":"x"}`,
	"number":               `{"email":"a@b.example","password":1}`,
	"object":               `{"email":{"$ne":""},"password":{"$ne":""}}`,
	"bad UTF-8":            "{\"email\":\"a\xff@b.example\",\"password\":\"x\"}",
	"lone surrogate":       `{"email":"a@b.example","password":"\ud800"}`,
	"deep":                 `{"x":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`,
	"comment":              `{"email":"a@b.example",/* */"password":"x"}`,
	"single quotes":        `{'email':'a@b.example'}`,
	"byte order mark":      "\ufeff{}",
	"upper-case keys":      `{"EMAIL":"a@b.example","PASSWORD":"x"}`,
	"null password":        `{"email":"a@b.example","password":null}`,
	"empty strings":        `{"email":"","password":""}`,
	"prototype":            `{"__proto__":{"email":"a@b.example","password":"x"}}`,
	"nothing but a number": `17`,
}

func TestBadBodies(t *testing.T) {
	w := newWorld(t)
	families := map[string]string{
		"POST /auth/signin":                `"success":false`,
		"POST /authentiq/v1/user/login":    `{"message":"Invalid parameters!"}`,
		"POST /authentiq/v1/user/register": `{"message":"Invalid parameters!"}`,
		"POST /api/user/signin":            `{"error":"Email and password are required"}`,
	}
	for route, want := range families {
		for name, body := range badBodies {
			if a := w.do(route, body); a.status != 400 || !strings.Contains(a.body, want) {
				t.Errorf("%s, %s: %d %s", route, name, a.status, a.body)
			}
		}
	}
}

func TestContentType(t *testing.T) {
	w := newWorld(t)
	body := object("email", "admin@house.example", "password", password)
	for kind, want := range map[string]int{
		"application/json": 200, "Application/JSON; charset=UTF-8": 200, "application/json;charset=utf-8": 200,
		"text/plain": 400, "application/x-www-form-urlencoded": 400, "multipart/form-data; boundary=x": 400,
		"application/jsonx": 400, "text/json": 400, "application/json, text/plain": 400, ";": 400,
	} {
		if a := w.do("POST /authentiq/v1/user/login", body, "Content-Type: "+kind); a.status != want {
			t.Errorf("%s: %d, want %d", kind, a.status, want)
		}
	}
	r := w.request("POST", "/authentiq/v1/user/login", body, nil)
	r.Header.Del("Content-Type")
	if a := w.serve(r); a.status != 200 {
		t.Errorf("without Content-Type: %d", a.status)
	}
	if a := w.do("POST /authentiq/v1/user/login", body, "Content-Type: application/json", "Content-Type: text/plain"); a.status != 400 {
		t.Errorf("two types: %d", a.status)
	}
}

// TestLargeBodies: beyond 16 KiB it is 413 on every route that reads a body, whether the length was announced or not.
func TestLargeBodies(t *testing.T) {
	w := newWorld(t)
	exact := `{"email":"` + strings.Repeat("x", 16<<10-len(`{"email":""}`)) + `"}`
	if a := w.do("POST /auth/signin", exact); a.status != 400 {
		t.Errorf("16 KiB: %d", a.status)
	}
	for _, route := range []string{
		"POST /auth/signin", "POST /auth/signup", "POST /auth/confirm-email", "POST /auth/request-new-confirmation", "POST /auth/reset-password",
		"POST /auth/update-password", "POST /authentiq/v1/user/register", "POST /authentiq/v1/user/login", "POST /api/user/signin",
		"POST /api/user/signin-otp", "POST /api/user/verify-otp", "POST /api/user/forgot-password", "POST /api/user/reset-password",
		"POST /auth/google", "POST /auth/mfa/verify", "POST /auth/token/refresh", "POST /auth/account/email/confirm",
		"POST /authentiq/v1/user/mfa", "POST /authentiq/v1/token/refresh", "POST /api/user/mfa/verify", "POST /api/user/token/refresh",
	} {
		method, path, _ := strings.Cut(route, " ")
		for _, announced := range []bool{true, false} {
			r := w.request(method, path, exact+" ", nil)
			if !announced {
				r.ContentLength = -1
			}
			if a := w.serve(r); a.status != 413 {
				t.Errorf("%s, announced %t: %d", route, announced, a.status)
			}
		}
	}
	unread := w.request("POST", "/auth/signin", "x", nil)
	unread.ContentLength, unread.Body = 16<<10+1, io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	if a := w.serve(unread); a.status != 413 {
		t.Errorf("too long by its own word: %d", a.status)
	}
	endless := w.request("POST", "/auth/signin", "x", nil)
	endless.ContentLength, endless.Body = -1, io.NopCloser(iotest.OneByteReader(zeros{}))
	if a := w.serve(endless); a.status != 413 {
		t.Errorf("endless: %d", a.status)
	}
	capped := w.request("POST", "/auth/signin", exact, nil)
	capped.ContentLength, capped.Body = -1, http.MaxBytesReader(nil, capped.Body, 100)
	if a := w.serve(capped); a.status != 413 {
		t.Errorf("beyond what the host reads: %d", a.status)
	}
}

func TestQueries(t *testing.T) {
	w := newWorld(t)
	admin := w.admin()
	for query, want := range map[string]int{
		"": 200, "?": 200, "?limit=100": 200, "?limit=": 200, "?other=1&other=2": 200, "?limit=1&limit=2": 400, "?limit=1&limit=1": 400,
		"?limit=101": 400, "?limit=-1": 400, "?limit=1.0": 400, "?limit=01": 400, "?limit=%31": 200, "?limit=%zz": 400, "?limit=1;cursor=x": 400,
		"?LIMIT=0": 200, "?cursor=": 200,
	} {
		if a := w.do("GET /authentiq/v1/user/list"+query, "", bearerOf(admin.token)); a.status != want {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if a := w.do("GET /auth/confirm-email?token=AAAAAAAAAAAA&token=BBBBBBBBBBBB", ""); a.field("error.code") != "INVALID_TOKEN_FORMAT" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestBlankBodyIsNone(t *testing.T) {
	w := newWorld(t)
	for _, body := range []string{"", " ", "\r\n\t "} {
		if a := w.do("POST /auth/signin", body, "Content-Type: text/plain"); a.field("error.code") != "MISSING_REQUEST_BODY" {
			t.Errorf("%q: %d %s", body, a.status, a.body)
		}
	}
}

func TestBrokenBody(t *testing.T) {
	w := newWorld(t)
	r := w.request("POST", "/auth/signin", "x", nil)
	r.ContentLength, r.Body = -1, io.NopCloser(io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if a := w.serve(r); a.status != 400 || a.field("error.code") != "INVALID_REQUEST_BODY" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestUnknownMembersAreIgnored on each route that takes a body: nobody sets what is not theirs to set (R35).
func TestUnknownMembersAreIgnored(t *testing.T) {
	w := newWorld(t)
	extra := `,"role":"admin","Role":"admin","isAdmin":true,"status":"active","verified":true,"emailVerified":true,"emailVerifiedAt":"2020-01-01T00:00:00Z",` +
		`"credits":1000000,"creditBalance":1000000,"number":1,"id":"x","userID":"x","parent":"x","house":true,"limited":"","audience":"v1","scope":"x"`
	with := func(body string) string { return strings.TrimSuffix(body, "}") + extra + "}" }

	a := w.must("POST /authentiq/v1/user/register", with(object("email", "mal@house.example", "password", password)))
	if a.field("user.role") != "user" {
		t.Error("registered as", a.field("user.role"))
	}
	token := a.field("token")
	if a := w.do("GET /authentiq/v1/user/list", "", bearerOf(token)); a.status != 403 {
		t.Error("an admin by mass assignment")
	}
	w.must("PUT /authentiq/v1/user/password", with(object("password", password, "newPassword", another)), bearerOf(token))
	if a := w.must("GET /authentiq/v1/user/role", "", bearerOf(token)); a.field("role") != "user" {
		t.Error(a.body)
	}
	a = w.must("POST /auth/signup", with(object("username", "mal", "email", "mal@parent.example", "password", password)))
	if a.field("data.data.emailVerified") != "false" {
		t.Error("verified by mass assignment")
	}
	parent := w.account(a.field("data.data.userID"))
	parent.token = a.field("data.token")
	w.must("POST /auth/update-organization", with(`{"organizationName":"Mal's","updateCount":9,"organizationUpdateCount":9}`), bearerOf(parent.token))
	if a := w.must("GET /parent/credit-analysis", "", bearerOf(parent.token)); a.field("creditBalance") != "3000" {
		t.Error("credits by mass assignment:", a.field("creditBalance"))
	}
	in := w.must("POST /auth/signin", with(object("email", parent.email, "password", password)))
	if in.field("data.user.organizationUpdateCount") != "1" || in.field("data.user.accountType") != "parent" {
		t.Error(in.body)
	}
	if s := w.account(parent.id.String()); s.number != parent.number {
		t.Error("the number changed")
	}
}

func TestPlatformIDs(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child := w.child("cem", parent)
	text := strconv.FormatInt(parent.number, 10)
	in := func(id string) answer {
		return w.do("POST /api/user/signin", `{"email":"`+child.email+`","password":"`+password+`","PlatformId":`+id+`}`)
	}
	for id, want := range map[string]int{
		text: 200, `"` + text + `"`: 200, `"` + parent.key + `"`: 200, `"\u0041PK_` + parent.key[4:] + `"`: 200,
		"null": 401, `""`: 401, "true": 400, "[1]": 400, `{"a":1}`: 400,
		"0": 401, "-" + text: 401, text + ".0": 401, text + "e0": 401, `"0` + text + `"`: 401, `" ` + text + `"`: 401, `"+` + text + `"`: 401,
		"1e400": 401, "99999999999999999999999": 401, "9007199254740993": 401, "1.5": 401, `"` + child.key + `"`: 401, `"apk_x"`: 401,
		`"` + strings.Repeat("9", 9000) + `"`: 401,
	} {
		a := in(id)
		if a.status != want {
			t.Errorf("PlatformId %.40s: %d, want %d (%s)", id, a.status, want, a.body)
		}
		if a.status == 401 && a.body != `{"error":"Invalid credentials"}` {
			t.Errorf("PlatformId %.40s: %s", id, a.body)
		}
	}
	w = newWorld(t, withPlatform(tollkeeper.Scope{}))
	if a := w.do("POST /api/user/signin", object("email", "admin@house.example", "password", password)); a.status != http.StatusOK {
		t.Errorf("the default platform: %d %s", a.status, a.body)
	}
	if a := w.do("POST /api/user/signin", object("email", "admin@house.example", "password", password, "PlatformId", "2")); a.status != 401 {
		t.Errorf("another platform than the default: %d %s", a.status, a.body)
	}
}
