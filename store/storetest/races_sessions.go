package storetest

import (
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func raceSessions(k *kit) {
	k.run("charge down to exactly the last credit", raceCharge)
	k.run("crossed payers do not block each other", raceCrossed)
	k.run("the same id is charged once", raceSameSession)
	k.run("a counter is used once", raceCounter)
	k.run("with grace all get the same successor", raceGrace)
	k.run("without grace one moves and the session ends", raceReuse)
	k.run("a revoked session does not come back", raceRevoke)
	k.run("a session made while all end is dead", raceEnd)
	k.run("a session made while its account goes is dead", raceGone)
	k.run("what is kept, rotated and touched at once is all three", raceKept)
	k.run("a sign-in does not undo a change", raceSignInChange)
}

func raceCharge(k *kit) {
	p := k.parent(50)
	a := k.child(p)
	type sale struct {
		session store.Session
		key     string
		receipt store.Receipt
	}
	sales := make([][]sale, callers)
	k.tally(race(callers, func(i int) error {
		for range 4 {
			s, c := session(a, now), charge(p.ID, store.OpSignIn, 1)
			r, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s, Effects: store.Effects{Charge: c}}, now)
			if err == nil {
				sales[i] = append(sales[i], sale{s, c.Key, r})
			} else if !anyOf(err, []error{store.ErrInsufficientCredits}) {
				return err
			}
		}
		return nil
	}))
	all, err := k.store.ListSessions(k.ctx, a.ID, store.Page{Limit: 1000}, now)
	k.ok(err)
	sold := slices.Concat(sales...)
	k.that(len(sold) == 50 && len(all) == 50, "%d sessions are answered and %d stand, want 50", len(sold), len(all))
	k.that(len(k.ledger(p.ID)) == 51, "%d ledger rows, want the grant and 50", len(k.ledger(p.ID)))
	b := k.books(p.ID)
	k.that(b.Credits == 0 && b.SignIns == 50 && b.Used == 50, "balance is %+v", b)
	seen := map[int64]bool{}
	for _, s := range sold {
		k.live(s.session.ID, now)
		left := k.entry(p.ID, s.key).Balance
		k.that(s.receipt.Charged && s.receipt.Balance.Credits == left, "receipt %+v, but the ledger says %d", s.receipt, left)
		k.that(s.receipt.Balance.SignIns == 50-left && !seen[left], "two charges left %d credits: %+v", left, s.receipt)
		seen[left] = true
	}
}

// raceCrossed lets two root accounts pay for each other, which deadlocks where locks have no order.
func raceCrossed(k *kit) {
	two := []store.Account{k.parent(100), k.parent(100)}
	k.tally(race(callers, func(i int) error {
		n := store.NewSession{Session: session(two[i%2], now), Effects: store.Effects{Charge: charge(two[1-i%2].ID, store.OpSocial, 3)}}
		_, err := k.store.CreateSession(k.ctx, n, now)
		return err
	}))
	for _, p := range two {
		b := k.books(p.ID)
		k.that(b.Credits == 100-3*callers/2 && b.Socials == callers/2, "balance is %+v", b)
	}
}

func raceSameSession(k *kit) {
	p := k.parent(50)
	a, f := k.armed(p, 8)
	n := store.NewSession{
		Session: session(a, now), Use: store.Use{Factor: f.ID, Counter: 9}, Effects: store.Effects{Charge: charge(p.ID, store.OpSignIn, 1)},
	}
	errs := race(callers, func(int) error {
		receipt, err := k.store.CreateSession(k.ctx, n, now)
		if err == nil && !receipt.Charged {
			return errUnexpected
		}
		return err
	})
	k.tally(errs)
	k.that(k.books(p.ID).Credits == 49, "charged %d times", 50-k.balance(p.ID).Credits)
}

func raceCounter(k *kit) {
	p := k.parent(50)
	a, f := k.armed(p, 76)
	errs := race(callers, func(int) error {
		n := store.NewSession{Session: session(a, now), Use: store.Use{Factor: f.ID, Counter: 77}, Effects: store.Effects{Charge: charge(p.ID, store.OpSignIn, 1)}}
		_, err := k.store.CreateSession(k.ctx, n, now)
		return err
	})
	won := k.tally(errs, store.Conflict{})
	k.that(won == 1 && k.books(p.ID).Credits == 49, "%d used one counter, balance %d", won, k.balance(p.ID).Credits)
}

