package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func raceCredentials(k *kit) {
	k.run("of many uses of one counter one wins", raceUse)
	k.run("several factors of one account at once", raceFactors)
	k.run("a use is not undone by putting the factor", raceUsePut)
	k.run("of many at one challenge one wins", raceOnce)
	k.run("one of many has the identity", raceIdentity)
	k.run("one of many has the credential", raceCredential)
	k.run("one of many organizations has the client", raceClient)
	k.run("never more live sessions than most", raceMost)
	k.run("a factor of an account that goes", raceFactorGone)
	removalRaces(k)
}

// untilDone repeats a verb that lost a race for the version.
func untilDone(do proving) proving {
	return func(k *kit, a store.Account, u store.Use, o store.Once, fx store.Effects, at time.Time) error {
		for {
			before := k.credentials(a.ID)
			err := do(k, a, u, o, fx, at)
			if !errors.Is(err, store.Conflict{}) {
				return err
			}
			after := k.credentials(a.ID)
			if before.Account.Version == after.Account.Version || u.Factor != (store.Use{}).Factor && usedUp(after, u) {
				return err
			}
		}
	}
}

// usedUp reports whether the use would be refused now.
func usedUp(s store.Subject, u store.Use) bool {
	return !slices.ContainsFunc(s.Factors, func(f store.Factor) bool { return f.ID == u.Factor && f.Counter < u.Counter })
}

func raceUse(k *kit) {
	for name, verbs := range map[string][]proving{
		"create session": {provingSession}, "update account": {untilDone(provingChange)}, "both": {provingSession, untilDone(provingChange)},
	} {
		k.run(name, func(k *kit) {
			p := k.parent(callers)
			a, f := k.armed(p, 5)
			errs := race(callers, func(i int) error {
				fx := store.Effects{Charge: charge(p.ID, store.OpVerify, 1), Events: []store.Event{event(a.ID)}}
				return verbs[i%len(verbs)](k, a, store.Use{Factor: f.ID, Counter: 6}, store.Once{}, fx, now)
			})
			won := k.tally(errs, store.Conflict{})
			k.that(won == 1 && k.books(p.ID).Credits == callers-1, "%d used one counter, balance %d", won, k.balance(p.ID).Credits)
			k.that(len(k.log(a.ID)) == 1, "%d events of one use", len(k.log(a.ID)))
			f.Counter, f.UsedAt = 6, now
			k.has(a, f)
		})
	}
}

func raceFactors(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	var list []store.Factor
	for range 4 {
		list = append(list, totp(5))
	}
	k.puts(a, list...)
	errs := race(callers, func(i int) error {
		do := []proving{provingSession, untilDone(provingChange)}[i/len(list)%2]
		return do(k, a, store.Use{Factor: list[i%len(list)].ID, Counter: 6}, store.Once{}, store.Effects{}, now)
	})
	won := k.tally(errs, store.Conflict{})
	k.that(won == len(list), "%d uses of %d factors", won, len(list))
	for i := range list {
		list[i].Counter, list[i].UsedAt = 6, now
	}
	k.has(a, list...)
}

// raceUsePut renames a factor with what was read before, while it is used.
func raceUsePut(k *kit) {
	a, f := k.armed(k.parent(0), 0)
	for round := range rounds / 2 {
		read, counter := k.credentials(a.ID), int64(round+1)
		put := read.Factors[0]
		put.Label = word("label")
		k.tally(race(2, func(i int) error {
			if i == 0 {
				_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: read.Account, PutFactors: []store.Factor{put}}, now)
				return err
			}
			return provingSession(k, a, store.Use{Factor: f.ID, Counter: counter}, store.Once{}, store.Effects{}, now)
		}))
		got := k.credentials(a.ID).Factors[0]
		k.that(got.Label == put.Label && got.Counter == counter, "one undid the other: label %q, counter %d", got.Label, got.Counter)
	}
}

func raceOnce(k *kit) {
	p := k.parent(callers)
	accounts := []store.Account{k.child(p), k.child(p), k.parent(0), k.child(k.parent(0))}
	o := once()
	errs := race(callers, func(i int) error {
		do := []proving{provingSession, untilDone(provingChange)}[i/len(accounts)%2]
		fx := store.Effects{Charge: charge(p.ID, store.OpVerify, 1)}
		return do(k, accounts[i%len(accounts)], store.Use{}, o, fx, now)
	})
	won := k.tally(errs, store.ErrProofSpent)
	k.that(won == 1 && k.books(p.ID).Credits == callers-1, "%d used one challenge, balance %d", won, k.balance(p.ID).Credits)
}

