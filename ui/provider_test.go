package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// leave presses the button of the issuer, and returns where its page sends the browser back to.
func (b *browser) leave(kit *authtest.Kit, button string, pairs ...string) *url.URL {
	b.t.Helper()
	b.submit(button, pairs...)
	to := b.page.all("main")[0].all("a")[0].attr("href")
	if b.status != 200 || !strings.HasPrefix(to, authtest.IssuerURL+"/") || b.answer.Get("Refresh") != "0;url="+to {
		b.t.Fatalf("%d, to %q, by itself to %q", b.status, to, b.answer.Get("Refresh"))
	}
	back, err := kit.Issuer().Visit(to)
	if err != nil {
		b.t.Fatal(err)
	}
	return back
}

func TestSignInByAnIssuer(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	kit.Issuer().As("i-1", "ada@mail.example", true)
	for _, page := range []string{"/sign-in", "/sign-up"} {
		b := browse(t, mux)
		b.open(page + "?next=%2Forders%3Fpage%3D2")
		back := b.leave(kit, "Continue with Test")
		b.sees(page+"?next=%2Forders%3Fpage%3D2", 200, "You go on to issuer.test")
		if set := b.answer.Get("Set-Cookie"); !strings.HasPrefix(set, "__Host-issuer-") || !strings.HasSuffix(set, "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax") {
			t.Errorf("the ticket: %q", set)
		}
		if at := authtest.BaseURL + "/provider/test?" + back.RawQuery; back.String() != at {
			t.Errorf("the way back is %s, want %s", back, at)
		}
		b.open(back.String())
		b.sees("/orders?page=2", 200, "Hello, ada@mail.example")
		b.open(back.String()) // going back does nothing again
		b.sees("/sign-in?error=invalid_challenge", 200, "The sign-in was not completed. Try again.")
	}
}

func TestAnIssuerRemembers(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	kit.Issuer().As("i-1", "ada@mail.example", true)
	b := browse(t, mux)
	b.open("/sign-in")
	back := b.leave(kit, "Continue with Test", "remember", "on")
	b.client.CheckRedirect = stay
	b.open(back.String())
	if set := strings.Join(b.answer.Values("Set-Cookie"), "\n"); b.status != 303 || !strings.Contains(set, "__Host-session=") || !strings.Contains(set, "Max-Age=86400") {
		t.Errorf("%d %q", b.status, set)
	}
}

// What is refused leads to the form, with a text that is fixed, and signs nobody in.
func TestARefusedWayBack(t *testing.T) {
	const anew, asked = "The sign-in was not completed. Try again.", "&next=%2Forders"
	for name, c := range map[string]struct {
		come func(kit *authtest.Kit, b *browser, back *url.URL)
		to   string
		says string
	}{
		"another browser": {func(_ *authtest.Kit, b *browser, back *url.URL) {
			b.client.Jar = nil
			b.open(back.String())
		}, "error=invalid_challenge", anew},
		"a no": {func(_ *authtest.Kit, b *browser, back *url.URL) {
			b.open(back.String() + "&error=access_denied")
		}, "error=invalid_challenge" + asked, anew},
		"another issuer's place": {func(_ *authtest.Kit, b *browser, back *url.URL) {
			back.Path = "/provider/google"
			b.open(back.String())
		}, "error=invalid_challenge", anew},
		"too late": {func(kit *authtest.Kit, b *browser, back *url.URL) {
			kit.Advance(11 * time.Minute)
			b.open(back.String())
		}, "error=invalid_challenge", anew},
		"away": {func(kit *authtest.Kit, b *browser, back *url.URL) {
			kit.Issuer().Down(true)
			b.open(back.String())
		}, "error=upstream" + asked, "It cannot be reached at the moment."},
		"an image": {func(_ *authtest.Kit, b *browser, back *url.URL) {
			b.header.Set("Sec-Fetch-Mode", "no-cors")
			b.open(back.String())
		}, "", "Sign in"},
	} {
		kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
		kit.Issuer().As("i-1", "ada@mail.example", true)
		b := browse(t, mux)
		b.open("/sign-in?next=%2Forders")
		c.come(kit, b, b.leave(kit, "Continue with Test"))
		if got := b.at.Path + "?" + b.at.RawQuery; got != "/sign-in?"+c.to || !strings.Contains(b.page.text(), c.says) {
			t.Errorf("%s: at %s, which says %q", name, got, b.page.text())
		}
		b.open("/sign-out")
		b.sees("/sign-out", 200, "You are signed out")
	}
}

func TestAnIssuersTakenAddress(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	a, b := kit.User(), browse(t, mux)
	kit.Issuer().As("i-1", a.Email, false)
	b.open("/sign-in")
	b.open(b.leave(kit, "Continue with Test").String())
	b.sees("/sign-in?error=email_taken", 200)
	if got := b.alert(); got != "There is already an account with this address. Sign in to it another way first." {
		t.Errorf("%q", got)
	}
	b.open("/sign-in?error=%3Cb%3Einternal")
	if got := b.alert(); got != "That did not work. Please try again." {
		t.Errorf("%q", got)
	}
	kit.Issuer().Down(true)
	b.submit("Continue with Test")
	b.sees("/sign-in", 503)
	b.send("POST", "/sign-in", "way=nobody")
	b.sees("/sign-in", 404)
}

