package console

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

var eventFilters = []string{"name", "account", "from", "to"}

// eventsAsked is what the address of the log selects. whose is about the account that it names by id or address.
func (v *visit) eventsAsked() (q tollkeeper.EventQuery, err error) {
	q.Cursor = v.Asked("after")
	if name := v.Asked("name"); name != "" {
		q.Names = []tollkeeper.EventName{tollkeeper.EventName(name)}
	}
	if q.From, err = v.day("from"); err != nil {
		return q, err
	}
	if q.To, err = v.day("to"); err != nil {
		return q, err
	}
	if !q.To.IsZero() {
		q.To = q.To.AddDate(0, 0, 1) // the day is in it
	}
	q.Account, err = v.accountAsked()
	return q, err
}

// day is the day that a parameter names, in UTC. Zero: none.
func (v *visit) day(name string) (time.Time, error) {
	text := v.Asked(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, page.At(tollkeeper.ErrInvalidInput.WithCause(err), tollkeeper.ErrInvalidInput, "", "log.no-day")
	}
	return t, nil
}

// accountAsked returns the account that a filter names, if it is one of this reach. Zero: no account is named.
func (v *visit) accountAsked() (uuid.UUID, error) {
	text := v.Asked("account")
	if text == "" {
		return uuid.Nil, nil
	}
	if id, err := uuid.Parse(text); err == nil {
		s, err := v.account(v.R.Context(), id)
		return s.Account.ID, err
	}
	if v.whole {
		return uuid.Nil, tollkeeper.ErrNotFound // an address may be that of several
	}
	found, err := v.accounts(v.R.Context(), tollkeeper.AccountQuery{Search: text, Limit: 100})
	for _, x := range found.Accounts {
		if strings.EqualFold(x.Email, text) || strings.EqualFold(x.Username, text) {
			return x.ID, err
		}
	}
	if err == nil {
		err = tollkeeper.ErrNotFound
	}
	return uuid.Nil, err
}

func showLog(v *visit) (page.Screen, error) {
	q, err := v.eventsAsked()
	var found tollkeeper.EventPage
	if err == nil {
		found, err = v.events(v.R.Context(), q)
	}
	if err != nil { // the filter stands there to be mended
		v.Failed = v.FailureOf(v.spoken(err))
	}
	t := v.eventTable(found.Events, true)
	t.CSV = page.Link{URL: v.asked("/log.csv", "", eventFilters...), Text: v.T("table.csv")}
	t.Pages = v.paged("/log", found.Next, eventFilters...)
	names := append([]page.Choice{{Text: v.T("log.any")}}, v.EventChoices()...)
	hint := ""
	if v.whole {
		hint = v.T("log.account.hint")
	}
	return page.Screen{
		Title: v.T("log.title"), Sections: []page.Section{{Table: t}},
		Forms: []page.Form{{
			Search: true, Inline: true, Quiet: true, Button: v.T("table.filter"),
			Fields: []page.Field{
				{Name: "name", Label: v.T("log.what"), Type: "select", Optional: true, Choices: names},
				{Name: "account", Label: v.T("log.account"), Hint: hint, Type: "search", Complete: "off", Optional: true},
				{Name: "from", Label: v.T("log.from"), Type: "date", Complete: "off", Optional: true},
				{Name: "to", Label: v.T("log.to"), Type: "date", Complete: "off", Optional: true},
			},
		}},
	}, nil
}

// eventTable is a part of the log; whom: of several accounts.
func (v *visit) eventTable(events []tollkeeper.Event, whom bool) *page.Table {
	t := &page.Table{
		Caption: v.T("log.title"), Empty: v.T("log.none"),
		Columns: []page.Column{{Text: v.T("log.when")}, {Text: v.T("log.what")}, {Text: v.T("log.by")}, {Text: v.T("log.network")}},
	}
	if whom {
		t.Columns = append(t.Columns[:2:2], append([]page.Column{{Text: v.T("log.account")}}, t.Columns[2:]...)...)
	}
	people := cellsOf{}
	for _, e := range events {
		cells := []page.Cell{v.Moment(e.At), {Text: v.happened(e), Soft: v.detail(e)}}
		if whom {
			cells = append(cells, v.somebody(people, e.Account))
		}
		t.Rows = append(t.Rows, page.Row{Cells: append(cells, v.doer(people, e), page.Cell{Text: v.or(place(e.Network), "blank.none")})})
	}
	return t
}

// happened is what an event says, in words. An event of a host or of a later version stands as it is.
func (v *visit) happened(e tollkeeper.Event) string {
	text := cmp.Or(v.Event(e.Name), string(e.Name))
	if e.Count > 1 {
		text += " (" + v.number(e.Count) + ")"
	}
	return text
}

// place is a network in short: a prefix that is one address is that address.
func place(network string) string { return strings.TrimSuffix(network, "/32") }

// detail is what else an event says, as it is written.
func (v *visit) detail(e tollkeeper.Event) string {
	var parts []string
	for _, part := range []string{e.Detail, e.Method, string(e.Code)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if e.Credits != 0 {
		parts = append(parts, v.number(e.Credits))
	}
	return strings.Join(parts, ", ")
}

// doer is who did it.
func (v *visit) doer(people cellsOf, e tollkeeper.Event) page.Cell {
	switch {
	case e.Operator != "":
		return page.Cell{Text: e.Operator, Soft: v.T("log.operator")}
	case e.By == uuid.Nil || e.By == e.Account:
		return page.Cell{Text: v.T("blank.none")}
	case e.By == v.self:
		return page.Cell{Text: v.T("log.you")}
	}
	return v.somebody(people, e.By)
}

// cellsOf remembers who somebody is, for a page.
type cellsOf map[uuid.UUID]page.Cell

// somebody is an account by its address, looked up once for a page; by its id, where it is gone or of another scope.
func (v *visit) somebody(people cellsOf, id uuid.UUID) page.Cell {
	if id == uuid.Nil {
		return page.Cell{Text: v.T("blank.none")}
	}
	if known, ok := people[id]; ok {
		return known
	}
	cell := page.Cell{Text: id.String()[:8] + "…"}
	if s, err := v.account(v.R.Context(), id); err == nil {
		cell = page.Cell{Text: s.Account.Email, URL: v.URL(v.pathOf(&s.Account))}
	}
	people[id] = cell
	return cell
}

// logFile is the log with all its pages.
func logFile(v *visit) error {
	q, err := v.eventsAsked()
	if err != nil {
		return err
	}
	q.Limit, q.Cursor = filePage, ""
	header := []string{"at", "name", "account", "scope", "by", "operator", "audience", "method", "code", "credits", "count", "network", "detail"}
	return v.file("log", header, func(after string) (rows [][]string, next string, err error) {
		q.Cursor = after
		found, err := v.events(v.R.Context(), q)
		for _, e := range found.Events {
			rows = append(rows, []string{
				stamp(e.At), string(e.Name), idText(e.Account), idText(e.Scope), idText(e.By), e.Operator, string(e.Audience), e.Method, string(e.Code),
				strconv.FormatInt(e.Credits, 10), strconv.FormatInt(max(e.Count, 1), 10), e.Network, e.Detail,
			})
		}
		return rows, found.Next, err
	})
}
