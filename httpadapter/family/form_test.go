package family_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// posted is a form with everything that a field may be.
type posted struct {
	Email family.Email `json:"email" need:""`
	Code  family.Code  `json:"code"`
	State string       `json:"state"`
	kept  string       // nobody can send it
	Own   string       `json:"-"`
}

func echo(_ *family.Call, p posted) (posted, error) { return p, nil }

func TestForm(t *testing.T) {
	f := hosts()
	f.Routes = append(f.Routes, family.On("POST", "/f/form", family.Form(echo),
		func(_ *family.Call, p posted) (posted, error) { return p, nil },
		family.JSON(func(_ *family.Call, p posted) string {
			return strings.Join([]string{string(p.Email), string(p.Code), p.State, p.kept, p.Own}, "|")
		})))
	h := mount(t, newAuth(t, tollkeeper.Config{}), f, family.Options{})
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		kind, body string
		status     int
		want       string
	}{
		{form, "email=%20a@b.example%20&code=123+456&state=s", 200, `"a@b.example|123456|s||"`},
		{form + "; charset=utf-8", "email=a@b.example", 200, `"a@b.example||||"`},
		{form, "email=a@b.example&kept=x&Own=x&-=x&other=x", 200, `"a@b.example||||"`},
		{form, "email=a@b.example&state=s&state=s", 400, ""},
		{form, "email=%20", 400, ""},
		{form, "email=%zz", 400, ""},
		{form, "", 400, ""},
		{"application/json", `{"email":"a@b.example"}`, 400, ""},
		{"", "email=a@b.example", 400, ""},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/f/form", strings.NewReader(c.body))
		r.Header.Set("Origin", "https://issuer.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if r.Header.Set("Content-Type", c.kind); c.kind == "" {
			r.Header.Del("Content-Type")
		}
		h.ServeHTTP(w, r)
		if w.Code != c.status || c.want != "" && w.Body.String() != c.want+"\n" {
			t.Errorf("%s %q: %d %s, want %d %s", c.kind, c.body, w.Code, w.Body, c.status, c.want)
		}
	}
}

// TestTypedFields come in one form however they are spelled.
func TestTypedFields(t *testing.T) {
	for text, want := range map[string]string{
		`" a@b.example\t"`: "a@b.example", `"a@b.example"`: "a@b.example", `"\u0061"`: "a", `null`: "", `"a` + "\xff" + `"`: "a\ufffd",
	} {
		var e family.Email
		if err := e.UnmarshalJSON([]byte(text)); err != nil || string(e) != want {
			t.Errorf("%s is %q, %v", text, e, err)
		}
	}
	for text, want := range map[string]string{
		`"123 456"`: "123456", `"123-456"`: "123456", `" rescue-me "`: "rescue-me", "\"１２３４５６\"": "123456", `"12\u00a03456"`: "123456",
	} {
		var k family.Code
		if err := k.UnmarshalJSON([]byte(text)); err != nil || string(k) != want {
			t.Errorf("%s is %q, %v", text, k, err)
		}
	}
	for _, text := range []string{`1`, `{}`, `["a"]`, `true`} {
		var e family.Email
		if e.UnmarshalJSON([]byte(text)) == nil {
			t.Errorf("%s is an email", text)
		}
	}
}