// An issuer's page that posts its answer sends no cookie of this service but the ticket's.
func TestAnIssuerThatPosts(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	kit.Issuer().As("i-1", "ada@mail.example", true)
	kit.Issuer().Posts(true)
	b := browse(t, mux)
	b.open("/sign-in?next=%2Forders")
	back := b.leave(kit, "Continue with Test")
	if set := b.answer.Get("Set-Cookie"); !strings.HasSuffix(set, "; HttpOnly; Secure; SameSite=None") {
		t.Errorf("the ticket: %q", set)
	}
	b.header = http.Header{"Accept": {"text/html"}, "Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://issuer.test"}}
	b.send("POST", back.Path, back.RawQuery)
	b.sees("/orders", 200, "Hello, ada@mail.example")

	// One whose page is on a neighbouring host sends the cookie of the session that there is, too.
	b.header = http.Header{"Accept": {"text/html"}, "Sec-Fetch-Site": {"same-origin"}}
	b.open("/sign-in")
	back = b.leave(kit, "Continue with Test")
	b.header = http.Header{"Accept": {"text/html"}, "Sec-Fetch-Site": {"same-site"}, "Origin": {"https://issuer.app.example"}}
	b.send("POST", back.Path, back.RawQuery)
	b.sees("/", 200, "Hello, ada@mail.example")

	stranger := browse(t, mux)
	stranger.header = b.header
	stranger.send("POST", back.Path, back.RawQuery)
	stranger.sees("/sign-in?error=invalid_challenge", 200)
}

func TestAnIssuerAndASecondFactor(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	a := kit.User()
	factor := kit.EnrolFactor(a)
	kit.Issuer().As("i-1", a.Email, true)
	kit.Advance(time.Minute)
	b := browse(t, mux)
	b.open("/sign-in?next=%2Forders")
	b.open(b.leave(kit, "Continue with Test").String())
	b.sees("/second-factor?next=%2Forders", 200)
	b.submit("", "code", kit.FactorCode(factor))
	b.sees("/orders", 200, "Hello, "+a.Email)
}

// A sign-in is linked to the account that is signed in, and the browser comes back to the page that began.
func TestLinkingAnIssuer(t *testing.T) {
	for _, posts := range []bool{false, true} {
		kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
		if err := ui.MountLinkPage(mux, kit.Auth); err != nil {
			t.Fatal(err)
		}
		kit.Issuer().As("i-1", "other@mail.example", false)
		kit.Issuer().Posts(posts)
		a, b := kit.User(), browse(t, mux)
		come := func(back *url.URL) {
			if posts {
				b.send("POST", back.Path, back.RawQuery)
				return
			}
			b.open(back.String())
		}
		b.open("/link")
		b.signIn(a)
		back := b.leave(kit, "Link")
		come(back)
		b.sees("/link?about=linked", 200)
		come(back)
		b.sees("/sign-in?error=invalid_challenge", 200)
		list, err := kit.Auth.Identities(t.Context(), kit.SignedIn(a))
		if err != nil || len(list) != 1 || list[0].Subject != "i-1" {
			t.Errorf("linked is %+v, %v", list, err)
		}

		c := kit.User() // to whom the same sign-in does not belong
		b = browse(t, mux)
		b.open("/link")
		b.signIn(c)
		come(b.leave(kit, "Link"))
		b.sees("/link?error=conflict", 200)
		if got := b.alert(); got != "This sign-in belongs to another account." {
			t.Errorf("%q", got)
		}
	}
}

// The app family, whose own way back ends at the page where mails say that people sign in, says the same there.
func TestTheAppFamilysWayBackEndsHere(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer(), authtest.WithConfig(func(c *tollkeeper.Config) { c.Mail.Links.SignIn = "/sign-in" }))
	b := browse(t, mux)
	b.open("/api/auth/providers/test/callback?state=x&code=y&iss=z")
	b.sees("/sign-in?error=invalid_challenge", 200, "The sign-in was not completed.")
	a := kit.User()
	kit.EnrolFactor(a)
	b.open("/sign-in")
	b.signIn(a)
	b.open("/sign-in?next=%2Forders&step=second-factor")
	b.sees("/second-factor?next=%2Forders", 200)
}

// Looking at the address uses nothing up.
func TestLookingAtTheWayBack(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	kit.Issuer().As("i-1", "ada@mail.example", true)
	b := browse(t, mux)
	b.open("/sign-in")
	back := b.leave(kit, "Continue with Test")
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodHead, back.String(), nil)
	for _, c := range b.client.Jar.Cookies(back) {
		r.AddCookie(c)
	}
	mux.ServeHTTP(w, r)
	if len(w.Header()["Set-Cookie"]) > 0 {
		t.Errorf("HEAD: %v", w.Header())
	}
	b.open(back.String())
	b.sees("/", 200, "Hello")
}
