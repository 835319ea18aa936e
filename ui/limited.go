package ui

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// showLimited says what a limited session waits for. Whoever waits for nothing goes on.
func showLimited(v *page.Visit) (page.Screen, string) {
	if v.By == nil {
		return page.Screen{}, v.To(signInPath)
	}
	out := v.Link(signOutPath, v.T("link.sign-out"))
	switch v.By.Limited {
	case tollkeeper.Unlimited:
		return page.Screen{}, v.Onward()
	case tollkeeper.LimitedUnverified:
		return unverified(v, out), ""
	case tollkeeper.LimitedPassword:
		return page.Screen{
			Title: v.T("new-password.title"), Lead: []string{v.T("new-password.lead")},
			Forms: []page.Form{{
				Fields: []page.Field{
					{Name: "current", Label: v.T("field.current-password"), Type: "password", Complete: "current-password"},
					newPassword(v, "password"),
				},
				Button: v.T("new-password.button"),
			}},
			Links: []page.Link{out},
		}, ""
	case tollkeeper.LimitedSecondFactor:
		return page.Screen{}, v.To(factorPath)
	}
	return page.Screen{Title: v.T("problem.title"), Lead: []string{v.T("error.other")}, Links: []page.Link{out}}, ""
}

func unverified(v *page.Visit, out page.Link) page.Screen {
	seen := page.Screen{
		Title: v.T("check-mail.title"), Lead: []string{v.T("unverified.lead", "{email}", v.By.Email), v.T("check-mail.spam")},
		Forms: []page.Form{{Button: v.T("send-again.button")}}, Links: []page.Link{out},
	}
	if v.About() == "again" {
		seen.Notice, seen.Forms[0].Quiet = v.T("unverified.sent"), true
	}
	return seen
}

// endLimit does what a person can do about the limitation here: another mail, another password.
func endLimit(v *page.Visit) (string, error) {
	switch {
	case v.By == nil:
		return v.To(signInPath), nil
	case v.By.Limited == tollkeeper.LimitedUnverified:
		return v.To(limitedPath, "about", "again"), v.Auth.RequestOwnVerification(v.R.Context(), v.By, v.MailedAt(v.Links.Verify), v.Client())
	case v.By.Limited != tollkeeper.LimitedPassword:
		return v.To(limitedPath), nil
	}
	if err := v.Need("current", "password"); err != nil {
		return "", err
	}
	err := v.Auth.ChangePassword(v.R.Context(), v.By, tollkeeper.PasswordChange{
		Current: v.Password("current"), New: v.Password("password"), Client: v.Client(),
	})
	return v.To(limitedPath), page.At(err, tollkeeper.ErrInvalidCredentials, "current", "error.password")
}
