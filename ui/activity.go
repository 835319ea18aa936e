package ui

import (
	"cmp"
	"net/url"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

const eventsShown = 25

// showActivity is the own log, the newest first.
func showActivity(v *page.Visit) (page.Screen, string) {
	p, err := v.Auth.Events(v.R.Context(), v.By, tollkeeper.EventQuery{Account: v.By.Account, Limit: eventsShown, Cursor: v.Asked("after")})
	if err != nil {
		return broken(v, activityPath, err), ""
	}
	t := &page.Table{
		Caption: v.T("account.activity"), Empty: v.T("activity.none"),
		Columns: []page.Column{{Text: v.T("activity.when")}, {Text: v.T("activity.what")}, {Text: v.T("sessions.place")}},
	}
	for i := range p.Events {
		e := &p.Events[i]
		what := page.Cell{Text: cmp.Or(v.Event(e.Name), v.T("activity.other"))}
		if e.By != (tollkeeper.Event{}).By && e.By != v.By.Account {
			what.Soft = v.T("activity.by-another")
		}
		t.Rows = append(t.Rows, page.Row{Cells: []page.Cell{v.Moment(e.At), what, {Text: placeOf(v, e.Network)}}})
	}
	if v.Asked("after") != "" {
		t.Pages = append(t.Pages, v.Link(activityPath, v.T("activity.newest")))
	}
	if p.Next != "" {
		t.Pages = append(t.Pages, page.Link{URL: v.URL(activityPath) + "?" + url.Values{"after": {p.Next}}.Encode(), Text: v.T("activity.older")})
	}
	return ofAccount(v, activityPath, page.Screen{Lead: []string{v.T("activity.lead")}, Sections: []page.Section{{Table: t}}}), ""
}