func raceGrace(k *kit) {
	a := k.child(k.parent(0))
	s := k.signIn(refreshable(a))
	answers := make([]store.Live, 50)
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
	k.that(k.tally(errs, store.Conflict{}) == 1, "not just one of 50 has the successor")
	k.dead(a.ID, s.ID, now)
}

func raceRevoke(k *kit) {
	a := k.child(k.parent(0))
	for range rounds {
		s := k.signIn(refreshable(a))
		errs := race(4, func(i int) error {
			switch i {
			case 0:
				return k.store.RevokeSession(k.ctx, store.Revocation{Account: a.ID, Session: s.ID}, now)
			case 1:
				return k.store.TouchSession(k.ctx, store.Touch{Account: a.ID, Session: s.ID}, now)
			}
			_, err := k.store.RotateSession(k.ctx, rotation(s, 0, time.Minute), now)
			return err
		})
		k.ok(errs[0])
		k.tally(errs, store.ErrNotFound)
		k.dead(a.ID, s.ID, now)
	}
}

func raceEnd(k *kit) {
	a := k.child(k.parent(0))
	for range rounds / 2 {
		a = k.find(a.ID)
		made := make([]store.Session, 4)
		errs := race(len(made)+1, func(i int) error {
			if i == len(made) {
				// Its sign-ins do not move the version, so this change must win at once.
				_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: a, EndSessions: true}, now)
				return err
			}
			made[i] = session(a, now)
			_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: made[i]}, now)
			return err
		})
		k.tally(errs[:len(made)], store.ErrNotFound)
		k.ok(errs[len(made)])
		for _, s := range made {
			k.dead(a.ID, s.ID, now)
		}
	}
}

// raceGone deletes an account several times while it signs in.
func raceGone(k *kit) {
	for range rounds / 4 {
		p := k.parent(50)
		a := k.child(p)
		made := make([]store.Session, 4)
		errs := race(len(made)+3, func(i int) error {
			if i >= len(made) {
				return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: a.ID}, now)
			}
			made[i] = session(a, now)
			n := store.NewSession{Session: made[i], Effects: store.Effects{Charge: charge(p.ID, store.OpSignIn, 1)}}
			_, err := k.store.CreateSession(k.ctx, n, now)
			return err
		})
		won := k.tally(errs[:len(made)], store.ErrNotFound)
		k.that(k.tally(errs[len(made):], store.ErrNotFound) == 1, "not just one of three deleted it")
		b := k.books(p.ID)
		k.that(b.Children == 0 && b.SignIns == int64(won), "%d signed in, balance is %+v", won, b)
		for _, s := range made {
			k.dead(a.ID, s.ID, now)
		}
	}
}

// raceKept moves three columns of one session at once: none may write over another.
func raceKept(k *kit) {
	a := k.child(k.parent(0))
	for range rounds / 2 {
		a = k.find(a.ID)
		s := k.signIn(refreshable(a))
		at := now.Add(time.Minute)
		k.tally(race(3, func(i int) error {
			switch i {
			case 0:
				_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: a, EndSessions: true, KeepSession: s.ID}, at)
				return err
			case 1:
				return k.store.TouchSession(k.ctx, store.Touch{Account: a.ID, Session: s.ID, Proved: true}, at)
			}
			_, err := k.store.RotateSession(k.ctx, rotation(s, 0, 0), at)
			return err
		}))
		got := k.live(s.ID, at).Session
		k.that(got.Epoch == a.Epoch+1 && got.Generation == 1 && got.ProvedAt.Equal(at) && got.RotatedAt.Equal(at), "session is %+v", got)
	}
}

func raceSignInChange(k *kit) {
	a, f := k.armed(k.parent(0), 0)
	for round := range rounds / 2 {
		a = k.find(a.ID)
		a.Name = word("name")
		at := now.Add(time.Duration(round) * time.Minute)
		errs := race(2, func(i int) error {
			if i == 0 {
				_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: a}, at)
				return err
			}
			_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, at), Use: store.Use{Factor: f.ID, Counter: int64(round + 1)}}, at)
			return err
		})
		k.tally(errs)
		s := k.credentials(a.ID)
		got := s.Account
		k.that(got.Name == a.Name && s.Factors[0].Counter == int64(round+1) && got.LastSignIn.Equal(at), "one undid the other: %+v", got)
	}
}
