package console

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/language"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// spans are over how many days use is shown, the first one unless another is asked for.
var spans = []int{30, 90, 365}

func (v *visit) span() int {
	n, _ := strconv.Atoi(v.Asked("days"))
	if slices.Contains(spans, n) {
		return n
	}
	return spans[0]
}

func showCredits(v *visit) (page.Screen, error) {
	if !v.tenant {
		return page.Screen{}, tollkeeper.ErrNotFound
	}
	ctx := v.R.Context()
	c, err := v.analysis(ctx)
	if err != nil {
		return page.Screen{}, err
	}
	now := time.Now()
	used, err := v.usage(ctx, tollkeeper.UsageQuery{From: now.AddDate(0, 0, 1-v.span())})
	if err != nil {
		return page.Screen{}, err
	}
	months, err := v.months(ctx, tollkeeper.BillingQuery{Limit: 12})
	if err != nil {
		return page.Screen{}, err
	}
	seen := page.Screen{Title: v.T("credits.title"), Sections: []page.Section{v.balance(c, used, now), v.chart(used, now), v.packages(c), v.monthList(months)}}
	if v.host {
		seen.Sections = append(seen.Sections, v.granting())
	}
	return seen, nil
}

// balance is the figures, what is low among them, and how long it will last.
func (v *visit) balance(c tollkeeper.CreditAnalysis, used []tollkeeper.DayUsage, now time.Time) page.Section {
	state := page.Cell{Text: v.T("credits.enough"), Mark: "good"}
	switch {
	case c.Alerts.Depleted:
		state = page.Cell{Text: v.T("credits.depleted"), Mark: "bad"}
	case c.Alerts.Critical:
		state = page.Cell{Text: v.T("credits.critical"), Mark: "bad"}
	case c.Alerts.Low:
		state = page.Cell{Text: v.T("credits.low"), Mark: "warn"}
	}
	end := page.Cell{Text: v.T("credits.lasts")}
	month := now.AddDate(0, 0, -30)
	late := slices.DeleteFunc(slices.Clone(used), func(d tollkeeper.DayUsage) bool { return d.Day.Before(month) })
	if at, ok := tollkeeper.Projection(c.Balance.Credits, late, now); ok {
		end = page.Cell{Text: language.Date(v.Lang(), at), Time: at.UTC().Format(time.RFC3339)}
	}
	return page.Section{
		Facts: []page.Fact{
			{Name: v.T("credits.left"), Cell: page.Cell{Text: v.number(c.Balance.Credits)}},
			{Name: v.T("user.state"), Cell: state},
			{Name: v.T("credits.end"), Cell: end},
			{Name: v.T("credits.projected"), Cell: page.Cell{Text: v.number(c.Projected)}},
			{Name: v.T("credits.used"), Cell: page.Cell{Text: v.number(c.Balance.Used)}},
			{Name: v.T("credits.granted"), Cell: page.Cell{Text: v.number(c.Balance.Granted)}},
			{Name: v.T("credits.users"), Cell: page.Cell{Text: v.number(c.Balance.Children), Soft: v.T("credits.free", "{n}", v.number(c.Balance.FreeUsers))}},
			{Name: v.T("credits.retention"), Cell: page.Cell{Text: v.number(c.Retention)}},
		},
		Links: []page.Link{{URL: v.at("/ledger"), Text: v.T("ledger.title")}},
	}
}

// chart is the use of credits by day and operation, with the same as a table.
func (v *visit) chart(used []tollkeeper.DayUsage, now time.Time) page.Section {
	section := page.Section{ID: "usage", Head: v.T("usage.title"), Lead: []string{v.T("usage.lead", "{n}", v.number(int64(v.span())))}}
	for _, n := range spans {
		if n != v.span() {
			section.Links = append(section.Links, page.Link{
				URL: v.at("/credits") + "?days=" + strconv.Itoa(n) + "#usage", Text: v.T("usage.days", "{n}", v.number(int64(n))),
			})
		}
	}
	drawn := v.drawn(used, now)
	t := &page.Table{
		Caption: v.T("usage.title"), Empty: v.T("usage.none"), Columns: []page.Column{{Text: v.T("usage.day")}},
		CSV: page.Link{URL: v.asked("/usage.csv", "", "days"), Text: v.T("table.csv")},
	}
	if len(drawn.Series) == 0 {
		section.Table = t
		return section
	}
	section.Chart, t.Folded = drawn, v.T("usage.table")
	for _, name := range drawn.Series {
		t.Columns = append(t.Columns, page.Column{Text: name, Number: true})
	}
	for _, s := range slices.Backward(drawn.Stacks) {
		cells, some := []page.Cell{{Text: s.Label}}, false
		for _, n := range s.Values {
			cells, some = append(cells, page.Cell{Text: v.number(n)}), some || n != 0
		}
		if some {
			t.Rows = append(t.Rows, page.Row{Cells: cells})
		}
	}
	section.Table = t
	return section
}

