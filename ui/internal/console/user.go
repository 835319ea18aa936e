package console

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// person is the account that the address names, with what it signs in with.
func (v *visit) person() (tollkeeper.Subject, error) {
	name := v.R.PathValue("id")
	id, err := uuid.Parse(name)
	if err != nil || id.String() != name {
		return tollkeeper.Subject{}, tollkeeper.ErrNotFound
	}
	return v.account(v.R.Context(), id)
}

func showUser(v *visit) (page.Screen, error) {
	s, err := v.person()
	if err != nil {
		return page.Screen{}, err
	}
	word := v.Asked("confirm")
	if v.Failed != nil && word == "" {
		word = v.Value("do") // the form that failed
	}
	if c := changeOf(word); c != nil {
		return v.confirming(c, s)
	}
	seen := page.Screen{Title: s.Account.Email, Sections: []page.Section{v.facts(s)}}
	for _, part := range []func(tollkeeper.Subject) (page.Section, error){v.sessionList, v.factorList, v.identityList, v.recentEvents} {
		section, err := part(s)
		if err != nil {
			return page.Screen{}, err
		}
		seen.Sections = append(seen.Sections, section)
	}
	if v.scope == tollkeeper.Root {
		seen.Offers = []page.Link{{URL: v.URL("/" + s.Account.ID.String() + "/users"), Text: v.T("tenants.open")}}
	}
	if s.Account.ID == v.self {
		seen.Lead = []string{v.T("user.yourself")}
		return seen, nil
	}
	seen.Offers = append(seen.Offers, v.offers(s)...)
	return seen, nil
}

// facts is what there is to say of an account. What its owner chose is text.
func (v *visit) facts(s tollkeeper.Subject) page.Section {
	x := &s.Account
	address := page.Cell{Text: v.T("state.unverified"), Mark: "warn"}
	switch {
	case !x.EmailProvenAt.IsZero():
		address = page.Cell{Text: v.T("state.proven"), Mark: "good"}
	case !x.EmailVerifiedAt.IsZero():
		address = page.Cell{Text: v.T("state.verified"), Mark: "good"}
	}
	list := []page.Fact{
		{Name: v.T("user.state"), Cell: v.state(x)},
		{Name: v.T("user.address"), Cell: address},
		{Name: v.T("user.name"), Cell: page.Cell{Text: v.or(x.Name, "blank.none")}},
		{Name: v.T("user.username"), Cell: page.Cell{Text: v.or(x.Username, "blank.none")}},
		{Name: v.T("user.created"), Cell: v.Moment(x.CreatedAt)},
		{Name: v.T("user.seen"), Cell: v.Moment(x.LastSignIn)},
		{Name: v.T("user.locale"), Cell: page.Cell{Text: v.or(x.Locale, "blank.none")}},
		{Name: v.T("user.id"), Cell: page.Cell{Text: x.ID.String(), Code: true}},
	}
	if v.scope != tollkeeper.Root {
		list = append(list[:2:2], append([]page.Fact{{Name: v.T("user.role"), Cell: page.Cell{Text: v.role(x.Role)}}}, list[2:]...)...)
	}
	if len(x.Metadata) > 0 {
		list = append(list, page.Fact{Name: v.T("user.metadata"), Cell: page.Cell{Text: string(x.Metadata), Code: true}})
	}
	return page.Section{Facts: list}
}

func (v *visit) sessionList(s tollkeeper.Subject) (page.Section, error) {
	list, err := v.sessions(v.R.Context(), s.Account.ID)
	if err != nil {
		return page.Section{}, err
	}
	t := &page.Table{
		Caption: v.T("user-sessions.title"), Empty: v.T("user-sessions.none"),
		Columns: []page.Column{{Text: v.T("user-sessions.device")}, {Text: v.T("user-sessions.place")}, {Text: v.T("user-sessions.begun")}, {Text: v.T("user-sessions.used")}},
	}
	for _, x := range list {
		row := page.Row{Cells: []page.Cell{{Text: x.Device}, {Text: v.or(place(x.Network), "blank.unknown")}, v.Moment(x.CreatedAt), v.Moment(x.SeenAt)}}
		if x.Current {
			row.Cells[0].Soft = v.T("user-sessions.this")
		} else if s.Account.ID != v.self {
			row.Forms = []page.Form{{
				Do: doEndSession, Hidden: []page.Hidden{{Name: "session", Value: x.ID.String()}},
				Button: v.T("user-sessions.end"), Label: v.T("user-sessions.end") + " – " + x.Device, Quiet: true,
			}}
		}
		t.Rows = append(t.Rows, row)
	}
	section := page.Section{Head: v.T("user-sessions.title"), Table: t}
	if len(list) > 0 && s.Account.ID != v.self {
		section.Links = []page.Link{v.offer(changeOf("sessions"), s)}
	}
	return section, nil
}

