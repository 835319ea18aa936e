package ui

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

func showForgot(v *page.Visit) (page.Screen, string) {
	return page.Screen{
		Title: v.T("forgot.title"), Lead: []string{v.T("forgot.lead")},
		Forms: []page.Form{{
			Fields: []page.Field{email(v)}, Button: v.T("forgot.button"),
		}},
		Links: []page.Link{v.Link(signInPath, v.T("link.sign-in"))},
	}, ""
}

// forgot mails a link to a new password. Every address gets the same answer.
func forgot(v *page.Visit) (string, error) {
	if err := v.Need("email"); err != nil {
		return "", err
	}
	err := v.Auth.RequestReset(v.R.Context(), tollkeeper.MailRequest{
		Email: v.Value("email"), Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	})
	return v.To(mailPath, "about", "reset"), err
}

// mailedForm is a form that carries the token of the address on. Without one there is nothing to send.
func mailedForm(v *page.Visit, seen page.Screen, forms ...page.Form) page.Screen {
	if v.Token() == "" {
		seen.Lead, seen.Links = []string{v.T("error.link")}, []page.Link{v.Link(signInPath, v.T("link.sign-in"))}
		if v.Again != "" {
			seen.Links = append([]page.Link{v.Link(v.Again, v.T("link.again"))}, seen.Links...)
		}
		return seen
	}
	for i := range forms {
		forms[i].Hidden = append(forms[i].Hidden, page.Hidden{Name: "token", Value: string(v.Token())})
	}
	seen.Forms = forms
	return seen
}

func showReset(v *page.Visit) (page.Screen, string) {
	return mailedForm(v, page.Screen{Title: v.T("reset.title"), Lead: []string{v.T("reset.lead")}},
		page.Form{Fields: []page.Field{newPassword(v, "password")}, Button: v.T("reset.button")}), ""
}

// reset sets a new password by the mailed token. It signs nobody in: every session ends.
func reset(v *page.Visit) (string, error) {
	if err := v.Need("password"); err != nil {
		return "", err
	}
	_, err := v.Auth.ResetPassword(v.R.Context(), tollkeeper.ResetRequest{
		Token: v.Token(), Password: v.Password("password"), By: v.By, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	})
	return v.To(donePath, "about", "reset"), err
}

// showDone says what was done. Its texts are fixed: whoever makes the address up says nothing else by it.
func showDone(v *page.Visit) (page.Screen, string) {
	seen := page.Screen{Title: v.T("done.title")}
	switch v.About() {
	case "confirmed":
		seen.Lead = []string{v.T("done.confirmed")}
	case "reset":
		seen.Lead = []string{v.T("done.reset")}
	case "changed":
		seen.Lead = []string{v.T("done.changed")}
	case "deleted":
		seen.Lead = []string{v.T("data.deleted"), v.T("data.kept")}
	case "not-me":
		seen.Lead = []string{v.T("done.not-me")}
	default:
		return page.Screen{}, v.Onward()
	}
	if v.By == nil {
		seen.Links = []page.Link{v.Link(signInPath, v.T("link.sign-in"))}
	} else {
		seen.Links = []page.Link{{URL: v.Onward(), Text: v.T("link.on")}}
	}
	return seen, ""
}
