package console

import (
	"strconv"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

func (v *visit) ledgerAsked() tollkeeper.LedgerQuery {
	return tollkeeper.LedgerQuery{Operation: tollkeeper.Operation(v.Asked("operation")), Cursor: v.Asked("after")}
}

func showLedger(v *visit) (page.Screen, error) {
	if !v.tenant {
		return page.Screen{}, tollkeeper.ErrNotFound
	}
	found, err := v.ledger(v.R.Context(), v.ledgerAsked())
	if err != nil {
		return page.Screen{}, err
	}
	t := &page.Table{
		Caption: v.T("ledger.title"), Empty: v.T("ledger.none"),
		Columns: []page.Column{
			{Text: v.T("ledger.when")}, {Text: v.T("ledger.operation")}, {Text: v.T("ledger.amount"), Number: true},
			{Text: v.T("ledger.balance"), Number: true}, {Text: v.T("log.account")},
		},
		CSV:   page.Link{URL: v.asked("/ledger.csv", "", "operation"), Text: v.T("table.csv")},
		Pages: v.paged("/ledger", found.Next, "operation"),
	}
	people := cellsOf{}
	for _, e := range found.Entries {
		t.Rows = append(t.Rows, page.Row{Cells: []page.Cell{
			v.Moment(e.At), {Text: v.operation(e.Operation)}, {Text: v.number(e.Amount)}, {Text: v.number(e.Balance)}, v.somebody(people, e.Subject),
		}})
	}
	return page.Screen{
		Title: v.T("ledger.title"), Sections: []page.Section{{Table: t}}, Links: []page.Link{{URL: v.at("/credits"), Text: v.T("link.back")}},
		Forms: []page.Form{{
			Search: true, Inline: true, Quiet: true, Button: v.T("table.filter"),
			Fields: []page.Field{{Name: "operation", Label: v.T("ledger.operation"), Type: "select", Optional: true, Choices: v.operationChoices()}},
		}},
	}, nil
}

func ledgerFile(v *visit) error {
	if !v.tenant {
		return tollkeeper.ErrNotFound
	}
	q := v.ledgerAsked()
	q.Limit = filePage
	header := []string{"at", "operation", "amount", "balance", "account", "key", "refunds"}
	return v.file("ledger", header, func(after string) (rows [][]string, next string, err error) {
		q.Cursor = after
		found, err := v.ledger(v.R.Context(), q)
		for _, e := range found.Entries {
			rows = append(rows, []string{
				stamp(e.At), string(e.Operation), strconv.FormatInt(e.Amount, 10), strconv.FormatInt(e.Balance, 10), idText(e.Subject), e.Key, e.Refunds,
			})
		}
		return rows, found.Next, err
	})
}

// once is a file of what is read at one go.
func (v *visit) once(name string, header []string, rows func() ([][]string, error)) error {
	if !v.tenant {
		return tollkeeper.ErrNotFound
	}
	return v.file(name, header, func(string) ([][]string, string, error) {
		all, err := rows()
		return all, "", err
	})
}

func usageFile(v *visit) error {
	return v.once("usage", []string{"day", "operation", "entries", "credits"}, func() (rows [][]string, err error) {
		used, err := v.usage(v.R.Context(), tollkeeper.UsageQuery{From: time.Now().AddDate(0, 0, 1-v.span())})
		for _, d := range used {
			rows = append(rows, []string{
				d.Day.UTC().Format(time.DateOnly), string(d.Operation), strconv.FormatInt(d.Entries, 10), strconv.FormatInt(d.Credits, 10),
			})
		}
		return rows, err
	})
}

func monthsFile(v *visit) error {
	header := []string{"month", "users", "free_users", "retention", "operations", "balance", "closed_at"}
	return v.once("months", header, func() (rows [][]string, err error) {
		months, err := v.months(v.R.Context(), tollkeeper.BillingQuery{Limit: 100})
		for _, m := range months {
			rows = append(rows, []string{
				monthName(m), strconv.FormatInt(m.Users, 10), strconv.FormatInt(m.FreeUsers, 10), strconv.FormatInt(m.Retention, 10),
				strconv.FormatInt(m.Operations, 10), strconv.FormatInt(m.Credits, 10), stamp(m.At),
			})
		}
		return rows, err
	})
}

func packagesFile(v *visit) error {
	return v.once("packages", []string{"at", "package", "credits", "free_users", "price_cents", "transaction"}, func() (rows [][]string, err error) {
		c, err := v.analysis(v.R.Context())
		for _, e := range c.Packages {
			p := e.Package
			if p == nil {
				p = &tollkeeper.Package{}
			}
			rows = append(rows, []string{
				stamp(e.At), p.Type, strconv.FormatInt(e.Amount, 10), strconv.FormatInt(p.FreeUsers, 10), strconv.FormatInt(p.PriceCents, 10), p.TransactionID,
			})
		}
		return rows, err
	})
}

// granting is how an operator gives credits away.
func (v *visit) granting() page.Section {
	return page.Section{ID: "grant", Head: v.T("grant.title"), Lead: []string{v.T("grant.lead")}, Forms: []page.Form{{
		Do: "grant", Button: v.T("grant.button"),
		Fields: []page.Field{
			{Name: "credits", Label: v.T("grant.credits"), Type: "number", Mode: "numeric", Complete: "off"},
			{Name: "key", Label: v.T("grant.key"), Hint: v.T("grant.key.hint"), Type: "text", Complete: "off", Most: 190},
		},
	}}}
}

func grantCredits(v *visit) (string, error) {
	if !v.tenant || !v.host {
		return "", v.spoken(tollkeeper.ErrForbidden)
	}
	if err := v.Need("credits", "key"); err != nil {
		return "", err
	}
	n, err := strconv.ParseInt(v.Value("credits"), 10, 64)
	if err != nil || n <= 0 {
		return "", page.At(tollkeeper.ErrInvalidInput, tollkeeper.ErrInvalidInput, "credits", "grant.wrong")
	}
	err = v.grant(v.R.Context(), n, v.Value("key"))
	if err != nil {
		err = page.At(v.spoken(err), tollkeeper.ErrConflict, "key", "grant.taken")
		return "", atField(err, map[string][2]string{"key": {"key", "grant.key-wrong"}, "credits": {"credits", "grant.wrong"}})
	}
	return v.at("/credits") + "?about=granted", nil
}
