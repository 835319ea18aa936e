package browser_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// door is a family as its owner and a stranger's page see it.
type door struct {
	name     string
	owner    func(*world) authtest.Account
	signIn   string                             // path
	says     func(authtest.Account) []string    // what a sign-in says besides email and password
	who      string                             // what the owner's cookie reads
	attempts func(a authtest.Account) []attempt // of a stranger's page
	asks     bool                               // an organization's rule is looked up first, at a rate
	after    func(*world, authtest.Account)     // what the owner finds after all that, besides the sign-in
}

func nothing(authtest.Account) []string { return nil }

func below(a authtest.Account) []string { return []string{"parentPublicKey", a.ParentKey} }

func onPlatform(a authtest.Account) []string { return []string{"PlatformId", a.ParentKey} }

// doors are the families. A further one is a line.
var doors = []door{
	{"organization", ann, "/auth/signin", nothing, "/auth/user-profile", organizationAttempts, false, organizationAfter},
	{"a child of one", shopper, "/auth/signin", below, "/auth/user-profile", childAttempts, true, nil},
	{"v1", (*world).user, "/authentiq/v1/user/login", nothing, "/authentiq/v1/user/role", v1Attempts, false, v1After},
	{"platform", shopper, "/api/user/signin", onPlatform, "/api/user/status", platformAttempts, false, platformAfter},
	{"app", (*world).user, "/api/auth/sign-in", nothing, "/api/auth/session", appAttempts, false, appAfter},
}

func ann(w *world) authtest.Account     { return w.kit.SignUp("ann@shop.example", password) }
func (w *world) user() authtest.Account { return w.kit.User() }
func shopper(w *world) authtest.Account { return w.kit.Child(w.shop()) }
func wrong(a authtest.Account, more ...string) string {
	return object(append([]string{"email", a.Email, "password", "wrong"}, more...)...)
}

func organizationAttempts(a authtest.Account) []attempt {
	return []attempt{
		{"/auth/signin", wrong(a)}, {"/auth/reset-password", object("email", a.Email)}, {"/auth/request-new-confirmation", object("email", a.Email)},
		{"/auth/signup", wrong(a, "username", "eve")}, {"/auth/reauthenticate", wrong(a)}, {"/auth/account/password", wrong(a, "newPassword", another)},
		{"/auth/account/delete", wrong(a)}, {"/auth/signout", wrong(a)},
	}
}

func childAttempts(a authtest.Account) []attempt {
	return []attempt{
		{"/auth/signin", wrong(a, below(a)...)}, {"/auth/reset-password", wrong(a, below(a)...)}, {"/auth/request-new-confirmation", wrong(a, below(a)...)},
	}
}

func v1Attempts(a authtest.Account) []attempt {
	return []attempt{
		{"/authentiq/v1/user/login", wrong(a)}, {"/authentiq/v1/user/register", object("email", "eve@shop.example", "password", password)},
		{"/authentiq/v1/user/mfa", object("challenge", "x", "code", "000000")}, {"/authentiq/v1/token/refresh", object("refreshToken", "x")},
	}
}

func platformAttempts(a authtest.Account) []attempt {
	return []attempt{
		{"/api/user/signin", wrong(a, onPlatform(a)...)}, {"/api/user/signin-otp", wrong(a, onPlatform(a)...)},
		{"/api/user/verify-otp", wrong(a, append(onPlatform(a), "otp", "000000")...)}, {"/api/user/forgot-password", wrong(a, onPlatform(a)...)},
		{"/api/user/signout", "{}"},
	}
}

func appAttempts(a authtest.Account) []attempt {
	return []attempt{
		{"/api/auth/sign-in", wrong(a)}, {"/api/auth/code", wrong(a)}, {"/api/auth/code/verify", wrong(a, "code", "000000")},
		{"/api/auth/link", wrong(a)}, {"/api/auth/link/show", object("token", "x")}, {"/api/auth/link/verify", object("token", "x")},
		{"/api/auth/password/forgot", wrong(a)}, {"/api/auth/sign-up", wrong(a)}, {"/api/auth/reauthenticate", wrong(a)}, {"/api/auth/sign-out", "{}"},
	}
}

// is fails unless a page of the service itself got that status.
func (w *world) is(what string, a answer, status int) {
	w.t.Helper()
	if a.Status != status {
		w.t.Errorf("%s: %+v, want %d", what, a, status)
	}
}