// drawn is what was debited, each day of the span. The operations that took least are one together.
func (v *visit) drawn(used []tollkeeper.DayUsage, now time.Time) *page.Chart {
	totals := map[tollkeeper.Operation]int64{}
	for _, d := range used {
		if d.Credits < 0 {
			totals[d.Operation] -= d.Credits
		}
	}
	var ops []tollkeeper.Operation
	for op := range totals {
		ops = append(ops, op)
	}
	slices.SortFunc(ops, func(a, b tollkeeper.Operation) int {
		return cmp.Or(cmp.Compare(totals[b], totals[a]), cmp.Compare(a, b))
	})
	c := &page.Chart{Title: v.T("usage.title"), Write: v.number}
	place := map[tollkeeper.Operation]int{}
	for i, op := range ops {
		place[op] = min(i, page.MostSeries-1)
		if len(ops) > page.MostSeries && i == page.MostSeries-1 {
			c.Series = append(c.Series, v.T("operation.others"))
		} else if i < page.MostSeries {
			c.Series = append(c.Series, v.operation(op))
		}
	}
	today := now.UTC().Truncate(24 * time.Hour)
	first := today.AddDate(0, 0, 1-v.span())
	for day := first; !day.After(today); day = day.AddDate(0, 0, 1) {
		s := page.Stack{Label: language.Date(v.Lang(), day), Values: make([]int64, len(c.Series))}
		for _, d := range used {
			if d.Day.Equal(day) && d.Credits < 0 {
				s.Values[place[d.Operation]] -= d.Credits
			}
		}
		c.Stacks = append(c.Stacks, s)
	}
	return c
}

func (v *visit) packages(c tollkeeper.CreditAnalysis) page.Section {
	t := &page.Table{
		Caption: v.T("packages.title"), Empty: v.T("packages.none"), CSV: page.Link{URL: v.at("/packages.csv"), Text: v.T("table.csv")},
		Columns: []page.Column{{Text: v.T("ledger.when")}, {Text: v.T("packages.name")}, {Text: v.T("ledger.amount"), Number: true}, {Text: v.T("packages.transaction")}},
	}
	for _, e := range c.Packages {
		name, id := "", ""
		if e.Package != nil {
			name, id = e.Package.Type, e.Package.TransactionID
		}
		t.Rows = append(t.Rows, page.Row{Cells: []page.Cell{v.Moment(e.At), {Text: name}, {Text: v.number(e.Amount)}, {Text: id}}})
	}
	return page.Section{Head: v.T("packages.title"), Table: t}
}

func (v *visit) monthList(months []tollkeeper.Month) page.Section {
	t := &page.Table{
		Caption: v.T("months.title"), Empty: v.T("months.none"), CSV: page.Link{URL: v.at("/months.csv"), Text: v.T("table.csv")},
		Columns: []page.Column{
			{Text: v.T("months.month")}, {Text: v.T("credits.users"), Number: true}, {Text: v.T("operation.retention"), Number: true},
			{Text: v.T("months.operations"), Number: true}, {Text: v.T("ledger.balance"), Number: true},
		},
	}
	for _, m := range months {
		t.Rows = append(t.Rows, page.Row{Cells: []page.Cell{
			{Text: monthName(m)}, {Text: v.number(m.Users)}, {Text: v.number(m.Retention)}, {Text: v.number(m.Operations)}, {Text: v.number(m.Credits)},
		}})
	}
	return page.Section{Head: v.T("months.title"), Table: t}
}

// monthName is year and month as they are written everywhere.
func monthName(m tollkeeper.Month) string {
	return time.Date(m.Month/12, time.Month(m.Month%12+1), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}
