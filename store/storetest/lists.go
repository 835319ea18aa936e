package storetest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func listAccounts(k *kit) {
	k.run("pages in order of creation", listPages)
	k.run("newcomers during a walk", listNewcomers)
	k.run("made before all time", listAncient)
	k.run("only the scope, without deleted accounts", listScope)
	k.run("searches by prefix of email or username", listSearch)
	k.run("search takes no character for a pattern", listLiteral)
	k.run("from is included, to is not", listDates)
	k.run("without houses", listHouses)
	k.run("the newest first", listNewest)
	k.run("of a role or a status", listFiltered)
}

// listed returns the ids of a page.
func (k *kit) listed(scope uuid.UUID, p store.Page) []uuid.UUID {
	k.Helper()
	found, err := k.store.ListAccounts(k.ctx, scope, p)
	k.ok(err)
	ids := make([]uuid.UUID, len(found))
	for i, a := range found {
		ids[i] = a.ID
	}
	return ids
}

// after is the place right behind the account.
func after(a store.Account) store.Position { return store.Position{At: a.CreatedAt, ID: a.ID} }

// made says when an account was, in milliseconds from now, as an import does.
func made(ms int) edit {
	return func(a *store.Account) { a.CreatedAt = now.Add(time.Duration(ms) * time.Millisecond) }
}

func idsOf(all ...store.Account) []uuid.UUID {
	ids := make([]uuid.UUID, len(all))
	for i, a := range all {
		ids[i] = a.ID
	}
	return ids
}

// inOrder sorts ids of what was made at one time.
func inOrder(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return ids
}

// listPages makes accounts whose ids are in another order than their times, as those of an import are.
func listPages(k *kit) {
	p := k.parent(0)
	ids := make([]uuid.UUID, 7)
	for i := range ids {
		ids[i] = id()
	}
	inOrder(ids)
	all := make([]store.Account, 7)
	for _, i := range []int{3, 0, 6, 1, 5, 2, 4} {
		at := []struct{ id, ms int }{{6, -2_000_000_000_000}, {3, -1}, {1, 0}, {2, 0}, {5, 0}, {4, 1}, {0, 86_400_000}}[i]
		all[i] = k.child(p, made(at.ms), func(a *store.Account) { a.ID = ids[at.id] })
	}
	want := idsOf(all...)
	k.equal("all", k.listed(p.ID, store.Page{Limit: 100}), want)
	k.equal("first page", k.listed(p.ID, store.Page{Limit: 3}), want[:3])
	k.equal("second page", k.listed(p.ID, store.Page{Limit: 3, After: after(all[2])}), want[3:6])
	k.equal("last page", k.listed(p.ID, store.Page{Limit: 3, After: after(all[5])}), want[6:])
	k.equal("after the last", k.listed(p.ID, store.Page{Limit: 3, After: after(all[6])}), want[:0])
	between := store.Position{At: all[1].CreatedAt, ID: uuid.Max}
	k.equal("after nobody's place", k.listed(p.ID, store.Page{Limit: 9, After: between}), want[2:])
	between = store.Position{At: all[4].CreatedAt.In(time.FixedZone("", 3600))}
	k.equal("before a time, in another zone", k.listed(p.ID, store.Page{Limit: 9, After: between}), want[2:])
	dates := store.Page{Limit: 9, From: all[1].CreatedAt, To: all[5].CreatedAt}
	k.equal("dates", k.listed(p.ID, dates), want[1:5])
	dates.After = after(all[3])
	k.equal("dates, after the fourth", k.listed(p.ID, dates), want[4:5])
	dates.After = after(all[0])
	k.equal("dates, after one before them", k.listed(p.ID, dates), want[1:5])
	k.equal("search", k.listed(p.ID, store.Page{Limit: 9, Search: "nuser_"}), want)
	k.equal("search, after the third", k.listed(p.ID, store.Page{Limit: 9, Search: "nuser_", After: after(all[2])}), want[3:])
	found, err := k.store.ListAccounts(k.ctx, p.ID, store.Page{Limit: 1})
	k.ok(err)
	k.equal("an account of the list", found[0], k.find(want[0]))
}

