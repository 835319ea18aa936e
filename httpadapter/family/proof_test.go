package family_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// named is a body that may name a parent.
type named struct{ Parent parentKey }

type parentKey string

func (k parentKey) Locate() family.Place { return family.Place{Key: string(k)} }

// TestAPageIsJudgedBeforeTheBodyOfABadCredential: what is in the body of a request without a good one serves no page,
// and lets nothing be done.
func TestAPageIsJudgedBeforeTheBodyOfABadCredential(t *testing.T) {
	for name, c := range map[string]struct {
		headers string // with | between them
		want    string
	}{
		"a page":                      {"Origin: https://evil.example", family.ErrCrossOrigin.Message},
		"a page with a bad token":     {"Origin: https://evil.example|Authorization: Bearer x", family.ErrCrossOrigin.Message},
		"a program":                   {"", family.ErrNoCredential.Message},
		"a program with a bad token":  {"Authorization: Bearer x", tollkeeper.ErrInvalidToken.Message},
		"an own page with a bad one":  {"Sec-Fetch-Site: same-origin|Authorization: Bearer x", tollkeeper.ErrInvalidToken.Message},
		"an own page without a token": {"Sec-Fetch-Site: same-origin", family.ErrNoCredential.Message},
	} {
		asked, done := 0, 0
		f := visited(&asked)
		read := family.Body(func(_ *family.Call, b named) (named, error) { return b, nil })
		f.Routes = append(f.Routes, family.On("POST", "/f/do", read, doNothing[named](&done), family.Empty[family.None]()).Asks(family.SignedIn))
		h := mount(t, newAuth(t, tollkeeper.Config{}), f, family.Options{})
		a := visit(h, "POST /f/do", c.headers+"|Content-Type: application/json", `{"Parent":"APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"}`)
		if !strings.Contains(a.Body.String(), c.want) || done != 0 {
			t.Errorf("%s: %d %s, done %d times, want %s", name, a.Code, a.Body, done, c.want)
		}
	}
}

// A header of white space and a token is no credential, whoever sends it: only "Bearer" may have spaces behind it.
func TestATokenHeaderHasNoSpaces(t *testing.T) {
	f := hosts()
	f.Credential = family.TokenHeader
	h := mount(t, newAuth(t, tollkeeper.Config{}), f, family.Options{})
	const none, bad = "Authentication required", "Invalid or expired token"
	for header, want := range map[string]string{
		"x": bad, " x": none, "x y": none, "x ": none, "\tx": none, ",x": none, "": none,
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/f/me", nil)
		r.Header["Token"] = []string{header}
		h.ServeHTTP(w, r)
		if w.Code != 401 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q: %d %s, want %s", header, w.Code, w.Body, want)
		}
	}
}

// A scope whose parent is not known holds nobody, not even those who have none.
func TestWhoLivesWhere(t *testing.T) {
	admin := newAuth(t, tollkeeper.Config{})
	boss, err := admin.Host().Bootstrap(t.Context(), tollkeeper.BootstrapRequest{Email: "admin@b.example", Password: "Vexing.Quartz9"})
	if err != nil {
		t.Fatal(err)
	}
	tenant, user := &tollkeeper.Identity{}, &tollkeeper.Identity{Parent: boss.Parent}
	for _, c := range []struct {
		name  string
		id    *tollkeeper.Identity
		scope tollkeeper.Scope
		lives bool
	}{
		{"a tenant among tenants", tenant, tollkeeper.Tenants, true}, {"a user among tenants", user, tollkeeper.Tenants, false},
		{"a user of the app", user, tollkeeper.Scope{}, true}, {"a tenant in the app", tenant, tollkeeper.Scope{}, false},
		{"a user below their parent", user, tollkeeper.Under(boss.Parent), true}, {"a tenant below a parent", tenant, tollkeeper.Under(boss.Parent), false},
		{"a tenant under a key", tenant, tollkeeper.UnderKey("APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"), false},
		{"a user under a key", user, tollkeeper.UnderKey("APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"), false},
	} {
		if family.Lives(c.id, c.scope) != c.lives {
			t.Errorf("%s: %t", c.name, !c.lives)
		}
	}
}
