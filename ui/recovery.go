package ui

import "github.com/tollkeeper/tollkeeper"

func showForgot(v *visit) (screen, string) {
	return screen{
		Title: v.t("forgot.title"), Lead: []string{v.t("forgot.lead")},
		Forms: []form{{
			Fields: []field{v.email()}, Button: v.t("forgot.button"),
		}},
		Links: []link{v.link(signInPath, v.t("link.sign-in"))},
	}, ""
}

// forgot mails a link to a new password. Every address gets the same answer.
func forgot(v *visit) (string, error) {
	if err := v.need("email"); err != nil {
		return "", err
	}
	err := v.auth.RequestReset(v.r.Context(), tollkeeper.MailRequest{
		Email: v.value("email"), Scope: v.options.Scope, Audience: tollkeeper.AudienceApp, Client: v.client(),
	})
	return v.to(mailPath, "about", "reset"), err
}

// mailedForm is a form that carries the token of the address on. Without one there is nothing to send.
func (v *visit) mailedForm(seen screen, forms ...form) screen {
	if v.token() == "" {
		seen.Lead, seen.Links = []string{v.t("error.link")}, []link{v.link(signInPath, v.t("link.sign-in"))}
		if v.again != "" {
			seen.Links = append([]link{v.link(v.again, v.t("link.again"))}, seen.Links...)
		}
		return seen
	}
	for i := range forms {
		forms[i].Hidden = append(forms[i].Hidden, hidden{"token", string(v.token())})
	}
	seen.Forms = forms
	return seen
}

func showReset(v *visit) (screen, string) {
	return v.mailedForm(screen{Title: v.t("reset.title"), Lead: []string{v.t("reset.lead")}},
		form{Fields: []field{v.newPassword("password")}, Button: v.t("reset.button")}), ""
}

// reset sets a new password by the mailed token. It signs nobody in: every session ends.
func reset(v *visit) (string, error) {
	if err := v.need("password"); err != nil {
		return "", err
	}
	_, err := v.auth.ResetPassword(v.r.Context(), tollkeeper.ResetRequest{
		Token: v.token(), Password: v.password("password"), By: v.by, Audience: tollkeeper.AudienceApp, Client: v.client(),
	})
	return v.to(donePath, "about", "reset"), err
}

// showDone says what was done. Its texts are fixed: whoever makes the address up says nothing else by it.
func showDone(v *visit) (screen, string) {
	seen := screen{Title: v.t("done.title")}
	switch v.about() {
	case "confirmed":
		seen.Lead = []string{v.t("done.confirmed")}
	case "reset":
		seen.Lead = []string{v.t("done.reset")}
	case "changed":
		seen.Lead = []string{v.t("done.changed")}
	case "not-me":
		seen.Lead = []string{v.t("done.not-me")}
	default:
		return screen{}, v.onward()
	}
	if v.by == nil {
		seen.Links = []link{v.link(signInPath, v.t("link.sign-in"))}
	} else {
		seen.Links = []link{{v.onward(), v.t("link.on")}}
	}
	return seen, ""
}