// listNewcomers adds accounts while somebody walks over the list: those of a place ahead are met, those of one behind
// are not, and nobody twice.
func listNewcomers(k *kit) {
	p := k.parent(0)
	ids := []uuid.UUID{id(), id(), id(), id()}
	inOrder(ids)
	as := func(i int) edit { return func(a *store.Account) { a.ID = ids[i] } }
	first, second, last := k.child(p, made(-10)), k.child(p, as(1)), k.child(p, made(10))
	k.equal("first page", k.listed(p.ID, store.Page{Limit: 2}), idsOf(first, second))
	k.child(p, made(-20))
	k.child(p, made(-1))
	k.child(p, as(0))
	same, ahead, newest := k.child(p, as(2)), k.child(p, made(1)), k.child(p, made(11))
	k.equal("the rest", k.listed(p.ID, store.Page{Limit: 9, After: after(second)}), idsOf(same, ahead, last, newest))
	k.remove(same)
	k.equal("after one that is gone", k.listed(p.ID, store.Page{Limit: 9, After: after(same)}), idsOf(ahead, last, newest))
}

// listAncient lists what was made at the zero time, before it, and in 1970, where other clocks begin.
func listAncient(k *kit) {
	p := k.parent(0)
	at := func(t time.Time) store.Account {
		return k.child(p, func(a *store.Account) { a.CreatedAt = t })
	}
	epoch, zero, before := at(time.UnixMilli(0).UTC()), at(time.Time{}), at(time.Date(0, 3, 1, 0, 0, 0, 0, time.UTC))
	want := idsOf(before, zero, epoch)
	k.equal("all", k.listed(p.ID, store.Page{Limit: 9}), want)
	k.equal("after the first", k.listed(p.ID, store.Page{Limit: 9, After: after(before)}), want[1:])
	k.equal("after the zero time", k.listed(p.ID, store.Page{Limit: 9, After: after(zero)}), want[2:])
	k.equal("from 1970", k.listed(p.ID, store.Page{Limit: 9, From: time.UnixMilli(0)}), want[2:])
	k.equal("to 1970", k.listed(p.ID, store.Page{Limit: 9, To: time.UnixMilli(0)}), want[:2])
	k.equal("the time", k.find(epoch.ID).CreatedAt, time.UnixMilli(0).UTC())
	k.equal("the zero time", k.find(zero.ID).CreatedAt, time.Time{})
}

func listScope(k *kit) {
	p, q := k.parent(0), k.parent(0)
	a, gone, off := k.child(p), k.child(p), k.child(p)
	k.child(q)
	k.remove(gone)
	k.disable(off.ID)
	k.equal("scope", k.listed(p.ID, store.Page{Limit: 10}), inOrder([]uuid.UUID{a.ID, off.ID}))
	k.equal("unknown scope", k.listed(id(), store.Page{Limit: 10}), []uuid.UUID{})
	k.equal("of a child", k.listed(a.ID, store.Page{Limit: 10}), []uuid.UUID{})
	k.equal("root scope", k.listed(store.Root, store.Page{Limit: 10, Search: p.EmailKey}), []uuid.UUID{p.ID})
	k.equal("root scope without children", k.listed(store.Root, store.Page{Limit: 10, Search: a.EmailKey}), []uuid.UUID{})
}

func listSearch(k *kit) {
	p := k.parent(0)
	named := func(address, username string) uuid.UUID {
		return k.child(p, email(address), func(a *store.Account) { a.Username = username }).ID
	}
	anna, hannah := named("anna@one.example", "First"), named("hannah@one.example", "Second")
	bert, empty := named("bert@one.example", "Annabert"), named("zoe@one.example", "")
	for search, want := range map[string][]uuid.UUID{
		"anna": {anna, bert}, "annab": {bert}, "anna@one.example": {anna}, "hannah": {hannah}, "one": {}, "annaz": {},
		"second": {hannah}, "": {anna, hannah, bert, empty},
	} {
		k.equal("search "+search, k.listed(p.ID, store.Page{Limit: 10, Search: search}), inOrder(want))
	}
	k.update(hannah, func(c *store.Change) { c.Account.Username = "Third" })
	k.equal("an old name", k.listed(p.ID, store.Page{Limit: 10, Search: "second"}), []uuid.UUID{})
	k.equal("a new name", k.listed(p.ID, store.Page{Limit: 10, Search: "third"}), []uuid.UUID{hannah})
	first := inOrder([]uuid.UUID{anna, bert})
	k.equal("next page", k.listed(p.ID, store.Page{Limit: 10, Search: "anna", After: store.Position{At: now, ID: first[0]}}), first[1:])
	k.equal("limit", k.listed(p.ID, store.Page{Limit: 1, Search: "anna"}), first[:1])
}

