package ui

import (
	"errors"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

func showSignUp(v *page.Visit) (page.Screen, string) {
	seen := page.Screen{Title: v.T("sign-up.title"), Links: []page.Link{v.Link(signInPath, v.T("link.have-account"))}}
	if !v.Auth.SignUpOpen(v.Settings.Scope) {
		seen.Lead = []string{v.T("error.closed")}
		return seen, ""
	}
	if v.NoPasswords {
		if typesCode(v) {
			return mailedCode(v), ""
		}
		seen.Lead = []string{v.T("mail-link.lead")}
		seen.Forms = []page.Form{{Fields: []page.Field{email(v)}, Button: v.T("mail-link.button"), Ways: ways(v)}}
		return seen, ""
	}
	password := newPassword(v, "password")
	password.Label = v.T("field.password")
	seen.Forms = []page.Form{{Fields: []page.Field{email(v), password}, Button: v.T("sign-up.button"), Ways: ways(v)}}
	seen.Links = append([]page.Link{v.Link(linkPath, v.T("link.no-password"))}, seen.Links...)
	return seen, ""
}

// email is the field for an address that names an account.
func email(v *page.Visit) page.Field {
	return page.Field{Name: "email", Label: v.T("field.email"), Type: "email", Complete: "username", Mode: "email"}
}

// newPassword is the field for a password that is chosen.
func newPassword(v *page.Visit, name string) page.Field {
	return page.Field{Name: name, Label: v.T("field.new-password"), Hint: v.T("field.new-password.hint"), Type: "password", Complete: "new-password", Rules: madeByMachine}
}

// madeByMachine has programs that make passwords make long ones, which every policy takes. People are held to the
// policy alone.
const madeByMachine = "minlength: 20; maxlength: 64; allowed: lower; allowed: upper; allowed: digit; allowed: [-];"

// signUp makes an account and signs in to it. Where the address must be confirmed first, a taken one is answered as a
// new one, and no username is asked for, which would tell.
func signUp(v *page.Visit) (string, error) {
	if way := v.Value("way"); way != "" {
		return "", beginIssuer(v, way, toSignIn)
	}
	if v.NoPasswords {
		return mailLink(v)
	}
	if err := v.Need("email", "password"); err != nil {
		return "", err
	}
	s, err := v.Auth.SignUp(v.R.Context(), tollkeeper.SignUpRequest{
		Email: v.Value("email"), Password: v.Password("password"), Scope: v.Settings.Scope,
		Audience: tollkeeper.AudienceApp, Client: v.Client(), Neutral: true, VerifyPath: v.MailedAt(v.Links.Verify),
	})
	switch {
	case errors.Is(err, tollkeeper.ErrEmailTaken):
		return sentTwice(v, err)
	case err != nil:
		return "", err
	case s.Token == "":
		return v.To(mailPath, "about", "sign-up"), nil
	}
	return begin(v, s.SignInResult, false)
}

// sentTwice is the second of two sign-ups by one person: the first made the account, and the browser waits for the
// answer to this one. Whoever knows the password of a taken address is signed in, by one attempt that counts as on the
// page to sign in; everybody else is told that it is taken.
func sentTwice(v *page.Visit, taken error) (string, error) {
	s, err := v.Auth.SignIn(v.R.Context(), tollkeeper.SignInRequest{
		Email: v.Value("email"), Password: v.Password("password"), Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp,
		Client: v.Client(), Neutral: true,
	})
	if err != nil {
		return "", taken
	}
	return begin(v, s, false)
}

// showCheckMail says that a mail is on its way, and no more: not to whom, and not whether somebody is there.
func showCheckMail(v *page.Visit) (page.Screen, string) {
	seen := page.Screen{Title: v.T("check-mail.title"), Links: []page.Link{v.Link(signInPath, v.T("link.sign-in"))}}
	switch v.About() {
	case "reset":
		seen.Lead = []string{v.T("check-mail.reset"), v.T("check-mail.spam")}
		seen.Links = append([]page.Link{v.Link(forgotPath, v.T("link.again"))}, seen.Links...)
		return seen, ""
	case "sign-up":
		seen.Lead = []string{v.T("check-mail.sign-up"), v.T("check-mail.spam")}
	case "again":
		seen.Lead = []string{v.T("check-mail.again"), v.T("check-mail.spam")}
	default:
		seen.Title, seen.Lead = v.T("send-again.title"), []string{v.T("send-again.lead")}
	}
	seen.Forms = []page.Form{{
		Fields: []page.Field{email(v)},
		Button: v.T("send-again.button"), Quiet: v.About() != "",
	}}
	return seen, ""
}

// mailAgain mails a link to confirm an address, where there is one to confirm.
func mailAgain(v *page.Visit) (string, error) {
	if err := v.Need("email"); err != nil {
		return "", err
	}
	err := v.Auth.RequestVerification(v.R.Context(), tollkeeper.MailRequest{
		Email: v.Value("email"), VerifyPath: v.MailedAt(v.Links.Verify), Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	})
	return v.To(mailPath, "about", "again"), err
}
