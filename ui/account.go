package ui

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/language"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

const (
	accountPath  = "/account"
	securityPath = accountPath + "/security"
	ownFactors   = securityPath + "/factors" // each is below it
	sessionsPath = accountPath + "/sessions"
	activityPath = accountPath + "/activity"
	dataPath     = accountPath + "/data"
	exportPath   = dataPath + "/export"
)

// accountPages are what everybody does with their own account.
func accountPages(own func(string) string) []*page.Page {
	return []*page.Page{
		mine(&page.Page{Path: own(accountPath), Show: showProfile, Take: changeProfile}, "name", "username", "language", "email"),
		mine(&page.Page{Path: own(securityPath), Show: showSecurity, Take: changeSecurity}, "label"),
		mine(&page.Page{Path: own(ownFactors) + "/{factor}", Show: showOwnFactor, Take: changeOwnFactor}, "label"),
		mine(&page.Page{Path: own(sessionsPath), Show: showSessions, Take: endSessions}),
		mine(&page.Page{Path: own(activityPath), Show: showActivity}),
		mine(&page.Page{Path: own(dataPath), Show: showData, Take: deleteAccount}, "address"),
		{Path: own(exportPath), File: exportData},
	}
}

// mine is a page for whoever is signed in, in a session that is good for everything. The fields of its form stay while
// somebody whose session has ended signs in again.
func mine(p *page.Page, fields ...string) *page.Page {
	show, take := p.Show, p.Take
	p.Show = func(v *page.Visit) (page.Screen, string) {
		if to := elsewhere(v, fields); to != "" {
			return page.Screen{}, to
		}
		return show(v)
	}
	if take == nil {
		return p
	}
	p.Take = func(v *page.Visit) (string, error) {
		if to := elsewhere(v, fields); to != "" {
			return to, nil
		}
		to, err := take(v)
		if errors.Is(err, tollkeeper.ErrInvalidToken) { // it ended at this moment
			return v.SignInAgain(fields...), nil
		}
		return to, err
	}
	return p
}

// elsewhere is where somebody goes first. Empty: they may stay.
func elsewhere(v *page.Visit, fields []string) string {
	switch {
	case v.By == nil:
		return v.SignInAgain(fields...)
	case v.By.Limited != tollkeeper.Unlimited:
		return v.URL(limitedPath) + "?" + url.Values{"next": {v.Self()}}.Encode()
	}
	return ""
}

// ofAccount puts a page beside the others of the account.
func ofAccount(v *page.Visit, at string, seen page.Screen) page.Screen {
	seen.Wide = true
	for _, tab := range []struct{ path, key string }{
		{accountPath, "account.profile"}, {securityPath, "account.security"}, {sessionsPath, "account.sessions"},
		{activityPath, "account.activity"}, {dataPath, "account.data"},
	} {
		t := page.Tab{URL: v.To(tab.path), Text: v.T(tab.key), Current: tab.path == at}
		if t.Current && seen.Title == "" {
			seen.Title = t.Text
		}
		seen.Tabs = append(seen.Tabs, t)
	}
	if v.Console != "" && (v.By.Admin() || v.By.IsParent()) {
		seen.Tabs = append(seen.Tabs, page.Tab{URL: v.URL(v.Console), Text: v.T("account.console")})
	}
	return seen
}

func day(v *page.Visit, at time.Time) page.Cell {
	return page.Cell{Text: language.Date(v.Lang(), at), Time: at.UTC().Format(time.DateOnly)}
}

// broken shows what no form can mend.
func broken(v *page.Visit, at string, err error) page.Screen {
	return ofAccount(v, at, page.Screen{Alert: v.FailureOf(err).Text})
}

func showProfile(v *page.Visit) (page.Screen, string) {
	p, err := v.Auth.Profile(v.R.Context(), v.By)
	if err != nil {
		return broken(v, accountPath, err), ""
	}
	x := p.Subject.Account
	seen := page.Screen{Forms: []page.Form{{
		Do: "profile",
		Fields: []page.Field{
			{Name: "name", Label: v.T("profile.name"), Type: "text", Complete: "name", Value: x.Name, Most: 128, Optional: true},
			{
				Name: "username", Label: v.T("profile.username"), Hint: v.T("profile.username.hint"), Type: "text", Complete: "nickname",
				Value: x.Username, Most: max(30, len(x.Username)), Optional: true,
			},
			languageField(v, x.Locale),
		},
		Button: v.T("profile.save"),
	}}, Sections: []page.Section{ownAddress(v, x)}}
	switch v.About() {
	case "saved":
		seen.Notice = v.T("profile.saved")
	case "mailed":
		seen.Notice = v.T("profile.mailed")
	case "moving":
		seen.Notice = v.T("profile.moving")
	}
	return ofAccount(v, accountPath, seen), ""
}

