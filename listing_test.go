package tollkeeper_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
