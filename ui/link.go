package ui

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// showMailLink asks where to mail a link to, and after that for the code of the same mail: whoever reads it on another
// device types that.
func showMailLink(v *page.Visit) (page.Screen, string) {
	if typesCode(v) {
		return mailedCode(v), ""
	}
	seen := page.Screen{
		Title: v.T("mail-link.title"), Lead: []string{v.T("mail-link.lead")},
		Forms: []page.Form{{Fields: []page.Field{email(v)}, Button: v.T("mail-link.button")}},
		Links: []page.Link{v.Link(signInPath, v.T("link.sign-in"))},
	}
	if v.Auth.SignUpOpen(v.Settings.Scope) {
		seen.Lead = append(seen.Lead, v.T("mail-link.sign-up"))
	}
	return seen, ""
}

// typesCode reports whether the form that was sent is the one with the code.
func typesCode(v *page.Visit) bool { return v.Value("do") == "code" }

// mailedCode says that a mail is on its way, and no more, and takes its code. The address stays in the form: it stands
// in no URL.
func mailedCode(v *page.Visit) page.Screen {
	return page.Screen{
		Title: v.T("check-mail.title"), Lead: []string{v.T("mail-link.sent"), v.T("check-mail.spam")},
		Forms: []page.Form{{
			Head: v.T("mail-link.other"), Lead: v.T("mail-link.code"),
			Do: "code", Hidden: []page.Hidden{{Name: "email", Value: v.Value("email")}},
			Fields: []page.Field{
				{Name: "code", Label: v.T("field.mailed-code"), Type: "text", Complete: "one-time-code", Mode: "numeric"},
				remember(v),
			},
			Button: v.T("sign-in.button"),
		}},
		Links: []page.Link{v.Link(linkPath, v.T("link.again")), v.Link(signInPath, v.T("link.sign-in"))},
	}
}

// remember is the choice to stay signed in.
func remember(v *page.Visit) page.Field {
	return page.Field{Name: "remember", Label: v.T("field.remember"), Type: "checkbox", Optional: true}
}

// mailLink mails a link with a code, or signs in by that code. Every address gets the same answer, and whom nobody
// knows signs up by it, where that is open.
func mailLink(v *page.Visit) (string, error) {
	if typesCode(v) {
		return signInByCode(v)
	}
	if err := v.Need("email"); err != nil {
		return "", err
	}
	err := v.Auth.RequestLink(v.R.Context(), tollkeeper.MailRequest{
		Email: v.Value("email"), LinkPath: v.MailedAt(v.Links.SignInLink), WithCode: true, SignUp: true,
		Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	})
	if err == nil {
		seen := mailedCode(v)
		v.Instead = &seen
	}
	return "", err
}

func signInByCode(v *page.Visit) (string, error) {
	if err := v.Need("email", "code"); err != nil {
		return "", err
	}
	s, err := v.Auth.SignInWithCode(v.R.Context(), tollkeeper.CodeRequest{
		Email: v.Value("email"), Code: tollkeeper.SecretText(v.Value("code")), By: v.By, SignUp: true,
		Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	})
	if err != nil {
		return "", page.At(err, tollkeeper.ErrInvalidCredentials, "code", "error.code")
	}
	return begin(v, s, v.Value("remember") != "")
}

// showLink asks whoever followed a mailed link that signs in, and says who they will be. Programs that look into mail
// follow links, too: looking uses nothing up.
func showLink(v *page.Visit) (page.Screen, string) {
	if v.Token() == "" {
		return mailedForm(v, page.Screen{Title: v.T("link-in.title")}), ""
	}
	is, err := v.Auth.SignInLink(v.R.Context(), linkRequest(v))
	if err != nil {
		if v.Failed == nil {
			v.Failed = v.FailureOf(err)
		}
		return page.Screen{
			Title: v.T("problem.title"), Links: []page.Link{v.Link(v.Again, v.T("link.again")), v.Link(signInPath, v.T("link.sign-in"))},
		}, ""
	}
	seen := page.Screen{Title: v.T("link-in.title"), Lead: []string{v.T("link-in.lead")}}
	button := v.T("link-in.button", "{email}", is.Email)
	if is.SignUp {
		seen.Title, seen.Lead = v.T("link-up.title"), []string{v.T("link-up.lead", "{email}", is.Email)}
		button = v.T("link-up.button")
	}
	return mailedForm(v, seen, page.Form{Fields: []page.Field{remember(v)}, Button: button}), ""
}

func linkRequest(v *page.Visit) tollkeeper.LinkRequest {
	return tollkeeper.LinkRequest{
		Token: v.Token(), By: v.By, Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	}
}

// signInByLink begins a session in this very browser, or the second step of one.
func signInByLink(v *page.Visit) (string, error) {
	s, err := v.Auth.SignInWithLink(v.R.Context(), linkRequest(v))
	if err != nil {
		return "", err
	}
	return begin(v, s, v.Value("remember") != "")
}
