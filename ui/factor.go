package ui

import (
	"encoding/base64"
	"html/template"
	"net/url"

	"github.com/tollkeeper/tollkeeper"
)

// showFactor asks whoever is signed in to prove it once more, or for the first code of the app that they have set up.
func showFactor(v *visit) (screen, string) {
	if v.by == nil {
		return screen{}, v.url(signInPath) + "?next=" + url.QueryEscape(v.self())
	}
	seen := screen{Title: v.t("factor.title"), Lead: []string{v.t("factor.lead")}}
	if v.by.Limited == tollkeeper.LimitedSecondFactor {
		seen.Lead = []string{v.t("factor.needed"), v.t("factor.lead")}
		seen.Links = []link{v.link(signOutPath, v.t("link.sign-out"))}
	} else {
		seen.Links = []link{{v.onward(), v.t("link.back")}}
	}
	if v.confirming() && (v.failed == nil || !v.failed.anew) {
		seen.Lead, seen.Forms = nil, []form{v.firstCode()}
		seen.Links = append(seen.Links, v.link(factorPath, v.t("factor.anew")))
		return seen, ""
	}
	seen.Forms = []form{{
		Fields: []field{{
			Name: "password", Label: v.t("field.password"), Hint: v.t("factor.password.hint"), Type: "password", Complete: "current-password", Optional: true,
		}},
		Button: v.t("factor.button"),
	}}
	return seen, ""
}

// firstCode turns the factor on.
func (v *visit) firstCode() form {
	return form{
		Hidden: []hidden{{"step", "confirm"}},
		Fields: []field{{Name: "code", Label: v.t("field.code"), Hint: v.t("field.code.hint"), Type: "text", Complete: "one-time-code", Mode: "numeric"}},
		Button: v.t("factor.confirm"),
	}
}

func (v *visit) confirming() bool { return v.value("step") == "confirm" }

// setUpFactor begins a factor, and with its first code turns it on. What is shown once, the key and the recovery codes,
// stands in the answer to the form and nowhere else.
func setUpFactor(v *visit) (string, error) {
	if v.by == nil {
		return v.to(signInPath), nil
	}
	if v.confirming() {
		return v.confirmFactor()
	}
	e, err := v.auth.EnrolFactor(v.r.Context(), v.by, tollkeeper.FactorEnrolment{Password: v.password("password"), Client: v.client()})
	if err != nil {
		err = at(err, tollkeeper.ErrUnverified, "", "factor.unproven")
		err = at(err, tollkeeper.ErrNotRecent, "password", "factor.stale")
		err = at(err, tollkeeper.ErrFactorState, "", "factor.most")
		return "", at(err, tollkeeper.ErrInvalidCredentials, "password", "error.password")
	}
	v.instead = &screen{
		Title: v.t("factor.title"), Lead: []string{v.t("factor.scan")},
		Picture: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(e.PNG())), PictureText: v.t("factor.picture"),
		Key: string(e.Seed), App: template.URL(e.URL), AppText: v.t("factor.app"),
		Forms: []form{v.firstCode()},
		Links: []link{v.link(factorPath, v.t("factor.anew"))},
	}
	return "", nil
}

func (v *visit) confirmFactor() (string, error) {
	if err := v.need("code"); err != nil {
		return "", err
	}
	codes, err := v.auth.ConfirmFactor(v.r.Context(), v.by, tollkeeper.SecretText(v.value("code")), v.client())
	if err != nil {
		err = at(err, tollkeeper.ErrNotRecent, "", "factor.stale")
		err = at(err, tollkeeper.ErrFactorState, "", "factor.late")
		return "", at(err, tollkeeper.ErrInvalidCode, "code", "")
	}
	if len(codes) == 0 {
		return v.onward(), nil
	}
	v.instead = &screen{
		Title: v.t("recovery.title"), Notice: v.t("recovery.notice"), Lead: []string{v.t("recovery.lead")},
		Links: []link{{v.onward(), v.t("recovery.go-on")}},
	}
	for _, c := range codes {
		v.instead.Codes = append(v.instead.Codes, string(c))
	}
	return "", nil
}
