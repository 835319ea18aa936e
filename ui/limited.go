package ui

import (
	"github.com/tollkeeper/tollkeeper"
)

// showLimited says what a limited session waits for. Whoever waits for nothing goes on.
func showLimited(v *visit) (screen, string) {
	if v.by == nil {
		return screen{}, v.to(signInPath)
	}
	out := v.link(signOutPath, v.t("link.sign-out"))
	switch v.by.Limited {
	case tollkeeper.Unlimited:
		return screen{}, v.onward()
	case tollkeeper.LimitedUnverified:
		return v.unverified(out), ""
	case tollkeeper.LimitedPassword:
		return screen{
			Title: v.t("new-password.title"), Lead: []string{v.t("new-password.lead")},
			Forms: []form{{
				Fields: []field{
					{Name: "current", Label: v.t("field.current-password"), Type: "password", Complete: "current-password"},
					v.newPassword("password"),
				},
				Button: v.t("new-password.button"),
			}},
			Links: []link{out},
		}, ""
	case tollkeeper.LimitedSecondFactor:
		return screen{}, v.to(factorPath)
	}
	return screen{Title: v.t("problem.title"), Lead: []string{v.t("error.other")}, Links: []link{out}}, ""
}

func (v *visit) unverified(out link) screen {
	seen := screen{
		Title: v.t("check-mail.title"), Lead: []string{v.t("unverified.lead", "{email}", v.by.Email), v.t("check-mail.spam")},
		Forms: []form{{Button: v.t("send-again.button")}}, Links: []link{out},
	}
	if v.about() == "again" {
		seen.Notice, seen.Forms[0].Quiet = v.t("unverified.sent"), true
	}
	return seen
}

// endLimit does what a person can do about the limitation here: another mail, another password.
func endLimit(v *visit) (string, error) {
	switch {
	case v.by == nil:
		return v.to(signInPath), nil
	case v.by.Limited == tollkeeper.LimitedUnverified:
		return v.to(limitedPath, "about", "again"), v.auth.RequestOwnVerification(v.r.Context(), v.by, "", v.client())
	case v.by.Limited != tollkeeper.LimitedPassword:
		return v.to(limitedPath), nil
	}
	if err := v.need("current", "password"); err != nil {
		return "", err
	}
	err := v.auth.ChangePassword(v.r.Context(), v.by, tollkeeper.PasswordChange{
		Current: v.password("current"), New: v.password("password"), Client: v.client(),
	})
	return v.to(limitedPath), at(err, tollkeeper.ErrInvalidCredentials, "current", "error.password")
}