// languageField offers the languages of the pages, and the account's own if it is another.
func languageField(v *page.Visit, locale string) page.Field {
	f := page.Field{Name: "language", Label: v.T("profile.language"), Type: "select", Optional: true, Choices: []page.Choice{{Text: v.T("profile.language-none")}}}
	f.Value = locale
	var known []string
	for _, l := range v.Languages() {
		known = append(known, l.Tag)
		f.Choices = append(f.Choices, page.Choice{Value: l.Tag, Text: l.Name})
	}
	if match := language.Match(locale, known); match != "" {
		f.Value = match
	} else if locale != "" {
		f.Choices = append(f.Choices, page.Choice{Value: locale, Text: locale})
	}
	return f
}

func ownAddress(v *page.Visit, x tollkeeper.Account) page.Section {
	state := page.Cell{Text: v.T("profile.waiting"), Mark: "warn"}
	if !x.EmailVerifiedAt.IsZero() {
		state = page.Cell{Text: v.T("profile.confirmed"), Mark: "good"}
	}
	s := page.Section{
		Head:  v.T("field.email"),
		Lead:  []string{x.Email},
		Facts: []page.Fact{{Name: v.T("profile.state"), Cell: state}, {Name: v.T("profile.since"), Cell: day(v, x.CreatedAt)}},
	}
	if x.EmailProvenAt.IsZero() {
		s.Forms = append(s.Forms, page.Form{Do: "verify", Button: v.T("profile.verify"), Quiet: true})
	}
	s.Forms = append(s.Forms, page.Form{
		Do: "email", Button: v.T("profile.change"), Quiet: true,
		Fields: []page.Field{{
			Name: "email", Label: v.T("profile.new-address"), Hint: v.T("profile.new-address.hint"), Type: "email", Complete: "email", Mode: "email",
		}},
	})
	return s
}

func changeProfile(v *page.Visit) (string, error) {
	switch v.Value("do") {
	case "profile":
		return saveProfile(v)
	case "verify":
		err := v.Auth.RequestOwnVerification(v.R.Context(), v.By, v.MailedAt(v.Links.Verify), v.Client())
		return v.To(accountPath, "about", "mailed"), page.At(err, tollkeeper.ErrAlreadyVerified, "", "error.already")
	case "email":
		return v.To(accountPath, "about", "moving"), changeAddress(v)
	}
	return v.To(accountPath), nil
}

// saveProfile changes what is another now. The language is that of the pages, too, from the next one on.
func saveProfile(v *page.Visit) (string, error) {
	p, err := v.Auth.Profile(v.R.Context(), v.By)
	if err != nil {
		return "", err
	}
	x := p.Subject.Account
	name, username, locale := v.Value("name"), v.Value("username"), v.Value("language")
	patch := tollkeeper.ProfilePatch{Name: &name}
	if username != x.Username {
		patch.Username = &username
	}
	if locale != x.Locale && (locale == "" || language.Match(x.Locale, []string{locale}) == "") {
		patch.Locale = &locale
	}
	err = v.Auth.UpdateProfile(v.R.Context(), v.By, patch)
	err = page.At(err, tollkeeper.ErrInvalidInput.WithField("name"), "name", "profile.bad-name")
	err = page.At(err, tollkeeper.ErrInvalidInput.WithField("locale"), "language", "error.other")
	err = page.At(err, tollkeeper.ErrInvalidUsername, "username", "profile.bad-username")
	err = page.At(err, tollkeeper.ErrUsernameTaken, "username", "profile.taken-username")
	if slices.ContainsFunc(v.Languages(), func(l page.Language) bool { return l.Tag == locale }) {
		return v.To(accountPath, "about", "saved", "lang", locale), err
	}
	return v.To(accountPath, "about", "saved"), err
}

// changeAddress mails a link to the new address. Whether somebody has it already is not told.
func changeAddress(v *page.Visit) error {
	if err := v.Need("email"); err != nil {
		return err
	}
	if !strings.Contains(v.Value("email"), "@") { // before anybody is asked for a proof
		return tollkeeper.ErrInvalidEmail
	}
	return step{
		says: v.T("profile.moving-to", "{email}", v.Value("email")), button: v.T("profile.change"), kept: []string{"email"},
		do: func(tollkeeper.Confirmation) error {
			return v.Auth.RequestEmailChange(v.R.Context(), v.By, tollkeeper.EmailChange{
				Email: v.Value("email"), LinkPath: v.MailedAt(v.Links.ChangeEmail), Client: v.Client(),
			})
		},
	}.take(v)
}
