package ui

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

const (
	appKind     = "totp"
	passkeyKind = "passkey"
	mostLabel   = 64 // bytes
)

// showSecurity is everything that leads into the account, each where there is such a thing.
func showSecurity(v *page.Visit) (page.Screen, string) {
	p, err := v.Auth.Profile(v.R.Context(), v.By)
	if err != nil {
		return broken(v, securityPath, err), ""
	}
	factors, err := v.Auth.Factors(v.R.Context(), v.By)
	if err != nil {
		return broken(v, securityPath, err), ""
	}
	passkeys := slices.DeleteFunc(slices.Clone(factors), func(f tollkeeper.FactorInfo) bool { return f.Kind != passkeyKind })
	apps := slices.DeleteFunc(slices.Clone(factors), func(f tollkeeper.FactorInfo) bool { return f.Kind != appKind })
	seen := page.Screen{Notice: doneHere(v), Alert: issuerProblem(v)}
	if has := p.Subject.Account.Password != ""; has || !v.NoPasswords {
		seen.Sections = append(seen.Sections, passwordSection(v, has))
	}
	if v.Auth.PasskeysOn() || len(passkeys) > 0 {
		seen.Sections = append(seen.Sections, passkeySection(v, passkeys))
	}
	seen.Sections = append(seen.Sections, page.Section{
		Head: v.T("apps.title"), Lead: []string{v.T("factor.lead")}, Table: factorTable(v, v.T("apps.title"), v.T("apps.none"), apps),
		Links: []page.Link{{URL: v.URL(factorPath) + "?" + url.Values{"next": {v.URL(securityPath)}}.Encode(), Text: v.T("apps.add")}},
	})
	if len(factors) > 0 {
		left, err := v.Auth.RecoveryCodesLeft(v.R.Context(), v.By)
		if err != nil {
			return broken(v, securityPath, err), ""
		}
		seen.Sections = append(seen.Sections, page.Section{
			Head: v.T("codes.title"), Lead: []string{v.T("codes.lead"), v.T("codes.left", "{n}", strconv.Itoa(left))},
			Forms: []page.Form{{Do: "codes", Button: v.T("codes.button"), Quiet: true}},
		})
	}
	if s, ok := identitySection(v, p.Subject.Linked); ok {
		seen.Sections = append(seen.Sections, s)
	}
	return ofAccount(v, securityPath, seen), ""
}

// doneHere says what was done a moment ago.
func doneHere(v *page.Visit) string {
	switch v.About() {
	case "password":
		return v.T("security.password-changed")
	case "proved":
		return v.T("security.proved")
	case "added":
		return v.T("passkeys.added")
	case "renamed":
		return v.T("factors.renamed")
	case "removed":
		return v.T("factors.removed")
	case "linked":
		return v.T("identities.linked")
	case "unlinked":
		return v.T("identities.removed")
	}
	return ""
}

// passwordSection changes the password. Who has none proves first who they are, since a password is carried nowhere.
func passwordSection(v *page.Visit, has bool) page.Section {
	s := page.Section{Head: v.T("field.password"), Lead: []string{v.T("security.password-lead")}}
	fresh := newPassword(v, "password")
	switch {
	case has:
		current := page.Field{Name: "current", Label: v.T("field.current-password"), Type: "password", Complete: "current-password"}
		s.Forms = []page.Form{{Do: "password", User: v.By.Email, Fields: []page.Field{current, fresh}, Button: v.T("security.password-change")}}
	case v.Auth.RequireRecent(v.By, freshFor) == nil:
		s.Lead = []string{v.T("security.password-none")}
		s.Forms = []page.Form{{Do: "password", User: v.By.Email, Fields: []page.Field{fresh}, Button: v.T("security.password-set")}}
	default:
		s.Lead = []string{v.T("security.password-none")}
		s.Forms = []page.Form{{Do: "prove", Button: v.T("security.password-set"), Quiet: true}}
	}
	return s
}

func passkeySection(v *page.Visit, list []tollkeeper.FactorInfo) page.Section {
	s := page.Section{
		Head: v.T("passkeys.title"), Lead: []string{v.T("passkeys.lead")}, Table: factorTable(v, v.T("passkeys.title"), v.T("passkeys.none"), list),
	}
	if v.Auth.PasskeysOn() {
		s.Forms = []page.Form{{
			Do: "add-passkey", Button: v.T("passkeys.add"), Quiet: true,
			Fields: []page.Field{{
				Name: "label", Label: v.T("factors.name"), Hint: v.T("passkeys.name.hint"), Type: "text", Complete: "off", Most: mostLabel, Optional: true,
			}},
		}}
	}
	return s
}

