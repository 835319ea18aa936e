package console

import (
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// typedAuthorized is the field with the ids of other organizations, one a line.
const typedAuthorized = "authorized"

func showOrganization(v *visit) (page.Screen, error) {
	if !v.tenant {
		return page.Screen{}, tollkeeper.ErrNotFound
	}
	d, err := v.organization(v.R.Context())
	if err != nil {
		return page.Screen{}, err
	}
	return v.organizationScreen(d.Organization, v.Failed != nil && v.Value("do") == "save"), nil
}

// organizationScreen shows an organization as it is, or as it was typed.
func (v *visit) organizationScreen(o tollkeeper.Organization, typed bool) page.Screen {
	if typed {
		p, _ := v.typed()
		o = overlaid(o, p)
	}
	f := page.Form{Do: "save", Button: v.T("organization.save"), Check: v.T("organization.check")}
	f.Fields = append(f.Fields, page.Field{Name: "name", Label: v.T("organization.name"), Type: "text", Complete: "organization", Optional: true, Value: o.Name})
	for _, a := range addresses {
		x := page.Field{Name: a.field, Label: v.T(a.label), Type: "url", Complete: "off", Optional: true, Value: *a.in(&o)}
		if a.field == "url" {
			x.Hint = v.T("organization.url.hint")
		}
		if said := judge(&o, a); said.bad() {
			x.Error = v.T(string(said))
		}
		f.Fields = append(f.Fields, x)
	}
	var ids []string
	for _, id := range o.Authorized {
		ids = append(ids, id.String())
	}
	f.Fields = append(f.Fields,
		page.Field{Name: "restricted", Label: v.T("organization.restricted"), Type: "checkbox", Checked: o.DomainRestriction},
		page.Field{Name: "verified", Label: v.T("organization.verified"), Type: "checkbox", Checked: o.VerificationRequired},
		page.Field{Name: "factor", Label: v.T("organization.factor"), Type: "checkbox", Checked: o.FactorRequired},
		page.Field{
			Name: typedAuthorized, Label: v.T("organization.authorized"), Hint: v.T("organization.authorized.hint"), Type: "textarea", Optional: true,
			Value: strings.Join(ids, "\n"),
		},
	)
	return page.Screen{
		Title: v.T("organization.title"), Forms: []page.Form{f},
		Sections: []page.Section{v.verdicts(&o), v.issuers(&o)},
	}
}

// verdicts is what the rules say of each address.
func (v *visit) verdicts(o *tollkeeper.Organization) page.Section {
	t := &page.Table{
		Caption: v.T("check.title"), Columns: []page.Column{{Text: v.T("check.page")}, {Text: v.T("check.address")}, {Text: v.T("check.verdict")}},
	}
	for _, a := range addresses {
		said, mark := judge(o, a), "good"
		switch {
		case said == addressUnset:
			mark = "plain"
		case said.bad():
			mark = "bad"
		}
		short := string(said)
		if said.bad() {
			short = "check.bad"
		}
		cell := page.Cell{Text: v.T(short), Mark: mark}
		if said.bad() {
			cell.Soft = v.T(string(said))
		}
		t.Rows = append(t.Rows, page.Row{Cells: []page.Cell{{Text: v.T(a.label)}, {Text: v.or(*a.in(o), "blank.none")}, cell}})
	}
	return page.Section{ID: "check", Head: v.T("check.title"), Lead: []string{v.T("check.lead")}, Table: t}
}

// issuers are those by which the tenant's users sign in, each with a form of its own, and one for another.
func (v *visit) issuers(o *tollkeeper.Organization) page.Section {
	section := page.Section{ID: "issuers", Head: v.T("issuers.title"), Lead: []string{v.T("issuers.lead")}}
	for _, x := range o.Issuers {
		section.Forms = append(section.Forms, page.Form{
			Do: "issuer-" + x.Issuer, Lead: x.Issuer, Button: v.T("organization.save"), Label: v.T("organization.save") + " – " + x.Issuer, Quiet: true,
			Hidden: []page.Hidden{{Name: "issuer", Value: x.Issuer}},
			Fields: []page.Field{
				{Name: "client", Label: v.T("issuers.client"), Type: "text", Complete: "off", Optional: true, Value: x.ClientID},
				{Name: "enabled", Label: v.T("issuers.enabled"), Type: "checkbox", Checked: x.Enabled},
			},
		})
	}
	section.Forms = append(section.Forms, page.Form{
		Do: "issuer-", Head: v.T("issuers.another"), Button: v.T("issuers.add"), Quiet: true,
		Fields: []page.Field{
			{Name: "issuer", Label: v.T("issuers.issuer"), Hint: v.T("issuers.issuer.hint"), Type: "url", Complete: "off"},
			{Name: "client", Label: v.T("issuers.client"), Type: "text", Complete: "off"},
			{Name: "enabled", Label: v.T("issuers.enabled"), Type: "checkbox", Checked: true},
		},
	})
	return section
}

// typed is the organization's form as a patch of everything that it has. The error is that of the list of ids.
func (v *visit) typed() (p tollkeeper.OrganizationPatch, err error) {
	var o tollkeeper.Organization
	for _, a := range addresses {
		*a.in(&o) = v.Value(a.field)
	}
	name, u := v.Value("name"), o.AuthURLs
	restricted, verified, factor := v.Value("restricted") != "", v.Value("verified") != "", v.Value("factor") != ""
	ids := []uuid.UUID{}
	for line := range strings.FieldsSeq(v.Value(typedAuthorized)) {
		id, bad := uuid.Parse(line)
		if bad != nil {
			err = page.At(tollkeeper.ErrInvalidInput.WithCause(bad), tollkeeper.ErrInvalidInput, typedAuthorized, "organization.authorized.wrong")
			continue
		}
		ids = append(ids, id)
	}
	return tollkeeper.OrganizationPatch{
		Name: &name, URL: &o.URL, DomainRestriction: &restricted, VerificationRequired: &verified, FactorRequired: &factor, Authorized: &ids,
		AuthURLs: tollkeeper.AuthURLsPatch{
			SignIn: &u.SignIn, SignUp: &u.SignUp, Verify: &u.Verify, Reset: &u.Reset, Update: &u.Update, Resend: &u.Resend, Successful: &u.Successful,
		},
	}, err
}

// overlaid is the organization with what was typed.
func overlaid(o tollkeeper.Organization, p tollkeeper.OrganizationPatch) tollkeeper.Organization {
	o.Name, o.URL, o.Authorized = *p.Name, *p.URL, *p.Authorized
	o.DomainRestriction, o.VerificationRequired, o.FactorRequired = *p.DomainRestriction, *p.VerificationRequired, *p.FactorRequired
	u := p.AuthURLs
	o.AuthURLs = tollkeeper.AuthURLs{
		SignIn: *u.SignIn, SignUp: *u.SignUp, Verify: *u.Verify, Reset: *u.Reset, Update: *u.Update, Resend: *u.Resend, Successful: *u.Successful,
	}
	return o
}

// changeOrganization saves the form, or only says what the rules say of it; or saves one of the issuers.
func changeOrganization(v *visit) (string, error) {
	if !v.tenant {
		return "", v.spoken(tollkeeper.ErrNotFound)
	}
	if strings.HasPrefix(v.Value("do"), "issuer-") {
		return v.saveIssuer()
	}
	p, err := v.typed()
	if v.Value("check") != "" {
		d, err := v.organization(v.R.Context())
		if err != nil {
			return "", v.spoken(err)
		}
		seen := v.organizationScreen(d.Organization, true)
		v.Instead = &seen
		return "", nil
	}
	if err != nil {
		return "", err
	}
	o := overlaid(tollkeeper.Organization{}, p)
	for _, a := range addresses {
		if said := judge(&o, a); said.bad() {
			return "", page.At(tollkeeper.ErrInvalidInput, tollkeeper.ErrInvalidInput, a.field, string(said))
		}
	}
	return v.save(p, organizationFields, map[string][2]string{
		"organizationName": {"name", "organization.name.wrong"}, "organizationUrl": {"url", string(addressNone)}, "authUrls": {"sign-in", string(addressNone)},
		"authorizedOrganizations": {typedAuthorized, "organization.authorized.many"},
	})
}

// organizationFields are those of the organization's own form.
var organizationFields = []string{
	"name", "url", "sign-in", "sign-up", "verify", "reset", "update", "resend", "successful", "restricted", "verified", "factor", typedAuthorized,
}

// save changes the organization by who has proved of late who they are: it says where the links of its users' mails
// lead, and who signs them in.
func (v *visit) save(p tollkeeper.OrganizationPatch, kept []string, fields map[string][2]string) (string, error) {
	do := func() error { return v.spoken(atField(v.updateOrganization(v.R.Context(), p), fields)) }
	err := v.prove(Step{Says: v.T("organization.title"), Button: v.T("organization.save"), Kept: kept, Do: do})
	return v.at("/organization") + "?about=saved", err
}

func (v *visit) saveIssuer() (string, error) {
	if err := v.Need("issuer"); err != nil {
		return "", err
	}
	s := tollkeeper.IssuerSettings{Issuer: v.Value("issuer"), ClientID: v.Value("client"), Enabled: v.Value("enabled") != ""}
	p := tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{s}}
	return v.save(p, []string{"issuer", "client", "enabled"}, map[string][2]string{"issuers": {"client", "issuers.wrong"}})
}

// atField puts an error of the core beside the field of the page that it means: from the core's name to the page's, and
// the text.
func atField(err error, fields map[string][2]string) error {
	known, ok := errors.AsType[*tollkeeper.Error](err)
	if !ok {
		return err
	}
	if at, ok := fields[known.Field]; ok {
		return page.At(err, known, at[0], at[1])
	}
	return err
}
