package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func raceSessions(k *kit) {
	k.run("charge down to exactly the last credit", raceCharge)
	k.run("the same id is charged once", raceSameSession)
	k.run("a time step is used once", raceStep)
	k.run("with grace all get the same successor", raceGrace)
	k.run("without grace one moves and the session ends", raceReuse)
	k.run("a revoked session does not come back", raceRevoke)
	k.run("a session made while all end is dead", raceEnd)
	k.run("a sign-in does not undo a change", raceSignInChange)
}

func raceCharge(k *kit) {
	p := k.parent(50)
	a := k.child(p)
	created := make([]tollkeeper.Session, callers*4)
	errs := race(callers, func(i int) error {
		for j := range 4 {
			s := session(a, now)
			c := charge(p.ID, tollkeeper.OpSignIn, 1)
			_, err := k.store.CreateSession(k.ctx, tollkeeper.NewSession{Session: s, Charge: c}, now)
			if err == nil {
				created[i*4+j] = s
			} else if !anyOf(err, []*tollkeeper.Error{tollkeeper.ErrInsufficientCredits}) {
				return err
			}
		}
		return nil
	})
	k.tally(errs)
	won := 0
	for _, s := range created {
		if s.Account == a.ID {
			k.live(s.ID, now)
			won++
		}
	}
	all, err := k.store.ListSessions(k.ctx, a.ID, tollkeeper.Page{Limit: 1000}, now)
	k.ok(err)
	k.that(won == 50 && len(all) == 50, "%d sessions are answered and %d stand, want 50", won, len(all))
	k.that(len(k.ledger(p.ID)) == 51, "%d ledger rows, want the grant and 50", len(k.ledger(p.ID)))
	b := k.books(p.ID)
	k.that(b.Credits == 0 && b.SignIns == 50 && b.Used == 50, "balance is %+v", b)
}

func raceSameSession(k *kit) {
	p := k.parent(50)
	n := tollkeeper.NewSession{Session: session(k.child(p), now), Charge: charge(p.ID, tollkeeper.OpSignIn, 1), TOTPStep: 9}
	errs := race(callers, func(int) error {
		receipt, err := k.store.CreateSession(k.ctx, n, now)
		if err == nil && !receipt.Charged {
			return tollkeeper.ErrInternal
		}
		return err
	})
	k.tally(errs)
	k.that(k.books(p.ID).Credits == 49, "charged %d times", 50-k.balance(p.ID).Credits)
}

func raceStep(k *kit) {
	p := k.parent(50)
	a := k.child(p)
	errs := race(callers, func(int) error {
		n := tollkeeper.NewSession{Session: session(a, now), TOTPStep: 77, Charge: charge(p.ID, tollkeeper.OpSignIn, 1)}
		_, err := k.store.CreateSession(k.ctx, n, now)
		return err
	})
	won := k.tally(errs, tollkeeper.ErrConflict)
	k.that(won == 1 && k.books(p.ID).Credits == 49, "%d used one time step, balance %d", won, k.balance(p.ID).Credits)
}

func raceGrace(k *kit) {
	a := k.child(k.parent(0))
	s := k.signIn(refreshable(a))
	answers := make([]tollkeeper.Live, 50)
	errs := race(len(answers), func(i int) (err error) {
		answers[i], err = k.store.RotateSession(k.ctx, rotation(s, 0, 10*time.Second), now)
		return err
	})
	k.tally(errs)
	for _, l := range answers {
		k.equal("successor", l, answers[0])
	}
	got := k.live(s.ID, now).Session
	k.that(got.Generation == 1, "generation is %d, want 1", got.Generation)
}

func raceReuse(k *kit) {
	a := k.child(k.parent(0))
	s := k.signIn(refreshable(a))
	errs := race(50, func(int) error {
		_, err := k.store.RotateSession(k.ctx, rotation(s, 0, 0), now)
		return err
	})
	k.that(k.tally(errs, tollkeeper.ErrConflict) == 1, "not just one of 50 has the successor")
	k.dead(a.ID, s.ID, now)
}

func raceRevoke(k *kit) {
	a := k.child(k.parent(0))
	for range rounds {
		s := k.signIn(refreshable(a))
		errs := race(4, func(i int) error {
			switch i {
			case 0:
				return k.store.RevokeSession(k.ctx, a.ID, s.ID, now)
			case 1:
				return k.store.TouchSession(k.ctx, tollkeeper.Touch{Account: a.ID, Session: s.ID}, now)
			}
			_, err := k.store.RotateSession(k.ctx, rotation(s, 0, time.Minute), now)
			return err
		})
		k.ok(errs[0])
		k.tally(errs, tollkeeper.ErrNotFound)
		k.dead(a.ID, s.ID, now)
	}
}

func raceEnd(k *kit) {
	a := k.child(k.parent(0))
	for range rounds / 2 {
		a = k.find(a.ID)
		made := make([]tollkeeper.Session, 4)
		errs := race(len(made)+1, func(i int) error {
			if i == len(made) {
				// Its sign-ins do not move the version, so this change must win at once.
				_, _, err := k.store.UpdateAccount(k.ctx, tollkeeper.Change{Account: a, EndSessions: true}, now)
				return err
			}
			made[i] = session(a, now)
			_, err := k.store.CreateSession(k.ctx, tollkeeper.NewSession{Session: made[i]}, now)
			return err
		})
		k.tally(errs[:len(made)], tollkeeper.ErrNotFound)
		k.ok(errs[len(made)])
		for _, s := range made {
			k.dead(a.ID, s.ID, now)
		}
	}
}

func raceSignInChange(k *kit) {
	a := k.child(k.parent(0))
	for round := range rounds / 2 {
		a = k.find(a.ID)
		a.Name = word("name")
		at := now.Add(time.Duration(round) * time.Minute)
		errs := race(2, func(i int) error {
			if i == 0 {
				_, _, err := k.store.UpdateAccount(k.ctx, tollkeeper.Change{Account: a}, at)
				return err
			}
			_, err := k.store.CreateSession(k.ctx, tollkeeper.NewSession{Session: session(a, at), TOTPStep: int64(round + 1)}, at)
			return err
		})
		k.tally(errs)
		got := k.find(a.ID)
		k.that(got.Name == a.Name && got.TOTPStep == int64(round+1) && got.LastSignIn.Equal(at), "one undid the other: %+v", got)
	}
}
