package ui

import (
	"errors"
	"net/http"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

func showSignIn(v *visit) (screen, string) {
	login := field{Name: "login", Label: v.t("field.login"), Type: "text", Complete: "username", Mode: "email"}
	if v.by != nil && v.by.MayReadProfile() == nil {
		login.Value = v.by.Email // they prove again who they are
	}
	links := []link{v.link(linkPath, v.t("link.mail-link")), v.link(forgotPath, v.t("link.forgot"))}
	if v.failed != nil && v.failed.status == http.StatusUnauthorized && v.confirms() {
		links = append(links, v.link(mailPath, v.t("link.unconfirmed"))) // to everybody, as the message says it
	}
	if v.auth.SignUpOpen(v.options.Scope) {
		links = append(links, v.link(signUpPath, v.t("link.sign-up")))
	}
	return screen{
		Title: v.t("sign-in.title"),
		Forms: []form{{
			Fields: []field{
				login,
				{Name: "password", Label: v.t("field.password"), Type: "password", Complete: "current-password"},
				v.remember(),
			},
			Button: v.t("sign-in.button"),
		}},
		Links: links,
	}, ""
}

// signIn begins a session, or the second step of one. An unknown account, a wrong password and an address that must be
// confirmed first are one answer.
func signIn(v *visit) (string, error) {
	if err := v.need("login", "password"); err != nil {
		return "", err
	}
	r := tollkeeper.SignInRequest{
		Password: v.password("password"), Scope: v.options.Scope, Audience: tollkeeper.AudienceApp, Client: v.client(), Neutral: true,
	}
	if login := v.value("login"); strings.Contains(login, "@") {
		r.Email = login
	} else {
		r.Username = login
	}
	s, err := v.auth.SignIn(v.r.Context(), r)
	if err != nil {
		err = at(err, tollkeeper.ErrMissing, "login", "")
		if v.confirms() {
			return "", at(err, tollkeeper.ErrInvalidCredentials, "password", "error.credentials-or-unconfirmed")
		}
		return "", at(err, tollkeeper.ErrInvalidCredentials, "password", "")
	}
	return v.begin(s, v.value("remember") != "")
}

// confirms reports whether addresses may have to be confirmed before anybody signs in: below a parent its organization
// may say so.
func (v *visit) confirms() bool {
	return v.auth.RequireVerified() || v.options.Scope != (tollkeeper.Scope{})
}

// begin ends every form that signs in: with the cookie of a session, or with the question for the second factor.
func (v *visit) begin(s tollkeeper.SignInResult, remember bool) (string, error) {
	if s.Challenge != "" {
		http.SetCookie(v.w, family.ChallengeCookie(s, remember))
		return v.to(secondPath), nil
	}
	c := v.cookies.Session(v.r, s, remember)
	if c == nil {
		return "", family.ErrCrossOrigin
	}
	http.SetCookie(v.w, c)
	http.SetCookie(v.w, family.NoChallengeCookie())
	if s.Limited != tollkeeper.Unlimited {
		return v.to(limitedPath), nil
	}
	return v.onward(), nil
}

func showSecondFactor(v *visit) (screen, string) {
	challenge, _ := family.ChallengeFromCookie(v.r)
	if challenge == "" {
		return screen{}, v.to(signInPath)
	}
	code := field{Name: "code", Label: v.t("field.code"), Hint: v.t("field.code.hint"), Type: "text", Complete: "one-time-code", Mode: "numeric"}
	other := link{v.to(secondPath, "by", "recovery"), v.t("link.recovery")}
	if v.byRecovery() {
		code.Label, code.Hint, code.Complete, code.Mode = v.t("field.recovery"), v.t("field.recovery.hint"), "off", "text"
		other = v.link(secondPath, v.t("link.app"))
	}
	var kept []hidden
	if v.byRecovery() {
		kept = []hidden{{"by", "recovery"}}
	}
	return screen{
		Title: v.t("second-factor.title"), Passkey: v.passkeyFor(challenge),
		Forms: []form{{Hidden: kept, Fields: []field{code}, Button: v.t("second-factor.button")}},
		Links: []link{other, v.link(signInPath, v.t("link.anew"))},
	}, ""
}

// passkeyFor asks for a passkey of whoever has got so far; nil: they have none, or there are none here.
func (v *visit) passkeyFor(challenge tollkeeper.SecretText) *passkeyForm {
	asked, err := v.auth.BeginPasskeyFactor(v.r.Context(), challenge, v.client())
	if err != nil {
		return nil
	}
	return &passkeyForm{Options: string(asked.Options), Ticket: string(asked.Ticket), Button: v.t("second-factor.passkey")}
}

// byRecovery reports whether the page asks for a recovery code. The core takes either.
func (v *visit) byRecovery() bool {
	return v.r.URL.Query().Get("by") == "recovery" || v.value("by") == "recovery"
}

// proveSecondFactor ends a sign-in with a passkey, a code of the authenticator app or a recovery code.
func proveSecondFactor(v *visit) (string, error) {
	passkey := tollkeeper.PasskeyAnswer{Ticket: tollkeeper.SecretText(v.value("ticket")), Response: []byte(v.value("response"))}
	if passkey.IsZero() {
		if err := v.need("code"); err != nil {
			return "", err
		}
	}
	challenge, remember := family.ChallengeFromCookie(v.r)
	s, err := v.auth.SignInWithFactor(v.r.Context(), tollkeeper.FactorRequest{
		Challenge: challenge, Code: tollkeeper.SecretText(v.value("code")), Passkey: passkey, Client: v.client(),
	})
	if errors.Is(err, tollkeeper.ErrInvalidChallenge) {
		http.SetCookie(v.w, family.NoChallengeCookie())
	}
	if err != nil && passkey.IsZero() {
		err = at(err, tollkeeper.ErrInvalidCode, "code", "")
	}
	if err != nil {
		return "", err
	}
	return v.begin(s, remember)
}

func showSignOut(v *visit) (screen, string) {
	if v.by == nil {
		return screen{
			Title: v.t("signed-out.title"), Lead: []string{v.t("signed-out.lead")},
			Links: []link{v.link(signInPath, v.t("link.sign-in"))},
		}, ""
	}
	return screen{
		Title: v.t("sign-out.title"), Lead: []string{v.t("sign-out.lead")},
		Forms: []form{{Button: v.t("sign-out.button")}},
		Links: []link{{v.onward(), v.t("link.back")}},
	}, ""
}

// signOut ends the session. Whoever has none is signed out already.
func signOut(v *visit) (string, error) {
	if v.by != nil {
		if err := v.auth.SignOut(v.r.Context(), v.by); err != nil && !errors.Is(err, tollkeeper.ErrInvalidToken) {
			return "", err
		}
	}
	httpadapter.ClearSession(v.w)
	http.SetCookie(v.w, family.NoChallengeCookie())
	return v.to(signOutPath), nil
}
