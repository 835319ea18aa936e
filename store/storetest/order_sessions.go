package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// signInRequest makes a request of a child who has a factor whose counter is 7; its parent pays.
func signInRequest(k *kit) store.NewSession {
	p := k.parent(10)
	a, f := k.armed(p, 7)
	return store.NewSession{
		Session: session(a, now), Use: store.Use{Factor: f.ID, Counter: 8}, Once: once(), Effects: effects(charge(p.ID, store.OpSignIn, 5)),
	}
}

// trySignIn creates the session, and wants nothing to have happened after an error.
func trySignIn(k *kit, n store.NewSession) error {
	k.Helper()
	return k.refusable(n.Charge.Owner, func() error {
		account := store.Account{ID: n.Session.Account}
		before, credentials := k.stands(account), k.whole(account.ID)
		receipt, err := k.store.CreateSession(k.ctx, n, now)
		if err != nil {
			k.equal("receipt of a refusal", receipt, store.Receipt{})
			k.equal("account after an error", k.stands(account), before)
			k.equal("credentials after an error", k.whole(account.ID), credentials)
			all, err := k.store.ListSessions(k.ctx, n.Session.Account, store.Page{Limit: 10}, now)
			k.ok(err)
			k.that(len(all) == 0, "a refused sign-in has a session")
		}
		k.did(err == nil, n.Effects)
		return err
	})
}

// signInAgain does a request that was done, whose mail is gone meanwhile.
func signInAgain(k *kit, n store.NewSession) error {
	k.Helper()
	_, err := k.store.CreateSession(k.ctx, n, now)
	k.didBefore(n.Effects)
	return err
}

func sessionFaults() []fault[store.NewSession] {
	type request = store.NewSession
	faults := []fault[request]{
		{"a disabled account", func(k *kit, n *request) { k.disable(n.Session.Account) }, store.ErrNotFound},
		{"a disabled parent", func(k *kit, n *request) { k.disable(n.Charge.Owner) }, store.ErrNotFound},
		{"another epoch", func(_ *kit, n *request) { n.Session.Epoch++ }, store.ErrNotFound},
		{"a spent counter", func(_ *kit, n *request) { n.Use.Counter = 7 }, store.Conflict{}},
	}
	faults = append(faults, fault[request]{"a spent challenge", func(k *kit, n *request) {
		err := provingSession(k, k.child(k.parent(0)), store.Use{}, n.Once, store.Effects{}, now)
		k.that(err == nil || anyOf(err, []error{store.ErrProofSpent}), "a challenge is spent: %v", err)
	}, store.ErrProofSpent})
	return append(faults, chargeFaults(func(n *request) *store.Charge { return &n.Charge })...)
}

func createSessionOrder(k *kit) {
	foreign := fault[store.NewSession]{"an id that another account has", func(k *kit, n *store.NewSession) {
		n.Session.ID = k.signIn(session(k.child(k.parent(0)), now)).ID
	}, store.Conflict{}}
	firstWins(k, signInRequest, trySignIn, append([]fault[store.NewSession]{foreign}, sessionFaults()...))
}

func createSessionRepeats(k *kit) { repeats(k, signInRequest, trySignIn, signInAgain, sessionFaults()) }

// rotateOrder shows old refresh tokens where something else is in the way, too.
func rotateOrder(k *kit) {
	rotated := func(k *kit) (store.Account, store.Session) {
		a := k.child(k.parent(0))
		s := k.signIn(refreshable(a))
		_, err := k.store.RotateSession(k.ctx, rotation(s, 0, 0), now)
		k.ok(err)
		return a, s
	}
	shows := func(k *kit, s store.Session, generation int, at time.Time, want error) {
		k.Helper()
		l, err := k.store.RotateSession(k.ctx, rotation(s, generation, 0), at)
		k.fails(err, want)
		k.equal("session of a refusal", l, store.Live{})
	}
	k.run("a disabled account before reuse", func(k *kit) {
		a, s := rotated(k)
		k.disable(a.ID)
		shows(k, s, 0, now, store.ErrNotFound)
		k.live(s.ID, now)
	})
	k.run("the refresh limit before reuse", func(k *kit) {
		_, s := rotated(k)
		at := k.live(s.ID, now).Session.RefreshUntil
		shows(k, s, 0, at, store.ErrNotFound)
		k.live(s.ID, now)
	})
	k.run("reuse that was found before everything", func(k *kit) {
		a, s := rotated(k)
		shows(k, s, 0, now, store.Conflict{})
		k.disable(a.ID)
		shows(k, s, 0, now, store.Conflict{})
		shows(k, s, 2, now.AddDate(1, 0, 0), store.Conflict{})
		k.remove(a)
		shows(k, s, 0, now, store.Conflict{})
		shows(k, s, 1, now, store.ErrNotFound)
	})
}
