package ui

import (
	"encoding/base64"
	"html/template"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// showFactor asks for the name of a new app, or for the first code of the app that they have set up.
func showFactor(v *page.Visit) (page.Screen, string) {
	if v.By == nil {
		return page.Screen{}, v.SignInAgain()
	}
	seen := page.Screen{Title: v.T("factor.title"), Lead: []string{v.T("factor.lead")}}
	if v.By.Limited == tollkeeper.LimitedSecondFactor {
		seen.Lead = []string{v.T("factor.needed"), v.T("factor.lead")}
		seen.Links = []page.Link{v.Link(signOutPath, v.T("link.sign-out"))}
	} else {
		seen.Links = []page.Link{{URL: v.Onward(), Text: v.T("link.back")}}
	}
	if confirming(v) && (v.Failed == nil || !v.Failed.Anew) {
		seen.Lead, seen.Forms = nil, []page.Form{firstCode(v)}
		seen.Links = append(seen.Links, v.Link(factorPath, v.T("factor.anew")))
		return seen, ""
	}
	seen.Forms = []page.Form{{
		Fields: []page.Field{{
			Name: "label", Label: v.T("factors.name"), Hint: v.T("apps.name.hint"), Type: "text", Complete: "off", Most: mostLabel, Optional: true,
		}},
		Button: v.T("factor.button"),
	}}
	return seen, ""
}

// firstCode turns the factor on.
func firstCode(v *page.Visit) page.Form {
	return page.Form{
		Do:     "confirm",
		Fields: []page.Field{{Name: "code", Label: v.T("field.code"), Hint: v.T("field.code.hint"), Type: "text", Complete: "one-time-code", Mode: "numeric"}},
		Button: v.T("factor.confirm"),
	}
}

func confirming(v *page.Visit) bool { return v.Value("do") == "confirm" }

// setUpFactor begins a factor, and with its first code turns it on. What is shown once, the key and the recovery codes,
// stands in the answer to the form and nowhere else.
func setUpFactor(v *page.Visit) (string, error) {
	if v.By == nil {
		return v.SignInAgain("label"), nil
	}
	if confirming(v) {
		return confirmFactor(v)
	}
	if len(v.Value("label")) > mostLabel { // before anybody is asked for a proof
		return "", page.At(tollkeeper.ErrInvalidInput, tollkeeper.ErrInvalidInput, "label", "factors.bad-name")
	}
	err := step{says: v.T("factor.lead"), button: v.T("factor.button"), kept: []string{"label"}, do: func(tollkeeper.Confirmation) error {
		return beginFactor(v)
	}}.take(v)
	err = page.At(err, tollkeeper.ErrUnverified, "", "factor.unproven")
	return "", page.At(err, tollkeeper.ErrFactorState, "", "factor.most")
}

// beginFactor shows the key of a new app.
func beginFactor(v *page.Visit) error {
	e, err := v.Auth.EnrolFactor(v.R.Context(), v.By, tollkeeper.FactorEnrolment{Label: v.Value("label"), Client: v.Client()})
	if err != nil {
		return err
	}
	v.Instead = &page.Screen{
		Title: v.T("factor.title"), Lead: []string{v.T("factor.scan")},
		Key: &page.Key{
			Picture: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(e.PNG())), PictureText: v.T("factor.picture"),
			Text: string(e.Seed), App: template.URL(e.URL), AppText: v.T("factor.app"),
		},
		Forms: []page.Form{firstCode(v)},
		Links: []page.Link{v.Link(factorPath, v.T("factor.anew"))},
	}
	return nil
}

func confirmFactor(v *page.Visit) (string, error) {
	if err := v.Need("code"); err != nil {
		return "", err
	}
	codes, err := v.Auth.ConfirmFactor(v.R.Context(), v.By, tollkeeper.SecretText(v.Value("code")), v.Client())
	if err != nil {
		err = page.At(err, tollkeeper.ErrNotRecent, "", "factor.stale")
		err = page.At(err, tollkeeper.ErrFactorState, "", "factor.late")
		return "", page.At(err, tollkeeper.ErrInvalidCode, "code", "")
	}
	if len(codes) == 0 {
		return v.Onward(), nil
	}
	v.Instead = keepCodes(v, codes, v.T("recovery.notice"), v.Onward())
	return "", nil
}

// keepCodes shows recovery codes, this once.
func keepCodes(v *page.Visit, codes []tollkeeper.SecretText, notice, onward string) *page.Screen {
	seen := &page.Screen{
		Title: v.T("recovery.title"), Notice: notice, Lead: []string{v.T("recovery.lead")},
		Links: []page.Link{{URL: onward, Text: v.T("recovery.go-on")}},
	}
	for _, c := range codes {
		seen.Codes = append(seen.Codes, string(c))
	}
	return seen
}