func (v *visit) factorList(s tollkeeper.Subject) (page.Section, error) {
	list, err := v.factors(v.R.Context(), s.Account.ID)
	if err != nil {
		return page.Section{}, err
	}
	t := &page.Table{
		Caption: v.T("user-factors.title"), Empty: v.T("user-factors.none"),
		Columns: []page.Column{{Text: v.T("user-factors.kind")}, {Text: v.T("user-factors.label")}, {Text: v.T("user-factors.added")}, {Text: v.T("user-factors.used")}, {Text: v.T("table.change")}},
	}
	for _, x := range list {
		kind := v.T("user-factors.app")
		if x.Kind == string(tollkeeper.FactorPasskey) {
			kind = v.T("user-factors.passkey")
		}
		t.Rows = append(t.Rows, page.Row{Cells: []page.Cell{
			{Text: kind, Soft: x.Device}, {Text: v.or(x.Label, "blank.none")}, v.Moment(x.CreatedAt), v.Moment(x.UsedAt), v.away(s, "factor", x.ID.String()),
		}})
	}
	return page.Section{Head: v.T("user-factors.title"), Table: t}, nil
}

func (v *visit) identityList(s tollkeeper.Subject) (page.Section, error) {
	list, err := v.identities(v.R.Context(), s.Account.ID)
	if err != nil {
		return page.Section{}, err
	}
	t := &page.Table{
		Caption: v.T("user-identities.title"), Empty: v.T("user-identities.none"),
		Columns: []page.Column{{Text: v.T("user-identities.issuer")}, {Text: v.T("user.email")}, {Text: v.T("user-identities.linked")}, {Text: v.T("user-identities.used")}, {Text: v.T("table.change")}},
	}
	for _, x := range list {
		t.Rows = append(t.Rows, page.Row{Cells: []page.Cell{
			{Text: x.Issuer}, {Text: v.or(x.Email, "blank.none")}, v.Moment(x.LinkedAt), v.Moment(x.UsedAt), v.away(s, "identity", identityName(x.Key())),
		}})
	}
	return page.Section{Head: v.T("user-identities.title"), Table: t}, nil
}

// away leads to the question whether something of an account is to be taken away.
func (v *visit) away(s tollkeeper.Subject, word, name string) page.Cell {
	if s.Account.ID == v.self {
		return page.Cell{Text: v.T("blank.none")}
	}
	return page.Cell{Text: v.T("table.remove"), URL: v.URL(v.pathOf(&s.Account)) + "?" + url.Values{"confirm": {word}, "name": {name}}.Encode()}
}

// identityName stands for an identity in an address, where no id of an issuer belongs.
func identityName(k tollkeeper.IssuedKey) string {
	sum := sha256.Sum256([]byte(k.Issuer + "\x00" + k.Subject))
	return hex.EncodeToString(sum[:12])
}

func (v *visit) recentEvents(s tollkeeper.Subject) (page.Section, error) {
	found, err := v.events(v.R.Context(), tollkeeper.EventQuery{Account: s.Account.ID, Limit: 10})
	if err != nil {
		return page.Section{}, err
	}
	t := v.eventTable(found.Events, false)
	all := v.at("/log") + "?" + url.Values{"account": {s.Account.ID.String()}}.Encode()
	return page.Section{Head: v.T("log.recent"), Table: t, Links: []page.Link{{URL: all, Text: v.T("log.all")}}}, nil
}
