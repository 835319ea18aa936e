package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// signIn signs a parent in on a page of the service itself.
func (w *world) signIn(p authtest.Account, pairs ...string) {
	w.t.Helper()
	w.open(w.service("/page"))
	if a := w.post("/auth/signin", append([]string{"email", p.Email, "password", p.Password}, pairs...)...); a.Status != 200 || a.Type != "basic" {
		w.t.Fatalf("%+v", a)
	}
}

// who answers whose cookie the browser has, asked by a page of the service.
func (w *world) who() string {
	w.t.Helper()
	w.open(w.service("/page"))
	a := w.fetch("/auth/user-profile", `{}`)
	if a.Status == 401 {
		return ""
	}
	return a.field("data.user.email")
}

var withCookie = httpadapter.Options{Cookie: httpadapter.Cookie{On: true}}

// TestCookieInABrowser: set by a sign-in, out of reach of scripts, enough for the next request, gone after a sign-out.
func TestCookieInABrowser(t *testing.T) {
	w := newWorld(t, withCookie)
	p := w.kit.Parent()
	w.signIn(p)
	found := w.cookies()
	if len(found) != 1 {
		t.Fatalf("%+v", found)
	}
	c := found[0]
	if c.Name != "__Host-session" || !c.HTTPOnly || !c.Secure || c.SameSite != network.CookieSameSiteLax || c.Path != "/" || c.Domain != "auth.localhost" || !c.Session {
		t.Errorf("%+v", c)
	}
	script, err := chromedp.Run(w.tab, chromedp.Evaluate[string](`document.cookie + "|"`))
	if err != nil || script != "|" {
		t.Errorf("a script sees %q, %v", script, err)
	}
	if got := w.who(); got != p.Email {
		t.Errorf("signed in as %q", got)
	}
	if a := w.post("/auth/account/username", "username", "fresh"); a.Status != 200 {
		t.Errorf("an own page changes nothing: %+v", a)
	}
	if a := w.post("/auth/signout"); a.Status != 200 {
		t.Errorf("%+v", a)
	}
	if got, left := w.who(), w.cookies(); got != "" || len(left) > 0 {
		t.Errorf("after the sign-out: %q, %+v", got, left)
	}
}

// TestRememberedCookie outlives the browser, as long as the token lives.
func TestRememberedCookie(t *testing.T) {
	w := newWorld(t, withCookie)
	w.signIn(w.kit.Parent(), "rememberMe", "true")
	found := w.cookies()
	if len(found) != 1 || found[0].Session {
		t.Fatalf("%+v", found)
	}
	left := time.Until(time.UnixMilli(int64(found[0].Expires * 1000)))
	if left < 23*time.Hour || left > 25*time.Hour {
		t.Errorf("it lives for %v", left)
	}
}

// TestStrangePagesCannotUseTheCookie, be they of another site or of a neighbour on the same one, whose requests carry it.
func TestStrangePagesCannotUseTheCookie(t *testing.T) {
	w := newWorld(t, withCookie)
	p, attacker := w.kit.Parent(), w.kit.Parent()
	w.signIn(p)
	steal := `{method: "POST", mode: "no-cors", credentials: "include", body: new Blob([` + quote(object("username", "stolen")) + `])}`
	login := `{method: "POST", mode: "no-cors", credentials: "include", body: new Blob([` + quote(object("email", attacker.Email, "password", attacker.Password)) + `])}`
	for name, page := range map[string]string{
		"another site": w.site("evil.localhost"), "a neighbour": w.site("sub.auth.localhost"), "another port": w.site("auth.localhost"),
	} {
		w.open(page)
		if a := w.fetch("/auth/account/username", steal); a.Type != "opaque" {
			t.Errorf("%s: the request was not sent: %+v", name, a)
		}
		if a := w.fetch("/auth/user-profile", `{credentials: "include"}`); a.Error != "TypeError" {
			t.Errorf("%s reads with the cookie: %+v", name, a)
		}
		if a := w.fetch("/auth/signin", login); a.Type != "opaque" {
			t.Errorf("%s: the sign-in was not sent: %+v", name, a)
		}
		if got := w.who(); got != p.Email {
			t.Errorf("%s signed the browser in as %q", name, got)
		}
		w.open(page)
		if a := w.fetch("/auth/signout", `{method: "POST", mode: "no-cors", credentials: "include"}`); a.Type != "opaque" {
			t.Errorf("%s: %+v", name, a)
		}
		if got := w.who(); got != p.Email {
			t.Errorf("%s signed the browser out", name)
		}
	}
	s, err := w.kit.Auth.Host().Account(t.Context(), p.ID)
	if err != nil || s.Account.Username == "stolen" {
		t.Errorf("a strange page changed the username: %+v, %v", s.Account.Username, err)
	}
}
