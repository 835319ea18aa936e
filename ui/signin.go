package ui

import (
	"errors"
	"net/http"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

func showSignIn(v *page.Visit) (page.Screen, string) {
	if v.Asked("step") == "second-factor" {
		return page.Screen{}, v.To(secondPath) // whom an issuer led back by the app family
	}
	if v.NoPasswords && typesCode(v) {
		return mailedCode(v), ""
	}
	seen := page.Screen{Title: v.T("sign-in.title"), Alert: issuerProblem(v), Passkey: anyPasskey(v), Forms: []page.Form{signInForm(v)}}
	if v.About() == "ended" {
		seen.Notice = v.T("sign-in.ended")
	}
	if seen.Passkey != nil {
		seen.Forms[0].Fields[0].Complete = "username webauthn"
	}
	if !v.NoPasswords {
		seen.Links = []page.Link{v.Link(linkPath, v.T("link.mail-link")), v.Link(forgotPath, v.T("link.forgot"))}
	}
	if v.Failed != nil && v.Failed.Status == http.StatusUnauthorized && confirms(v) {
		seen.Links = append(seen.Links, v.Link(mailPath, v.T("link.unconfirmed"))) // to everybody, as the message says it
	}
	if v.Auth.SignUpOpen(v.Settings.Scope) {
		seen.Links = append(seen.Links, v.Link(signUpPath, v.T("link.sign-up")))
	}
	return seen, ""
}

// signInForm asks for a password, or where there are none for the address that a link is mailed to. Whoever proves
// again who they are finds their own.
func signInForm(v *page.Visit) page.Form {
	login := page.Field{Name: "login", Label: v.T("field.login"), Type: "text", Complete: "username", Mode: "email"}
	f := page.Form{Button: v.T("sign-in.button"), Ways: ways(v)}
	if v.NoPasswords {
		login, f.Button = email(v), v.T("mail-link.button")
	}
	if v.By != nil && v.By.MayReadProfile() == nil {
		login.Value = v.By.Email
	}
	f.Fields = []page.Field{login, {Name: "password", Label: v.T("field.password"), Type: "password", Complete: "current-password"}, remember(v)}
	if v.NoPasswords {
		f.Fields = f.Fields[:1]
	}
	return f
}

// anyPasskey asks for whichever passkey the browser has, by a button and in the first field. Nil: there are none here.
func anyPasskey(v *page.Visit) *page.Passkey {
	asked, err := v.Auth.BeginPasskeySignIn(v.R.Context(), tollkeeper.PasskeySignIn{
		Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	})
	if err != nil {
		return nil
	}
	return &page.Passkey{
		Options: string(asked.Options), Ticket: string(asked.Ticket), Button: v.T("sign-in.passkey"), Failed: v.T("passkey.failed"),
		Do: "passkey", Fill: true, Below: true,
	}
}

// signIn begins a session, or the second step of one, by whichever way the page offers.
func signIn(v *page.Visit) (string, error) {
	switch way := v.Value("way"); {
	case way != "":
		return "", beginIssuer(v, way, toSignIn)
	case v.Value("do") == "passkey":
		return signInByPasskey(v)
	case v.NoPasswords:
		return mailLink(v)
	}
	return signInByPassword(v)
}

// signInByPassword gives one answer to an unknown account, a wrong password and an address that must be confirmed
// first.
func signInByPassword(v *page.Visit) (string, error) {
	if err := v.Need("login", "password"); err != nil {
		return "", err
	}
	r := tollkeeper.SignInRequest{
		Password: v.Password("password"), Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp, Client: v.Client(), Neutral: true,
	}
	if login := v.Value("login"); strings.Contains(login, "@") {
		r.Email = login
	} else {
		r.Username = login
	}
	s, err := v.Auth.SignIn(v.R.Context(), r)
	if err != nil {
		err = page.At(err, tollkeeper.ErrMissing, "login", "")
		if confirms(v) {
			return "", page.At(err, tollkeeper.ErrInvalidCredentials, "password", "error.credentials-or-unconfirmed")
		}
		return "", page.At(err, tollkeeper.ErrInvalidCredentials, "password", "")
	}
	return begin(v, s, v.Value("remember") != "")
}

// signInByPasskey takes the passkey that the page asked for. A question that is too old is asked anew on the same
// page.
func signInByPasskey(v *page.Visit) (string, error) {
	s, err := v.Auth.SignInWithPasskey(v.R.Context(), tollkeeper.PasskeyRequest{
		Answer: passkeyOf(v), Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	})
	if errors.Is(err, tollkeeper.ErrInvalidChallenge) {
		return "", page.At(tollkeeper.ErrInvalidCredentials, tollkeeper.ErrInvalidCredentials, "", "passkey.late")
	}
	if err != nil {
		return "", page.At(err, tollkeeper.ErrInvalidCredentials, "", "passkey.unknown")
	}
	return begin(v, s, v.Value("remember") != "")
}

// passkeyOf is what the script of the page got from the browser. Zero: it got nothing.
func passkeyOf(v *page.Visit) tollkeeper.PasskeyAnswer {
	return tollkeeper.PasskeyAnswer{Ticket: tollkeeper.SecretText(v.Value("ticket")), Response: []byte(v.Value("response"))}
}

// confirms reports whether addresses may have to be confirmed before anybody signs in: below a parent its organization
// may say so.
func confirms(v *page.Visit) bool {
	return v.Auth.RequireVerified() || v.Settings.Scope != (tollkeeper.Scope{})
}

// begin ends every form that signs in: with the cookie of a session, or with the question for the second factor.
func begin(v *page.Visit, s tollkeeper.SignInResult, remember bool) (string, error) {
	c := v.Cookies.Session(v.R, s, remember)
	if c == nil {
		return "", family.ErrCrossOrigin
	}
	return enter(v, s, remember, c), nil
}

// enter sets the cookie of the session, or of the challenge that comes before it, and says where to go then.
func enter(v *page.Visit, s tollkeeper.SignInResult, remember bool, session *http.Cookie) string {
	if s.Challenge != "" {
		http.SetCookie(v.W, family.ChallengeCookie(s, remember))
		return v.To(secondPath)
	}
	http.SetCookie(v.W, session)
	http.SetCookie(v.W, family.NoChallengeCookie())
	if s.Limited != tollkeeper.Unlimited {
		return v.To(limitedPath)
	}
	return v.Onward()
}

func showSecondFactor(v *page.Visit) (page.Screen, string) {
	challenge, _ := family.ChallengeFromCookie(v.R)
	if challenge == "" {
		return page.Screen{}, v.To(signInPath)
	}
	code := page.Field{Name: "code", Label: v.T("field.code"), Hint: v.T("field.code.hint"), Type: "text", Complete: "one-time-code", Mode: "numeric"}
	other := page.Link{URL: v.To(secondPath, "by", "recovery"), Text: v.T("link.recovery")}
	if byRecovery(v) {
		code.Label, code.Hint, code.Complete, code.Mode = v.T("field.recovery"), v.T("field.recovery.hint"), "off", "text"
		other = v.Link(secondPath, v.T("link.app"))
	}
	var kept []page.Hidden
	if byRecovery(v) {
		kept = []page.Hidden{{Name: "by", Value: "recovery"}}
	}
	return page.Screen{
		Title: v.T("second-factor.title"), Passkey: passkeyFor(v, challenge),
		Forms: []page.Form{{Hidden: kept, Fields: []page.Field{code}, Button: v.T("second-factor.button")}},
		Links: []page.Link{other, v.Link(signInPath, v.T("link.anew"))},
	}, ""
}

// passkeyFor asks for a passkey of whoever has got so far; nil: they have none, or there are none here.
func passkeyFor(v *page.Visit, challenge tollkeeper.SecretText) *page.Passkey {
	asked, err := v.Auth.BeginPasskeyFactor(v.R.Context(), challenge, v.Client())
	if err != nil {
		return nil
	}
	return &page.Passkey{Options: string(asked.Options), Ticket: string(asked.Ticket), Button: v.T("second-factor.passkey"), Failed: v.T("passkey.failed")}
}

// byRecovery reports whether the page asks for a recovery code. The core takes either.
func byRecovery(v *page.Visit) bool {
	return v.R.URL.Query().Get("by") == "recovery" || v.Value("by") == "recovery"
}

// proveSecondFactor ends a sign-in with a passkey, a code of the authenticator app or a recovery code.
func proveSecondFactor(v *page.Visit) (string, error) {
	passkey := passkeyOf(v)
	if passkey.IsZero() {
		if err := v.Need("code"); err != nil {
			return "", err
		}
	}
	challenge, remember := family.ChallengeFromCookie(v.R)
	s, err := v.Auth.SignInWithFactor(v.R.Context(), tollkeeper.FactorRequest{
		Challenge: challenge, Code: tollkeeper.SecretText(v.Value("code")), Passkey: passkey, Client: v.Client(),
	})
	if errors.Is(err, tollkeeper.ErrInvalidChallenge) {
		http.SetCookie(v.W, family.NoChallengeCookie())
	}
	if err != nil && passkey.IsZero() {
		err = page.At(err, tollkeeper.ErrInvalidCode, "code", "")
	}
	if err != nil {
		return "", err
	}
	return begin(v, s, remember)
}

func showSignOut(v *page.Visit) (page.Screen, string) {
	if v.By == nil {
		return page.Screen{
			Title: v.T("signed-out.title"), Lead: []string{v.T("signed-out.lead")},
			Links: []page.Link{v.Link(signInPath, v.T("link.sign-in"))},
		}, ""
	}
	return page.Screen{
		Title: v.T("sign-out.title"), Lead: []string{v.T("sign-out.lead")},
		Forms: []page.Form{{Button: v.T("sign-out.button")}},
		Links: []page.Link{{URL: v.Onward(), Text: v.T("link.back")}},
	}, ""
}

// signOut ends the session. Whoever has none is signed out already.
func signOut(v *page.Visit) (string, error) {
	if v.By != nil {
		if err := v.Auth.SignOut(v.R.Context(), v.By); err != nil && !errors.Is(err, tollkeeper.ErrInvalidToken) {
			return "", err
		}
	}
	httpadapter.ClearSession(v.W)
	http.SetCookie(v.W, family.NoChallengeCookie())
	return v.To(signOutPath), nil
}
