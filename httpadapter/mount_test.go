package httpadapter_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/app"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store"
)

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

func TestMountRefuses(t *testing.T) {
	w := newWorld(t)
	for name, api := range map[string]httpadapter.API{
		"v1 for tenants":               v1.API{Scope: tollkeeper.Tenants},
		"v1 below a key":               v1.API{Scope: tollkeeper.UnderKey("APK_AAAAAAAAAAAAAAAAAAAAAAAAAA")},
		"v1 below a number":            v1.API{Scope: tollkeeper.UnderNumber(1)},
		"v1 below nobody":              v1.API{Scope: tollkeeper.Under(uuid.Nil)},
		"a platform of tenants":        platform.API{Default: &tollkeeper.Tenants},
		"a platform of air":            platform.API{Default: new(tollkeeper.UnderKey("main"))},
		"a platform without key":       platform.API{Default: new(tollkeeper.UnderKey(""))},
		"a platform of 0":              platform.API{Default: new(tollkeeper.UnderNumber(0))},
		"a negative one":               platform.API{Default: new(tollkeeper.UnderNumber(-1))},
		"a platform below nobody's id": platform.API{Default: new(tollkeeper.Under(uuid.Nil))},
	} {
		err := httpadapter.Mount(http.NewServeMux(), w.Auth, httpadapter.Options{}, api)
		if err == nil || !strings.Contains(err.Error(), ".API.") {
			t.Errorf("%s: %v", name, err)
		}
		if h, err := httpadapter.Handler(w.Auth, api, httpadapter.Options{}); h != nil || err == nil {
			t.Errorf("%s alone: %v, %v", name, h, err)
		}
	}
	for name, o := range map[string]httpadapter.Options{
		"an origin with a path": {Origins: []string{"https://app.example/"}},
		"an origin of a word":   {Origins: []string{"null"}},
		"no origin":             {Origins: []string{""}},
	} {
		if err := httpadapter.Mount(http.NewServeMux(), w.Auth, o, v1.API{}); err == nil || !strings.Contains(err.Error(), "Options.Origins") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := httpadapter.Mount(http.NewServeMux(), nil, httpadapter.Options{}, v1.API{}); err == nil {
		t.Error("mounted nothing")
	}
	if err := httpadapter.Mount(http.NewServeMux(), w.Auth, httpadapter.Options{}, v1.API{}, nil); err == nil {
		t.Error("mounted a nil API")
	}
	if h, err := httpadapter.Handler(w.Auth, nil, httpadapter.Options{}); h != nil || err == nil {
		t.Error("served a nil API")
	}
	if err := httpadapter.Mount(w.mux, w.Auth, httpadapter.Options{}, organization.API{}); err == nil || !strings.Contains(err.Error(), "/auth") {
		t.Errorf("mounted twice: %v", err)
	}
}

// TestFamiliesDoNotHideEachOther: routers lead a longer prefix to its own family, so that routes of another one below it
// would be gone unseen. A prefix below another one that hides no route is fine.
func TestFamiliesDoNotHideEachOther(t *testing.T) {
	w := newWorld(t)
	for prefix, fits := range map[string]bool{
		"/api/auth/sessions": false, "/api/auth/password": false, "/api/auth/admin": false, "/api/auth/sign-in": false, "/api/auth": false,
		"/api/auth/second": true, "/api/authority": true, "/api": true, "/api/auth/session/refresh/more": true, "/api/auth/sessions/some": false,
	} {
		for _, apis := range [][]httpadapter.API{{app.API{}, app.API{Prefix: prefix}}, {app.API{Prefix: prefix}, app.API{}}} {
			err := httpadapter.Mount(http.NewServeMux(), w.Auth, httpadapter.Options{}, apis...)
			if (err == nil) != fits || err != nil && !strings.Contains(err.Error(), "/api/auth") {
				t.Errorf("%s: %v", prefix, err)
			}
		}
	}
}

// TestOneFamilyAlone is mounted by hand, and moved by http.StripPrefix.
func TestOneFamilyAlone(t *testing.T) {
	w := newWorld(t)
	for path, api := range map[string]httpadapter.API{
		"/auth/signin": organization.API{}, "/authentiq/v1/user/login": v1.API{}, "/api/user/signin": platform.API{Default: new(tollkeeper.Scope)},
	} {
		h, err := httpadapter.Handler(w.Auth, api, httpadapter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		mux.Handle("/moved/", http.StripPrefix("/moved", h))
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, w.request("POST", "/moved"+path, object("email", "admin@house.example", "password", password), nil))
		want := 200
		if path == "/auth/signin" {
			want = 401 // the organization family looks among the parents; the app's own users are no strays
		}
		if rec.Code != want {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
}

// TestHostRoutesBelowAPrefix are more specific, so they win.
func TestHostRoutesBelowAPrefix(t *testing.T) {
	w := newWorld(t)
	w.mux.HandleFunc("GET /auth/pages/login", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("a page")) })
	if a := w.do("GET /auth/pages/login", ""); a.status != 200 || a.body != "a page" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.do("GET /auth/signin", ""); a.status != 405 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestPasswordRules are outer rules of a family, on new passwords only.
func TestPasswordRules(t *testing.T) {
	type c struct {
		password string
		plain    int // by the core's policy alone
		ruled    int
	}
	organization := []c{
		{"Tr0ub4dor&3x!", 200, 200}, {"Ünïcödé-Pass1", 200, 200}, {"correct horse battery", 200, 400}, {"NoDigitHere!!", 200, 400},
		{"n0upperhere!!", 200, 400}, {"N0LOWERHERE!!", 200, 400}, {"N0specialHere", 200, 400}, {"Sh0rt!a", 400, 400},
	}
	v1 := []c{{"Vexing9Quartz!", 201, 201}, {"vexingquartzes", 201, 201}, {"vexing quartzes", 201, 400}, {"vexing-quartzes", 201, 400}, {"vexing\u212Aquartzes", 201, 400}}
	ruled := newWorld(t, func(_ *tollkeeper.Config, o *options, _ *store.Store) { o.V1.PasswordRegex = true })
	plain := newWorld(t, func(_ *tollkeeper.Config, o *options, _ *store.Store) { o.Organization.NoCharacterRules = true })
	for i, c := range organization {
		body := object("username", "u"+itoa(i), "email", "u"+itoa(i)+"@parent.example", "password", c.password)
		if a, b := plain.do("POST /auth/signup", body), ruled.do("POST /auth/signup", body); a.status != c.plain || b.status != c.ruled {
			t.Errorf("organization %q: %d and %d", c.password, a.status, b.status)
		}
	}
	for i, c := range v1 {
		body := object("email", "u"+itoa(i)+"@house.example", "password", c.password)
		if a, b := plain.do("POST /authentiq/v1/user/register", body), ruled.do("POST /authentiq/v1/user/register", body); a.status != c.plain || b.status != c.ruled {
			t.Errorf("v1 %q: %d and %d", c.password, a.status, b.status)
		}
	}
}
