package console

import (
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

func (v *visit) queueAsked() tollkeeper.MailQuery {
	return tollkeeper.MailQuery{Failed: v.Asked("failed") != "", Cursor: v.Asked("after")}
}

// mailKinds are what waits, in words.
var mailKinds = map[tollkeeper.MailKind]string{
	tollkeeper.MailSignInCode: "queued.sign-in-code", tollkeeper.MailSignInLink: "queued.sign-in-link", tollkeeper.MailReset: "queued.reset",
	tollkeeper.MailVerify: "queued.verify", tollkeeper.MailChangeEmail: "queued.change-email", tollkeeper.MailNotice: "queued.notice",
	tollkeeper.MailCreditAlert: "queued.credit-alert", tollkeeper.MailSignUpTried: "queued.sign-up-tried",
}

func (v *visit) mailKind(k tollkeeper.MailKind) string {
	if key, ok := mailKinds[k]; ok {
		return v.T(key)
	}
	return string(k)
}

func showQueue(v *visit) (page.Screen, error) {
	found, err := v.Auth.Host().MailQueue(v.R.Context(), v.queueAsked())
	if err != nil {
		return page.Screen{}, err
	}
	t := &page.Table{
		Caption: v.T("queue.title"), Empty: v.T("queue.none"),
		Columns: []page.Column{{Text: v.T("queue.kind")}, {Text: v.T("queue.to")}, {Text: v.T("queue.due")}, {Text: v.T("queue.tries"), Number: true}, {Text: v.T("queue.failure")}},
		CSV:     page.Link{URL: v.asked("/mail.csv", "", "failed"), Text: v.T("table.csv")},
		Pages:   v.paged("/mail", found.Next, "failed"),
	}
	people := cellsOf{}
	for _, m := range found.Mails {
		to := page.Cell{Text: m.Address}
		if m.Account != uuid.Nil {
			to = v.somebody(people, m.Account)
			to.Soft = m.Address
		}
		row := page.Row{Cells: []page.Cell{{Text: v.mailKind(m.Kind)}, to, v.Moment(m.DueAt), {Text: v.number(int64(m.Tries))}, {Text: v.or(m.Failure, "blank.none")}}}
		if about := []page.Hidden{{Name: "mail", Value: m.ID.String()}}; m.Failure != "" {
			row.Forms = []page.Form{
				{Do: "retry", Hidden: about, Button: v.T("queue.retry"), Label: v.T("queue.retry") + " – " + v.mailKind(m.Kind), Quiet: true},
				{Do: "drop", Hidden: about, Button: v.T("queue.drop"), Label: v.T("queue.drop") + " – " + v.mailKind(m.Kind), Danger: true},
			}
		}
		t.Rows = append(t.Rows, row)
	}
	seen := page.Screen{
		Title: v.T("queue.title"), Lead: []string{v.T("queue.counts", "{waiting}", v.counted(found.Counts.Waiting), "{failed}", v.counted(found.Counts.Failed))},
		Sections: []page.Section{{Table: t}},
		Links:    []page.Link{{URL: v.at("/mail") + "?failed=on", Text: v.T("queue.only-failed")}, {URL: v.at("/log") + "?name=mail_dropped", Text: v.T("queue.dropped")}},
	}
	if v.Asked("failed") != "" {
		seen.Links[0] = page.Link{URL: v.at("/mail"), Text: v.T("queue.all")}
	}
	return seen, nil
}

func queueFile(v *visit) error {
	q := v.queueAsked()
	q.Limit = filePage
	return v.file("mail", []string{"id", "kind", "account", "address", "due_at", "tries", "failure"}, func(after string) (rows [][]string, next string, err error) {
		q.Cursor = after
		found, err := v.Auth.Host().MailQueue(v.R.Context(), q)
		for _, m := range found.Mails {
			rows = append(rows, []string{m.ID.String(), string(m.Kind), idText(m.Account), m.Address, stamp(m.DueAt), strconv.Itoa(m.Tries), m.Failure})
		}
		return rows, found.Next, err
	})
}

// changeQueue has a mail tried again now, or given up.
func changeQueue(v *visit) (string, error) {
	h, err := v.Auth.Host().As(v.Operator)
	if err != nil {
		return "", v.spoken(tollkeeper.ErrForbidden)
	}
	id, err := uuid.Parse(v.Value("mail"))
	if err != nil {
		return "", v.spoken(tollkeeper.ErrNotFound)
	}
	about := "retried"
	switch v.Value("do") {
	case "retry":
		err = h.RetryMail(v.R.Context(), id)
	case "drop":
		about, err = "dropped", h.DropMail(v.R.Context(), id)
	default:
		err = tollkeeper.ErrNotFound
	}
	if err != nil {
		return "", page.At(v.spoken(err), tollkeeper.ErrNotFound, "", "queue.gone")
	}
	return v.at("/mail") + "?about=" + about, nil
}

// late is how long a mail may be due before something is wrong with whoever sends it.
const late = 5 * time.Minute

// counted is a number of mails, with a sign where there may be more.
func (v *visit) counted(n int64) string {
	if n >= tollkeeper.MostMail {
		return v.number(n) + "+"
	}
	return v.number(n)
}

// showHealth says whether the store answers, whether mail is sent, and what runs.
func showHealth(v *visit) (page.Screen, error) {
	ctx := v.R.Context()
	good := func(err error) page.Cell {
		if err != nil {
			return page.Cell{Text: v.T("health.bad"), Mark: "bad"}
		}
		return page.Cell{Text: v.T("health.good"), Mark: "good"}
	}
	store := good(v.Auth.Health(ctx))
	queue, err := v.Auth.Host().MailQueue(ctx, tollkeeper.MailQuery{Limit: 1})
	mail := good(err)
	if oldest := queue.Counts.Oldest; !oldest.IsZero() && time.Since(oldest) > late {
		mail = page.Cell{Text: v.T("health.late"), Mark: "bad"}
	}
	facts := []page.Fact{
		{Name: v.T("health.store"), Cell: store},
		{Name: v.T("health.mail"), Cell: mail},
		{Name: v.T("queue.waiting"), Cell: page.Cell{Text: v.counted(queue.Counts.Waiting)}},
		{Name: v.T("queue.failed"), Cell: page.Cell{Text: v.counted(queue.Counts.Failed)}},
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		facts = append(facts,
			page.Fact{Name: v.T("health.program"), Cell: page.Cell{Text: b.Main.Path + " " + b.Main.Version, Code: true}},
			page.Fact{Name: v.T("health.go"), Cell: page.Cell{Text: b.GoVersion, Code: true}},
		)
		for _, m := range b.Deps {
			if m.Path == "github.com/tollkeeper/tollkeeper" {
				facts = append(facts, page.Fact{Name: v.T("health.library"), Cell: page.Cell{Text: m.Version, Code: true}})
			}
		}
	}
	return page.Screen{Title: v.T("health.title"), Sections: []page.Section{{Facts: facts}}}, nil
}

// operatorHome leads to the app's own users.
func operatorHome(v *visit) (page.Screen, error) {
	v.instead = v.URL("/" + scopeApp + "/users")
	return page.Screen{}, nil
}