func raceIdentity(k *kit) {
	p := k.parent(0)
	l := linked()
	holders := make([]store.Account, callers)
	for i := range holders {
		holders[i] = account(p.ID)
		if i%2 == 0 {
			holders[i] = k.child(p)
		}
	}
	errs := race(callers, func(i int) (err error) {
		if i%2 == 0 {
			_, _, err = k.store.UpdateAccount(k.ctx, store.Change{Account: holders[i], Link: []store.Linked{linked(), l}}, now)
		} else {
			_, _, err = k.store.CreateAccount(k.ctx, store.NewAccount{Account: holders[i], Linked: []store.Linked{linked(), l}}, now)
		}
		if err != nil && fieldOf(err) != "identity" {
			return errUnexpected
		}
		return err
	})
	k.that(k.tally(errs, store.Conflict{}) == 1, "not one of many has the identity: %v", errs)
	won := slices.Index(errs, nil)
	k.finds(by(l, store.Lookup{Scope: p.ID}), holders[won].ID)
	for i, a := range holders {
		if i != won && i%2 == 0 {
			k.that(len(k.credentials(a.ID).Linked) == 0, "who lost the race has identities")
		}
	}
}

func raceClient(k *kit) {
	own := client()
	holders := make([]store.Account, callers)
	for i := range holders {
		if holders[i] = account(store.Root); i%2 == 0 {
			holders[i] = k.owner()
		}
		holders[i].OrganizationOwner = holders[i].ID
		holders[i].Organization = &store.Organization{Issuers: []store.IssuerSettings{client(), own}}
	}
	errs := race(callers, func(i int) (err error) {
		if i%2 == 0 {
			_, _, err = k.store.UpdateAccount(k.ctx, store.Change{Account: holders[i]}, now)
		} else {
			_, _, err = k.store.CreateAccount(k.ctx, store.NewAccount{Account: holders[i]}, now)
		}
		if err != nil && fieldOf(err) != "client" {
			return errUnexpected
		}
		return err
	})
	k.that(k.tally(errs, store.Conflict{}) == 1, "not one of many has the client: %v", errs)
}

func raceCredential(k *kit) {
	p := k.parent(0)
	key := passkey()
	holders := make([]store.Account, callers)
	for i := range holders {
		holders[i] = k.child(p)
	}
	errs := race(callers, func(i int) error {
		f := key
		if f.ID = id(); i%2 == 0 {
			f = pending(f)
		}
		_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: holders[i], PutFactors: []store.Factor{totp(0), f}}, now)
		if err != nil && fieldOf(err) != "credential" {
			return errUnexpected
		}
		return err
	})
	k.that(k.tally(errs, store.Conflict{}) == 1, "not one of many has the credential: %v", errs)
	for i, a := range holders {
		k.that(len(k.credentials(a.ID).Factors) == 2 == (errs[i] == nil), "caller %d: %v, but the factors are others", i, errs[i])
	}
}

func raceMost(k *kit) {
	const most = 3
	a := k.child(k.parent(0))
	seen := make([]int, callers)
	k.tally(race(callers, func(i int) error {
		n := store.NewSession{Session: session(a, now), Most: most}
		if _, err := k.store.CreateSession(k.ctx, n, now); err != nil {
			return err
		}
		list, err := k.store.ListSessions(k.ctx, a.ID, store.Page{Limit: 100}, now)
		seen[i] = len(list)
		return err
	}))
	for _, n := range seen {
		k.that(n >= 1 && n <= most, "%d sessions live at once, most %d", n, most)
	}
	list, err := k.store.ListSessions(k.ctx, a.ID, store.Page{Limit: 100}, now)
	k.ok(err)
	k.that(len(list) == most, "%d sessions are left, want %d", len(list), most)
}

func raceFactorGone(k *kit) {
	p := k.parent(0)
	for range rounds / 4 {
		a := k.child(p)
		key, l := passkey(), linked()
		errs := race(2, func(i int) error {
			if i == 0 {
				return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: a.ID}, now)
			}
			c := store.Change{Account: a, PutFactors: []store.Factor{key}, Link: []store.Linked{l}}
			_, _, err := k.store.UpdateAccount(k.ctx, c, now)
			return err
		})
		k.tally(errs, store.ErrNotFound)
		k.ok(errs[0])
		k.create(store.NewAccount{Account: account(p.ID), Linked: []store.Linked{l}, Factors: []store.Factor{key}})
	}
}
