package ui

import "github.com/tollkeeper/tollkeeper"

// showMailLink asks where to mail a link to, and after that for the code of the same mail: whoever reads it on another
// device types that.
func showMailLink(v *visit) (screen, string) {
	if v.typesCode() {
		return v.mailedCode(), ""
	}
	seen := screen{
		Title: v.t("mail-link.title"), Lead: []string{v.t("mail-link.lead")},
		Forms: []form{{Fields: []field{v.email()}, Button: v.t("mail-link.button")}},
		Links: []link{v.link(signInPath, v.t("link.sign-in"))},
	}
	if v.auth.SignUpOpen(v.options.Scope) {
		seen.Lead = append(seen.Lead, v.t("mail-link.sign-up"))
	}
	return seen, ""
}

// typesCode reports whether the form that was sent is the one with the code.
func (v *visit) typesCode() bool { return v.value("do") == "code" }

// mailedCode says that a mail is on its way, and no more, and takes its code. The address stays in the form: it stands
// in no URL.
func (v *visit) mailedCode() screen {
	return screen{
		Title: v.t("check-mail.title"), Lead: []string{v.t("mail-link.sent"), v.t("check-mail.spam")},
		Forms: []form{{
			Head: v.t("mail-link.other"), Lead: v.t("mail-link.code"),
			Hidden: []hidden{{"do", "code"}, {"email", v.value("email")}},
			Fields: []field{
				{Name: "code", Label: v.t("field.mailed-code"), Type: "text", Complete: "one-time-code", Mode: "numeric"},
				v.remember(),
			},
			Button: v.t("sign-in.button"),
		}},
		Links: []link{v.link(linkPath, v.t("link.again")), v.link(signInPath, v.t("link.sign-in"))},
	}
}

// remember is the choice to stay signed in.
func (v *visit) remember() field {
	return field{Name: "remember", Label: v.t("field.remember"), Type: "checkbox", Optional: true}
}

// mailLink mails a link with a code, or signs in by that code. Every address gets the same answer, and whom nobody
// knows signs up by it, where that is open.
func mailLink(v *visit) (string, error) {
	if v.typesCode() {
		return signInByCode(v)
	}
	if err := v.need("email"); err != nil {
		return "", err
	}
	err := v.auth.RequestLink(v.r.Context(), tollkeeper.MailRequest{
		Email: v.value("email"), WithCode: true, SignUp: true, Scope: v.options.Scope, Audience: tollkeeper.AudienceApp, Client: v.client(),
	})
	if err == nil {
		seen := v.mailedCode()
		v.instead = &seen
	}
	return "", err
}

func signInByCode(v *visit) (string, error) {
	if err := v.need("email", "code"); err != nil {
		return "", err
	}
	s, err := v.auth.SignInWithCode(v.r.Context(), tollkeeper.CodeRequest{
		Email: v.value("email"), Code: tollkeeper.SecretText(v.value("code")), By: v.by, SignUp: true,
		Scope: v.options.Scope, Audience: tollkeeper.AudienceApp, Client: v.client(),
	})
	if err != nil {
		return "", at(err, tollkeeper.ErrInvalidCredentials, "code", "error.code")
	}
	return v.begin(s, v.value("remember") != "")
}

// showLink asks whoever followed a mailed link that signs in, and says who they will be. Programs that look into mail
// follow links, too: looking uses nothing up.
func showLink(v *visit) (screen, string) {
	if v.token() == "" {
		return v.mailedForm(screen{Title: v.t("link-in.title")}), ""
	}
	is, err := v.auth.SignInLink(v.r.Context(), v.linkRequest())
	if err != nil {
		if v.failed == nil {
			v.failed = v.failureOf(err)
		}
		return screen{
			Title: v.t("problem.title"), Links: []link{v.link(v.again, v.t("link.again")), v.link(signInPath, v.t("link.sign-in"))},
		}, ""
	}
	seen := screen{Title: v.t("link-in.title"), Lead: []string{v.t("link-in.lead")}}
	button := v.t("link-in.button", "{email}", is.Email)
	if is.SignUp {
		seen.Title, seen.Lead = v.t("link-up.title"), []string{v.t("link-up.lead", "{email}", is.Email)}
		button = v.t("link-up.button")
	}
	return v.mailedForm(seen, form{Fields: []field{v.remember()}, Button: button}), ""
}

func (v *visit) linkRequest() tollkeeper.LinkRequest {
	return tollkeeper.LinkRequest{
		Token: v.token(), By: v.by, Scope: v.options.Scope, Audience: tollkeeper.AudienceApp, Client: v.client(),
	}
}

// signInByLink begins a session in this very browser, or the second step of one.
func signInByLink(v *visit) (string, error) {
	s, err := v.auth.SignInWithLink(v.r.Context(), v.linkRequest())
	if err != nil {
		return "", err
	}
	return v.begin(s, v.value("remember") != "")
}