func listLiteral(k *kit) {
	p := k.parent(0)
	low := k.child(p, email("a_b@one.example"), func(a *store.Account) { a.Username = "x1" })
	k.child(p, email("axb@one.example"), func(a *store.Account) { a.Username = "x2" })
	odd := k.child(p, email(`c%d*e?f[g]\h'@one.example`), func(a *store.Account) { a.Username = "x3" })
	for search, want := range map[string][]uuid.UUID{
		"a_": {low.ID}, "%": {}, "_": {}, "c%d": {odd.ID}, "c%d*e": {odd.ID}, "c%d*e?f[": {odd.ID}, `c%d*e?f[g]\h'`: {odd.ID},
		"*": {}, "?": {}, `\`: {}, "'": {}, "A": {},
	} {
		k.equal("search "+search, k.listed(p.ID, store.Page{Limit: 10, Search: search}), want)
	}
	k.equal("a long search", k.listed(p.ID, store.Page{Limit: 10, Search: strings.Repeat("a", 300)}), []uuid.UUID{})
}

func listDates(k *kit) {
	p := k.parent(0)
	var ids []uuid.UUID
	for i := range 3 {
		at := now.Add(time.Duration(i) * time.Millisecond)
		ids = append(ids, k.child(p, func(a *store.Account) { a.CreatedAt = at }).ID)
	}
	at := func(ms int) time.Time { return now.Add(time.Duration(ms) * time.Millisecond) }
	k.equal("from", k.listed(p.ID, store.Page{Limit: 10, From: at(1)}), ids[1:])
	k.equal("to", k.listed(p.ID, store.Page{Limit: 10, To: at(1)}), ids[:1])
	k.equal("both", k.listed(p.ID, store.Page{Limit: 10, From: at(1), To: at(2)}), ids[1:2])
	k.equal("none", k.listed(p.ID, store.Page{Limit: 10, From: at(3)}), ids[:0])
}

// listHouses looks at pages that hold two root accounts and a house between them.
func listHouses(k *kit) {
	at := now.AddDate(0, 0, -1)
	common := word("h")
	made := func(edits ...edit) uuid.UUID {
		named := func(a *store.Account) { a.Username, a.CreatedAt = common+word(""), at }
		return k.parent(0, append(edits, named)...).ID
	}
	first, h, last := made(), made(house), made()
	want := []uuid.UUID{first, last}
	dates := store.Page{From: at, To: at.Add(time.Millisecond)}
	for name, p := range map[string]store.Page{"all": {}, "dates": dates, "a name": {Search: common}} {
		p.Limit, p.After = 2, store.Position{At: at, ID: before(first)}
		k.equal(name, k.listed(store.Root, p), want)
		p.After.ID = first
		k.equal(name+", after the first", k.listed(store.Root, p)[:1], want[1:])
	}
	a := k.child(store.Account{ID: h})
	k.equal("the children of a house", k.listed(h, store.Page{Limit: 10}), []uuid.UUID{a.ID})
}

// listNewest walks from the newest to the oldest; several were made at one time.
func listNewest(k *kit) {
	p := k.parent(0)
	var all []store.Account
	for _, ms := range []int{-2_000_000_000_000, -1, 0, 0, 0, 1, 9} {
		all = append(all, k.child(p, made(ms)))
	}
	slices.SortFunc(all, func(a, b store.Account) int { return after(b).Compare(after(a)) })
	want := idsOf(all...)
	k.equal("all", k.listed(p.ID, store.Page{Newest: true, Limit: 100}), want)
	k.equal("first page", k.listed(p.ID, store.Page{Newest: true, Limit: 3}), want[:3])
	k.equal("second page", k.listed(p.ID, store.Page{Newest: true, Limit: 3, After: after(all[2])}), want[3:6])
	k.equal("last page", k.listed(p.ID, store.Page{Newest: true, Limit: 3, After: after(all[5])}), want[6:])
	k.equal("after the last", k.listed(p.ID, store.Page{Newest: true, Limit: 3, After: after(all[6])}), want[:0])
	dates := store.Page{Newest: true, Limit: 9, From: all[5].CreatedAt, To: all[0].CreatedAt}
	k.equal("dates", k.listed(p.ID, dates), want[1:6])
	dates.After = after(all[3])
	k.equal("dates, after the fourth", k.listed(p.ID, dates), want[4:6])
	dates.After = store.Position{At: all[0].CreatedAt.AddDate(0, 0, 1)}
	k.equal("dates, after one behind them", k.listed(p.ID, dates), want[1:6])
	k.equal("search", k.listed(p.ID, store.Page{Newest: true, Limit: 9, Search: "nuser_", After: after(all[2])}), want[3:])
	k.child(p, made(20))
	k.equal("without who came meanwhile", k.listed(p.ID, store.Page{Newest: true, Limit: 9, After: after(all[0])}), want[1:])
}

func listFiltered(k *kit) {
	p := k.parent(0)
	role := func(r store.Role, ms int) store.Account {
		return k.child(p, made(ms), func(a *store.Account) { a.Role = r })
	}
	admin, user, guest, off, gone := role("admin", 0), role("user", 1), role("guest", 2), role("admin", 3), role("admin", 4)
	k.disable(off.ID)
	k.remove(gone)
	q := k.child(k.parent(0), func(a *store.Account) { a.Role = store.RoleAdmin })
	for name, c := range map[string]struct {
		p    store.Page
		want []uuid.UUID
	}{
		"role":                 {store.Page{Role: store.RoleAdmin}, idsOf(admin, off)},
		"role, newest":         {store.Page{Role: store.RoleAdmin, Newest: true}, idsOf(off, admin)},
		"role, after":          {store.Page{Role: store.RoleAdmin, After: after(admin)}, idsOf(off)},
		"role, search":         {store.Page{Role: store.RoleGuest, Search: guest.EmailKey}, idsOf(guest)},
		"role, another search": {store.Page{Role: store.RoleGuest, Search: user.EmailKey}, []uuid.UUID{}},
		"an unknown role":      {store.Page{Role: "nobody"}, []uuid.UUID{}},
		"disabled":             {store.Page{Status: store.StatusDisabled}, idsOf(off)},
		"active":               {store.Page{Status: store.StatusActive}, idsOf(admin, user, guest)},
		"active, newest":       {store.Page{Status: store.StatusActive, Newest: true}, idsOf(guest, user, admin)},
		"both":                 {store.Page{Status: store.StatusActive, Role: store.RoleAdmin}, idsOf(admin)},
		"both, disabled":       {store.Page{Status: store.StatusDisabled, Role: store.RoleUser}, []uuid.UUID{}},
		"disabled, search":     {store.Page{Status: store.StatusDisabled, Search: admin.EmailKey}, []uuid.UUID{}},
		"role, dates":          {store.Page{Role: store.RoleAdmin, From: off.CreatedAt}, idsOf(off)},
	} {
		c.p.Limit = 9
		k.equal(name, k.listed(p.ID, c.p), c.want)
	}
	k.update(user.ID, func(c *store.Change) { c.Account.Role = store.RoleAdmin })
	k.equal("a new role", k.listed(p.ID, store.Page{Role: store.RoleAdmin, Limit: 9}), idsOf(admin, user, off))
	k.equal("an old role", k.listed(p.ID, store.Page{Role: store.RoleUser, Limit: 9}), []uuid.UUID{})
	k.equal("another scope", k.listed(q.Parent, store.Page{Role: store.RoleAdmin, Limit: 9}), idsOf(q))
}

// before returns the id right before another one.
func before(id uuid.UUID) uuid.UUID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]--; id[i] != 0xff {
			break
		}
	}
	return id
}

func countAccounts(k *kit) {
	k.run("who signed in at or after", func(k *kit) {
		p := k.parent(0)
		a, b, gone := k.child(p), k.child(p), k.child(p)
		k.child(p)
		k.signIn(session(a, now))
		k.signIn(session(b, now.Add(time.Hour)))
		k.signIn(session(gone, now.Add(time.Hour)))
		k.signIn(session(k.child(k.parent(0)), now))
		k.remove(gone)
		for _, c := range []struct {
			since time.Time
			want  int64
		}{{now.AddDate(-60, 0, 0), 2}, {now, 2}, {now.Add(time.Millisecond), 1}, {now.Add(time.Hour), 1}, {now.Add(time.Hour + 1e6), 0}} {
			n, err := k.store.CountAccounts(k.ctx, p.ID, c.since)
			k.ok(err)
			k.that(n == c.want, "since %v: %d, want %d", c.since, n, c.want)
		}
	})
	k.run("an unknown scope has none", func(k *kit) {
		n, err := k.store.CountAccounts(k.ctx, id(), now)
		k.ok(err)
		k.that(n == 0, "%d accounts", n)
	})
}
