package sqlite_test

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// crowd makes children of a parent whose number is 1, the n-th in minute n, with ids in the opposite order.
func crowd(t *testing.T, s *sqlite.Store, n int) {
	t.Helper()
	changed, err := s.Exec(`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < ` + strconv.Itoa(n) + `)
INSERT INTO accounts (id, parent, stray, email, email_key, username, name, locale, role, status, house, public_key, password,
  password_temporary, factors, key_master, key_version, epoch, version, organized, must_verify, must_factor, created_at)
SELECT unhex(printf('%012x70008000%012x', 1000000 - n, n)), p.id, 1, 'mail' || n, 'mail' || n, '', '', '', 'user', 'active', 0, 'key' || n, '',
  0, 0, '', 1, 1, 1, 0, 0, 0, n * 60000 FROM c JOIN accounts p ON p.number = 1`)
	if err != nil || changed != int64(n) {
		t.Fatal(changed, err)
	}
}

func minute(n int) time.Time { return time.UnixMilli(int64(n) * 60000) }

// TestListsBetweenDates: however many match, the pages are those in order of creation, not of ids.
func TestListsBetweenDates(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1)
	const all = 12_000
	crowd(t, s, all)
	for name, tt := range map[string]struct {
		from, to       time.Time
		first, matches int
	}{
		"few at the end":  {minute(all - 99), minute(all + 1), all - 99, 100},
		"few in between":  {minute(5000), minute(5100), 5000, 100},
		"none":            {minute(all + 1), time.Time{}, 0, 0},
		"many to the end": {minute(1001), time.Time{}, 1001, all - 1000},
		"many from begin": {time.Time{}, minute(11_001), 1, 11_000},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for page := (store.Page{From: tt.from, To: tt.to, Limit: 77}); ; {
				list, err := s.ListAccounts(t.Context(), p.ID, page)
				must(t, err)
				if len(list) == 0 {
					break
				}
				for _, a := range list {
					got = append(got, a.Email)
				}
				last := list[len(list)-1]
				page.After = store.Position{At: last.CreatedAt, ID: last.ID}
				if len(got) > 300 && tt.matches > 1000 { // the rest is alike
					page.After = store.Position{At: minute(1 << 30)}
				}
			}
			var want []string
			for i := range min(tt.matches, len(got)) {
				want = append(want, "mail"+strconv.Itoa(tt.first+i))
			}
			if !slices.Equal(got, want) || len(got) < min(tt.matches, 300) {
				t.Errorf("%d accounts: %v", len(got), got)
			}
		})
	}
}

// TestMigrateWhileAnOldProcessServes brings a database with data in it to a version that is made up, while a process of
// this version signs in.
func TestMigrateWhileAnOldProcessServes(t *testing.T) {
	t.Parallel()
	path := file(t)
	old := open(t, path)
	p := parent(t, old, 1000)
	crowd(t, old, 4_000)
	a := child(t, old, p)
	first := signIn(a, p.ID)
	_, err := old.CreateSession(t.Context(), first, now)
	must(t, err)
	before, err := old.FindAccount(t.Context(), store.Lookup{ID: a.ID})
	must(t, err)

	process, answers := process(t, "some", path, a.ID)
	sessions := []uuid.UUID{first.Session.ID}
	young, err := sqlite.Open(path)
	must(t, err)
	defer young.Close()
	for answers.Scan() {
		id, err := uuid.Parse(answers.Text())
		if err != nil {
			t.Fatal("the old process: ", answers.Text())
		}
		if sessions = append(sessions, id); len(sessions) == 20 {
			must(t, young.MigrateWith(`ALTER TABLE accounts ADD COLUMN made_up TEXT NOT NULL DEFAULT 'so';
CREATE INDEX account_made_up ON accounts (parent, made_up, id); CREATE TABLE made_up (id BLOB PRIMARY KEY) STRICT`))
		}
	}
	must(t, process.Wait())
	if len(sessions) != 101 {
		t.Fatalf("%d sessions", len(sessions))
	}
	for _, id := range sessions {
		if _, err := young.Session(t.Context(), id, now); err != nil {
			t.Errorf("session %v: %v", id, err)
		}
	}
	wantBooks(t, young, p.ID, int64(1000-len(sessions)))
	after, err := young.FindAccount(t.Context(), store.Lookup{ID: a.ID})
	must(t, err)
	if before.Account.LastSignIn = after.Account.LastSignIn; !reflect.DeepEqual(before.Account, after.Account) {
		t.Errorf("the account is %+v, was %+v", after.Account, before.Account)
	}
	child(t, old, p)
	_, err = old.CreateSession(t.Context(), signIn(a, p.ID), now)
	must(t, err)
	if made, err := young.Texts("SELECT made_up, count(*) FROM accounts GROUP BY made_up"); err != nil || len(made) != 1 || made[0] != "so 4003" {
		t.Errorf("the new column: %q, %v", made, err)
	}
	if err := old.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "its version is 2, this program knows 1") {
		t.Errorf("migrating back: %v", err)
	}
}
