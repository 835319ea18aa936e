package ui

import "github.com/tollkeeper/tollkeeper"

func showSignUp(v *visit) (screen, string) {
	seen := screen{Title: v.t("sign-up.title"), Links: []link{v.link(signInPath, v.t("link.have-account"))}}
	if !v.auth.SignUpOpen(v.options.Scope) {
		seen.Lead = []string{v.t("error.closed")}
		return seen, ""
	}
	password := v.newPassword("password")
	password.Label = v.t("field.password")
	seen.Forms = []form{{Fields: []field{v.email(), password}, Button: v.t("sign-up.button")}}
	seen.Links = append([]link{v.link(linkPath, v.t("link.no-password"))}, seen.Links...)
	return seen, ""
}

// email is the field for an address that names an account.
func (v *visit) email() field {
	return field{Name: "email", Label: v.t("field.email"), Type: "email", Complete: "username", Mode: "email"}
}

// newPassword is the field for a password that is chosen.
func (v *visit) newPassword(name string) field {
	return field{Name: name, Label: v.t("field.new-password"), Hint: v.t("field.new-password.hint"), Type: "password", Complete: "new-password"}
}

// signUp makes an account and signs in to it. Where the address must be confirmed first, a taken one is answered as a
// new one, and no username is asked for, which would tell.
func signUp(v *visit) (string, error) {
	if err := v.need("email", "password"); err != nil {
		return "", err
	}
	s, err := v.auth.SignUp(v.r.Context(), tollkeeper.SignUpRequest{
		Email: v.value("email"), Password: v.password("password"), Scope: v.options.Scope,
		Audience: tollkeeper.AudienceApp, Client: v.client(), Neutral: true,
	})
	switch {
	case err != nil:
		return "", err
	case s.Token == "":
		return v.to(mailPath, "about", "sign-up"), nil
	}
	return v.begin(s.SignInResult, false)
}

// showCheckMail says that a mail is on its way, and no more: not to whom, and not whether somebody is there.
func showCheckMail(v *visit) (screen, string) {
	seen := screen{Title: v.t("check-mail.title"), Links: []link{v.link(signInPath, v.t("link.sign-in"))}}
	switch v.about() {
	case "reset":
		seen.Lead = []string{v.t("check-mail.reset"), v.t("check-mail.spam")}
		seen.Links = append([]link{v.link(forgotPath, v.t("link.again"))}, seen.Links...)
		return seen, ""
	case "sign-up":
		seen.Lead = []string{v.t("check-mail.sign-up"), v.t("check-mail.spam")}
	case "again":
		seen.Lead = []string{v.t("check-mail.again"), v.t("check-mail.spam")}
	default:
		seen.Title, seen.Lead = v.t("send-again.title"), []string{v.t("send-again.lead")}
	}
	seen.Forms = []form{{
		Fields: []field{v.email()},
		Button: v.t("send-again.button"), Quiet: v.about() != "",
	}}
	return seen, ""
}

// mailAgain mails a link to confirm an address, where there is one to confirm.
func mailAgain(v *visit) (string, error) {
	if err := v.need("email"); err != nil {
		return "", err
	}
	err := v.auth.RequestVerification(v.r.Context(), tollkeeper.MailRequest{
		Email: v.value("email"), Scope: v.options.Scope, Audience: tollkeeper.AudienceApp, Client: v.client(),
	})
	return v.to(mailPath, "about", "again"), err
}