func organizationAfter(w *world, a authtest.Account) {
	w.is("reset", w.post("/auth/reset-password", "email", a.Email), 200)
	w.kit.LastLink(a.Email, tollkeeper.MailReset)
	w.is("confirmation", w.post("/auth/request-new-confirmation", "email", a.Email), 200)
	w.is("confirm", w.fetch("/auth/confirm-email?token="+w.kit.LastToken(a.Email, tollkeeper.MailVerify), `{}`), 200)
	w.is("sign-up", w.post("/auth/signup", "username", "eva", "email", "eva@shop.example", "password", password), 200)
}

func v1After(w *world, _ authtest.Account) {
	w.is("register", w.post("/authentiq/v1/user/register", "email", "eva@shop.example", "password", password), 201)
}

// platformAfter has four of the five requests that a minute and network may send, and the sixth is refused.
func platformAfter(w *world, a authtest.Account) {
	w.is("code", w.post("/api/user/signin-otp", append(onPlatform(a), "email", a.Email)...), 200)
	w.is("verify", w.post("/api/user/verify-otp", append(onPlatform(a), "email", a.Email, "otp", w.kit.LastCode(a.Email))...), 200)
	w.is("forgot", w.post("/api/user/forgot-password", append(onPlatform(a), "email", a.Email)...), 200)
	w.kit.LastLink(a.Email, tollkeeper.MailReset)
	w.is("a fifth", w.post("/api/user/signin", append(onPlatform(a), "email", a.Email, "password", "wrong")...), 401)
	w.is("a sixth", w.post("/api/user/signin", append(onPlatform(a), "email", a.Email, "password", "wrong")...), 429)
}

func appAfter(w *world, a authtest.Account) {
	w.is("code", w.post("/api/auth/code", "email", a.Email), 202)
	w.is("verify", w.post("/api/auth/code/verify", "email", a.Email, "code", w.kit.LastCode(a.Email)), 200)
	w.is("forgot", w.post("/api/auth/password/forgot", "email", a.Email), 202)
	w.kit.LastLink(a.Email, tollkeeper.MailReset)
}

// TestStrangePagesSpendNoAttempts is SECURITY.md N05: whatever a page of a stranger or of a neighbour sends from the
// owner's browser, with their cookie and without, the owner signs in at the first try and gets their code and mail.
func TestStrangePagesSpendNoAttempts(t *testing.T) {
	for _, d := range doors {
		for _, credentials := range []string{"include", "omit"} {
			if d.asks && credentials == "include" {
				continue // the pages of an organization get no cookie
			}
			sites := []string{"evil.example", "auth.example"}
			if credentials == "omit" {
				sites = sites[:1] // without a cookie a neighbour's page is as any other
			}
			t.Run(d.name+"/"+credentials, func(t *testing.T) {
				w := newWorldWithTLS(t, withCookie)
				a := d.owner(w)
				page := w.service("/page")
				if d.asks {
					page = w.site("app.localhost")
				}
				w.open(page)
				in := append([]string{"email", a.Email, "password", password}, d.says(a)...)
				if a.Password != password {
					in[3] = a.Password
				}
				if credentials == "include" {
					w.is("sign-in", w.post(d.signIn, in...), 200)
				}
				w.kit.Advance(time.Hour)
				mails := len(w.kit.Mails(a.Email))
				before, _ := w.counts.spent()
				images := 5
				if d.signIn == "/auth/signin" { // the family whose GET acts
					images = 40
				}
				for _, name := range sites {
					strange := w.site(name)
					w.open(strange)
					w.attack(credentials, d.attempts(a), images)
					w.leave(strange, d.attempts(a)[:1])
				}
				after, cookies := w.counts.spent()
				if spent := after - before; spent > 0 && !d.asks {
					t.Errorf("%d attempts were counted", spent)
				}
				if credentials == "include" && cookies == 0 {
					t.Error("no page used the cookie")
				}
				for _, x := range d.attempts(a) {
					if got := w.counts.of("POST " + x.path); got <= 10*len(sites) {
						t.Errorf("%s: only %d came", x.path, got)
					}
				}
				if got := w.counts.of("GET /auth/confirm-email"); got <= images {
					t.Errorf("only %d images and the like came", got)
				}
				if got := len(w.kit.Mails(a.Email)); got != mails {
					t.Errorf("%d mails for strange pages", got-mails)
				}
				w.open(page)
				if credentials == "include" {
					w.is("the session", w.fetch(d.who, `{}`), 200)
				}
				w.is("the owner's sign-in", w.post(d.signIn, in...), 200)
				if d.after != nil {
					d.after(w, a)
				}
			})
		}
	}
}
