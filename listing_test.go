package tollkeeper_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// R81: a cursor continues the list that it came from: same caller, filter and limit.
func TestCursors(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		for i := range 7 {
			w.child(p, fmt.Sprintf("c%d@example.com", i))
			w.child(q, fmt.Sprintf("c%d@example.com", i))
		}
		query := tollkeeper.AccountQuery{Limit: 3, Search: "C"}
		var emails []string
		for {
			page, err := w.Auth.Accounts(ctx, p.Identity, query)
			w.ok(err)
			if page.Total != 7 || page.Active != 7 {
				w.Fatalf("%d, %d active", page.Total, page.Active)
			}
			for _, x := range page.Accounts {
				emails = append(emails, x.Email[:2])
			}
			if query.Cursor = page.Next; page.Next == "" {
				break
			}
			for what, change := range map[string]func(*tollkeeper.AccountQuery){
				"limit": func(q *tollkeeper.AccountQuery) { q.Limit = 4 }, "search": func(q *tollkeeper.AccountQuery) { q.Search = "" },
				"from": func(q *tollkeeper.AccountQuery) { q.From = time.UnixMilli(1) }, "to": func(q *tollkeeper.AccountQuery) { q.To = w.Now() },
			} {
				other := query
				change(&other)
				if _, err := w.Auth.Accounts(ctx, p.Identity, other); codeOf(err) != "invalid_cursor" {
					t.Errorf("another %s: %v", what, err)
				}
			}
			_, err = w.Auth.Accounts(ctx, q.Identity, query)
			w.want(err, tollkeeper.ErrInvalidCursor)
		}
		if fmt.Sprint(emails) != "[c0 c1 c2 c3 c4 c5 c6]" {
			t.Error(emails)
		}
		for _, limit := range []int{-1, 101} {
			_, err := w.Auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{Limit: limit})
			w.want(err, tollkeeper.ErrInvalidLimit)
		}
	}, unlimited)
}

// Accounts that come from elsewhere keep their time, and stand at it: whatever their ids.
func TestImportedAccountsListAtTheirTime(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.child(p, "mine@example.com")
		var lines strings.Builder
		for i, name := range []string{"e", "d", "c", "b", "a"} {
			fmt.Fprintf(&lines, `{"email":"%s@example.com","createdAt":%q}`+"\n", name, w.Now().AddDate(0, -1-i/2, 0).Format(time.RFC3339))
		}
		_, err := w.Auth.Host().ImportAccounts(ctx, tollkeeper.Under(p.ID), strings.NewReader(lines.String()), tollkeeper.ImportOptions{})
		w.ok(err)
		var all []tollkeeper.Account
		var times []time.Time
		for query := (tollkeeper.AccountQuery{Limit: 1}); ; {
			page, err := w.Auth.Accounts(ctx, p.Identity, query)
			w.ok(err)
			for _, x := range page.Accounts {
				all, times = append(all, x), append(times, x.CreatedAt)
			}
			if query.Cursor = page.Next; page.Next == "" {
				break
			}
			if len(all) == 3 { // while somebody walks
				w.child(p, "newcomer@example.com")
			}
		}
		if len(all) != 7 || all[0].Email != "a@example.com" || !slices.IsSortedFunc(times, time.Time.Compare) ||
			all[5].Email != "mine@example.com" || all[6].Email != "newcomer@example.com" {
			t.Errorf("%v", all)
		}
	}, unlimited)
}

// Sessions are in order of creation by the one clock, whatever clock made their ids.
func TestSessionsListInOrder(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for i := range 3 {
			w.Advance(-2 * time.Minute)
			r := attempt(p, password)
			r.Client = from(fmt.Sprintf("192.0.%d.1", i))
			_, err := w.Auth.SignIn(ctx, r)
			w.ok(err)
		}
		list, err := w.Auth.Sessions(ctx, p.Identity)
		w.ok(err)
		if len(list) != 4 || !slices.IsSortedFunc(list, func(x, y tollkeeper.SessionInfo) int { return x.CreatedAt.Compare(y.CreatedAt) }) {
			t.Errorf("%+v", list)
		}
	}, unlimited)
}