// factorTable has a line for each, which leads to a page of its own.
func factorTable(v *page.Visit, caption, empty string, list []tollkeeper.FactorInfo) *page.Table {
	t := &page.Table{Caption: caption, Empty: empty, Columns: []page.Column{
		{Text: v.T("factors.name")}, {Text: v.T("factors.since")}, {Text: v.T("factors.used")},
	}}
	for i := range list {
		f := &list[i]
		name := page.Cell{Text: f.Label, URL: v.URL(ownFactors + "/" + f.ID.String()), Soft: f.Device}
		if f.Device == f.Label {
			name.Soft = ""
		}
		t.Rows = append(t.Rows, page.Row{Cells: []page.Cell{name, day(v, f.CreatedAt), v.Moment(f.UsedAt)}})
	}
	return t
}

// identitySection has who they are to other issuers, and the issuers that can be linked. False: neither.
func identitySection(v *page.Visit, linked []tollkeeper.Linked) (page.Section, bool) {
	offered, err := v.Auth.Providers(v.R.Context(), v.Settings.Scope)
	if err != nil {
		v.FailureOf(err) // for the log
	}
	s := page.Section{Head: v.T("identities.title"), Lead: []string{v.T("identities.lead")}}
	if len(linked) > 0 {
		s.Table = &page.Table{Caption: v.T("identities.title"), Columns: []page.Column{
			{Text: v.T("identities.issuer")}, {Text: v.T("factors.since")}, {Text: v.T("factors.used")},
		}}
	}
	for _, l := range linked {
		name := cmp.Or(v.Auth.IssuerName(l.Issuer), l.Issuer)
		for _, p := range offered {
			if p.Issuer == l.Issuer {
				name = p.Label
			}
		}
		s.Table.Rows = append(s.Table.Rows, page.Row{
			Cells: []page.Cell{{Text: name, Soft: l.Email}, day(v, l.LinkedAt), v.Moment(l.UsedAt)},
			Forms: []page.Form{{
				Do: "unlink", Hidden: []page.Hidden{{Name: "issuer", Value: l.Issuer}, {Name: "subject", Value: l.Subject}}, Quiet: true,
				Button: v.T("factors.remove"), Label: v.T("identities.remove", "{issuer}", name),
			}},
		})
	}
	for _, p := range offered {
		if !slices.ContainsFunc(linked, func(l tollkeeper.Linked) bool { return l.Issuer == p.Issuer }) {
			s.Forms = append(s.Forms, page.Form{
				Do: "link", Hidden: []page.Hidden{{Name: "provider", Value: p.Name}}, Button: v.T("identities.link", "{issuer}", p.Label), Quiet: true,
			})
		}
	}
	return s, len(linked) > 0 || len(s.Forms) > 0
}

func changeSecurity(v *page.Visit) (string, error) {
	switch v.Value("do") {
	case "password":
		return v.To(securityPath, "about", "password"), changePassword(v)
	case "prove":
		return v.To(securityPath, "about", "proved"), proveOnce(v, v.T("security.setting"))
	case "add-passkey":
		return "", beginPasskey(v)
	case "new-passkey":
		return v.To(securityPath, "about", "added"), addPasskey(v)
	case "codes":
		return "", newCodes(v)
	case "unlink":
		return v.To(securityPath, "about", "unlinked"), unlink(v)
	case "link":
		return "", step{says: v.T("identities.linking"), button: v.T("prove.button"), kept: []string{"provider"}, do: func(tollkeeper.Confirmation) error {
			return beginIssuer(v, v.Value("provider"), toLink)
		}}.take(v)
	}
	return v.To(securityPath), nil
}

func changePassword(v *page.Visit) error {
	has, err := hasPassword(v)
	if err != nil {
		return err
	}
	fields := []string{"password"}
	if has {
		fields = []string{"current", "password"}
	}
	if v.Value("prove") == "" && v.Value("way") == "" { // a question carries no password
		if err := v.Need(fields...); err != nil {
			return err
		}
	}
	change := tollkeeper.PasswordChange{New: v.Password("password"), Client: v.Client()}
	if has {
		change.Current = v.Password("current")
	}
	return step{says: v.T("security.setting"), button: v.T("prove.button"), do: func(tollkeeper.Confirmation) error {
		if change.New == "" {
			return v.Need("password") // they have proved who they are, and type it again
		}
		err := v.Auth.ChangePassword(v.R.Context(), v.By, change)
		return page.At(err, tollkeeper.ErrInvalidCredentials, "current", "error.password")
	}}.take(v)
}

func unlink(v *page.Visit) error {
	err := step{
		says: v.T("identities.removing"), button: v.T("factors.remove"), danger: true, kept: []string{"issuer", "subject"},
		do: func(tollkeeper.Confirmation) error {
			return v.Auth.RemoveIdentity(v.R.Context(), v.By, tollkeeper.IdentityRemoval{
				Identity: tollkeeper.IssuedKey{Issuer: v.Value("issuer"), Subject: v.Value("subject")}, Client: v.Client(),
			})
		},
	}.take(v)
	err = page.At(err, tollkeeper.ErrNotFound, "", "factors.gone")
	return page.At(err, tollkeeper.ErrLastWayIn, "", "factors.last")
}
