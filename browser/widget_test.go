package browser_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// shop is a parent whose pages are at app.localhost and whose children verify their email.
func (w *world) shop() authtest.Account {
	w.t.Helper()
	parent := w.kit.Parent()
	url, name, verify := w.site("app.localhost"), "Shop", true
	by := w.kit.Identity(string(w.kit.SignIn(parent).Token))
	patch := tollkeeper.OrganizationPatch{Name: &name, URL: &url, VerificationRequired: &verify}
	if _, err := w.kit.Auth.UpdateOrganization(w.t.Context(), by, patch); err != nil {
		w.t.Fatal(err)
	}
	return parent
}

// want fails unless the page read that status and, at path, that text.
func (w *world) want(what string, a answer, status int, path, text string) {
	w.t.Helper()
	if a.Status != status || a.Type != "cors" || a.field(path) != text {
		w.t.Errorf("%s: %+v, want %d with %s %q", what, a, status, path, text)
	}
}

// TestWidget is the journey of a child on a page of the organization's domain, each answer read by the page.
func TestWidget(t *testing.T) {
	w := newWorld(t, httpadapter.Options{})
	key := w.shop().PublicKey
	const email, message = "ann@shop.example", "data.message"
	for _, host := range []string{"app.localhost", "deep.app.localhost"} {
		w.open(w.site(host))
		a := w.fetch("/auth/organization-details", `{headers: {"X-Public-Key": `+quote(key)+`}}`)
		w.want(host+": details", a, 200, "data.organizationName", "Shop")
	}
	w.want("sign-up", w.post("/auth/signup", "username", "ann", "email", email, "password", password, "parentPublicKey", key), 200, "data.data.email", email)
	first := w.kit.LastToken(email)
	w.want("unverified", w.post("/auth/signin", "email", email, "password", password, "parentPublicKey", key), 403, "error.code", "EMAIL_NOT_VERIFIED")
	w.want("a wrong link", w.fetch("/auth/confirm-email?token=AAAAAAAAAAAA", `{}`), 400, "error.code", "INVALID_TOKEN")
	w.want("confirm", w.fetch("/auth/confirm-email?token="+first, `{}`), 200, message, "Email verified successfully")

	in := w.post("/auth/signin", "email", email, "password", password, "parentPublicKey", key)
	w.want("sign-in", in, 200, "data.user.email", email)
	me := w.fetch("/auth/user-profile", `{headers: {Authorization: `+quote("Bearer "+in.field("data.token"))+`}}`)
	w.want("profile", me, 200, "data.user.email", email)
	w.want("a wrong password", w.post("/auth/signin", "email", email, "password", "wrong", "parentPublicKey", key), 401, "error.code", "INVALID_CREDENTIALS")
	w.want("resend", w.post("/auth/request-new-confirmation", "email", email, "parentPublicKey", key), 200, message, "Verification email has been sent")

	w.want("reset", w.post("/auth/reset-password", "email", email, "parentPublicKey", key), 200, message, "Password reset link has been sent to your email")
	w.want("too soon", w.post("/auth/reset-password", "email", email, "parentPublicKey", key), 429, "error.code", "RATE_LIMIT_EXCEEDED")
	token := w.kit.LastToken(email)
	w.want("update", w.post("/auth/update-password", "token", token, "password", another), 200, message, "Password updated successfully")
	w.want("the new password", w.post("/auth/signin", "email", email, "password", another, "parentPublicKey", key), 200, "data.user.email", email)
	if found := w.cookies(); len(found) > 0 {
		t.Errorf("cookies without the option: %+v", found)
	}
}

// TestWidgetOfAForbiddenOrigin: the service does nothing for a strange page that names the organization, and the browser
// shows it nothing.
func TestWidgetOfAForbiddenOrigin(t *testing.T) {
	w := newWorld(t, httpadapter.Options{})
	parent := w.shop()
	key := parent.PublicKey
	ann := w.kit.Child(parent)
	w.kit.Advance(time.Hour)
	by := w.kit.Identity(string(w.kit.SignIn(parent).Token))
	mailed := len(w.kit.Mails(ann.Email))
	for _, host := range []string{"evil.localhost", "app.localhost.evil.localhost", "evilapp.localhost", "localhost"} {
		w.open(w.site(host))
		for what, a := range map[string]answer{
			"details": w.fetch("/auth/organization-details", `{headers: {"X-Public-Key": `+quote(key)+`}}`),
			"sign-up": w.post("/auth/signup", "username", "eve", "email", "eve@shop.example", "password", password, "parentPublicKey", key),
			"sign-in": w.post("/auth/signin", "email", ann.Email, "password", ann.Password, "parentPublicKey", key),
			"resend":  w.post("/auth/request-new-confirmation", "email", ann.Email, "parentPublicKey", key),
			"reset":   w.post("/auth/reset-password", "email", ann.Email, "parentPublicKey", key),
			"update":  w.post("/auth/update-password", "token", "x", "password", another, "parentPublicKey", key),
		} {
			if a.Error != "TypeError" || a.Status != 0 || a.Body != "" {
				t.Errorf("%s of %s: %+v", what, host, a)
			}
		}
	}
	page, err := w.kit.Auth.Accounts(t.Context(), by, tollkeeper.AccountQuery{})
	if err != nil || len(page.Accounts) != 1 || !page.Accounts[0].LastSignIn.IsZero() {
		t.Errorf("a strange page signed somebody in or up: %+v, %v", page.Accounts, err)
	}
	if got := len(w.kit.Mails(ann.Email)); got != mailed {
		t.Errorf("%d mails for strange pages", got-mailed)
	}
}

// TestUpdateOfAForbiddenOriginKeepsTheLink: a refusal uses nothing up.
func TestUpdateOfAForbiddenOriginKeepsTheLink(t *testing.T) {
	w := newWorld(t, httpadapter.Options{})
	parent := w.shop()
	ann := w.kit.Child(parent)
	ask := tollkeeper.MailRequest{Email: ann.Email, Scope: tollkeeper.UnderKey(parent.PublicKey), Audience: tollkeeper.AudienceOrganization}
	if err := w.kit.Auth.RequestReset(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	token := w.kit.LastToken(ann.Email)
	w.open(w.site("evil.localhost"))
	if a := w.post("/auth/update-password", "token", token, "password", another, "parentPublicKey", parent.PublicKey); a.Error != "TypeError" {
		t.Errorf("%+v", a)
	}
	_, err := w.kit.Auth.SignIn(t.Context(), tollkeeper.SignInRequest{Email: ann.Email, Password: another, Scope: tollkeeper.Under(parent.ID)})
	if !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
		t.Errorf("the strange page changed the password: %v", err)
	}
	w.open(w.site("app.localhost"))
	a := w.post("/auth/update-password", "token", token, "password", another, "parentPublicKey", parent.PublicKey)
	w.want("update", a, 200, "data.message", "Password updated successfully")
}