// A cursor that the instance did not seal opens nothing, and one that it did opens only its own list.
func FuzzCursor(f *testing.F) {
	w := newWorld(f)
	p, q := w.parent("p@example.com"), w.parent("q@example.com")
	for _, email := range []string{"a@example.com", "b@example.com", "c@example.com"} {
		w.child(p, email)
		w.child(q, email)
	}
	query := tollkeeper.AccountQuery{Limit: 1, Search: "", From: time.UnixMilli(5)}
	page, err := w.Auth.Accounts(ctx, p.Identity, query)
	w.ok(err)
	f.Add(page.Next, 1, "")
	f.Add(page.Next, 2, "")
	f.Add(page.Next+"\n", 1, "a")
	f.Add("", 0, "A@")
	f.Add(".", 101, "\x00")
	f.Fuzz(func(t *testing.T, cursor string, limit int, search string) {
		query := query
		query.Cursor, query.Limit, query.Search = cursor, limit, search
		_, err := w.Auth.Accounts(ctx, p.Identity, query)
		if exact := cursor == page.Next && limit == 1 && search == ""; err == nil && cursor != "" && !exact {
			t.Fatalf("%q continued a list of %d with %q", cursor, limit, search)
		}
		if c := codeOf(err); c != "ok" && c != "invalid_cursor" && c != "invalid_limit" && c != "invalid_input" {
			t.Fatal(err)
		}
		if _, err := w.Auth.Accounts(ctx, q.Identity, query); err == nil && cursor != "" {
			t.Fatal("another tenant's cursor was taken")
		}
	})
}

// A count that takes long keeps no page waiting: it goes on, once, for the pages to come.
func TestSlowCountKeepsNoPageWaiting(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.signIn(w.child(p, "c@example.com"))
		w.store.faults(func(verb string) error {
			if verb == "CountAccounts" {
				time.Sleep(time.Second)
			}
			return nil
		}, nil)
		w.store.watch()
		for _, want := range []int64{0, 0, 1} {
			begin := time.Now()
			page, err := w.Auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{})
			w.ok(err)
			if took := time.Since(begin); page.Active != want || len(page.Accounts) != 1 || took > 50*time.Millisecond {
				t.Errorf("%d active, want %d, after %v", page.Active, want, took)
			}
			time.Sleep(700 * time.Millisecond)
		}
		counts := 0
		for _, v := range w.store.verbs() {
			if v == "CountAccounts" {
				counts++
			}
		}
		if counts != 1 {
			t.Errorf("%d counts", counts)
		}
	}, unlimited)
}

func TestAccountsByRoleAndStatus(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		var all []uuid.UUID
		for i := range 4 {
			all = append(all, w.child(p, fmt.Sprintf("c%d@example.com", i)).ID)
			w.Advance(time.Second)
		}
		w.ok(errOf(w.Auth.Host().SetRole(ctx, all[1], tollkeeper.RoleAdmin)))
		w.ok(w.Auth.Host().SetStatus(ctx, all[2], tollkeeper.StatusDisabled))
		for name, c := range map[string]struct {
			q    tollkeeper.AccountQuery
			want []uuid.UUID
		}{
			"newest":       {tollkeeper.AccountQuery{Newest: true}, []uuid.UUID{all[3], all[2], all[1], all[0]}},
			"admins":       {tollkeeper.AccountQuery{Role: "Admin"}, all[1:2]},
			"disabled":     {tollkeeper.AccountQuery{Status: tollkeeper.StatusDisabled}, all[2:3]},
			"active users": {tollkeeper.AccountQuery{Status: tollkeeper.StatusActive, Role: tollkeeper.RoleUser, Newest: true}, []uuid.UUID{all[3], all[0]}},
		} {
			var got []uuid.UUID
			for c.q.Limit = 1; ; {
				page, err := w.Auth.Accounts(ctx, p.Identity, c.q)
				w.ok(err)
				for _, x := range page.Accounts {
					got = append(got, x.ID)
				}
				if c.q.Cursor = page.Next; page.Next == "" {
					break
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		page, err := w.Auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{Newest: true, Limit: 1})
		w.ok(err)
		_, err = w.Auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{Limit: 1, Cursor: page.Next})
		w.want(err, tollkeeper.ErrInvalidCursor)
		_, err = w.Auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{Role: "nobody"})
		w.want(err, tollkeeper.ErrInvalidInput.WithField("role"))
		_, err = w.Auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{Status: tollkeeper.StatusDeleted})
		w.want(err, tollkeeper.ErrInvalidInput.WithField("status"))
	}, unlimited)
}
