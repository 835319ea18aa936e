package console

import (
	"net/url"
	"strconv"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// accountsAsked is what the address of a list selects.
func (v *visit) accountsAsked() tollkeeper.AccountQuery {
	return tollkeeper.AccountQuery{
		Search: v.Asked("q"), Role: tollkeeper.Role(v.Asked("role")), Status: tollkeeper.Status(v.Asked("status")),
		Newest: true, Cursor: v.Asked("after"),
	}
}

// asked is the address of a page with what this one was asked for, but another place in the list.
func (v *visit) asked(path, after string, names ...string) string {
	q := url.Values{}
	for _, name := range names {
		if value := v.Asked(name); value != "" {
			q.Set(name, value)
		}
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return v.at(path)
	}
	return v.at(path) + "?" + q.Encode()
}

// paged are the ways from a page of a list to others.
func (v *visit) paged(path, next string, names ...string) (list []page.Link) {
	if v.Asked("after") != "" {
		list = append(list, page.Link{URL: v.asked(path, "", names...), Text: v.T("table.first")})
	}
	if next != "" {
		list = append(list, page.Link{URL: v.asked(path, next, names...), Text: v.T("table.next")})
	}
	return list
}

var accountFilters = []string{"q", "role", "status"}

func showUsers(v *visit) (page.Screen, error) {
	found, err := v.accounts(v.R.Context(), v.accountsAsked())
	if err != nil {
		return page.Screen{}, err
	}
	tenants := v.scope == tollkeeper.Root
	seen := page.Screen{Title: v.T("users.title"), Forms: []page.Form{v.searchForm(!tenants)}}
	add := v.T("users.add")
	if tenants {
		seen.Title, add = v.T("tenants.title"), v.T("tenants.add")
	} else {
		seen.Lead = []string{v.T("users.counts", "{total}", v.number(found.Total), "{active}", v.number(found.Active))}
	}
	t := &page.Table{
		Caption: seen.Title, Empty: v.T("users.none"),
		Columns: []page.Column{{Text: v.T("user.email")}, {Text: v.T("user.role")}, {Text: v.T("user.state")}, {Text: v.T("user.created")}, {Text: v.T("user.seen")}},
		CSV:     page.Link{URL: v.asked("/users.csv", "", accountFilters...), Text: v.T("table.csv")},
		Pages:   v.paged("/users", found.Next, accountFilters...),
	}
	if tenants {
		t.Columns[1].Text = v.T("tenants.users")
	}
	for _, x := range found.Accounts {
		t.Rows = append(t.Rows, page.Row{Cells: v.accountRow(&x)})
	}
	seen.Sections = []page.Section{{Table: t}}
	seen.Offers = []page.Link{{URL: v.at("/new-user"), Text: add}}
	return seen, nil
}

func (v *visit) searchForm(roles bool) page.Form {
	f := page.Form{
		Search: true, Inline: true, Quiet: true, Button: v.T("table.search"),
		Fields: []page.Field{{Name: "q", Label: v.T("users.search"), Type: "search", Complete: "off", Optional: true}},
	}
	if roles {
		f.Fields = append(f.Fields, page.Field{Name: "role", Label: v.T("user.role"), Type: "select", Optional: true, Choices: v.roles(v.T("users.any-role"))})
	}
	f.Fields = append(f.Fields, page.Field{Name: "status", Label: v.T("user.state"), Type: "select", Optional: true, Choices: []page.Choice{
		{Text: v.T("users.any-state")}, {Value: string(tollkeeper.StatusActive), Text: v.T("state.active")},
		{Value: string(tollkeeper.StatusDisabled), Text: v.T("state.disabled")},
	}})
	return f
}

// accountRow is an account in a list. A parent's role says nothing: there is the way to its users.
func (v *visit) accountRow(x *tollkeeper.Account) []page.Cell {
	soft := x.Username
	if x.Name != "" {
		soft = x.Name
	}
	second := page.Cell{Text: v.role(x.Role)}
	if v.scope == tollkeeper.Root {
		second = page.Cell{Text: v.T("tenants.open"), URL: v.URL("/" + x.ID.String() + "/users")}
	}
	state := v.state(x)
	if x.EmailVerifiedAt.IsZero() {
		state.Soft = v.T("state.unverified")
	}
	return []page.Cell{
		{Text: x.Email, URL: v.URL(v.pathOf(x)), Soft: soft}, second, state, v.Moment(x.CreatedAt), v.Moment(x.LastSignIn),
	}
}

// usersFile is the list with all its pages.
func usersFile(v *visit) error {
	q := v.accountsAsked()
	q.Limit, q.Cursor = filePage, ""
	header := []string{"id", "number", "email", "username", "name", "role", "status", "email_verified_at", "email_proven_at", "created_at", "last_sign_in", "locale"}
	return v.file("users", header, func(after string) (rows [][]string, next string, err error) {
		q.Cursor = after
		found, err := v.accounts(v.R.Context(), q)
		for _, x := range found.Accounts {
			rows = append(rows, []string{
				x.ID.String(), strconv.FormatInt(x.Number, 10), x.Email, x.Username, x.Name, string(x.Role), string(x.Status),
				stamp(x.EmailVerifiedAt), stamp(x.EmailProvenAt), stamp(x.CreatedAt), stamp(x.LastSignIn), x.Locale,
			})
		}
		return rows, found.Next, err
	})
}

// stamp is a time for machines; empty: never.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
