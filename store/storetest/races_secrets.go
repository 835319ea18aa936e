package storetest

import (
	"github.com/tollkeeper/tollkeeper/store"
)

func raceSecrets(k *kit) {
	k.run("one of many right codes wins", raceConsume)
	k.run("no more comparisons than tries", raceTries)
	k.run("each recovery code is used once", raceSingle)
	k.run("secrets put in any order do not block each other", racePut)
	k.run("a code dies while the address changes", raceAddress)
}

func raceConsume(k *kit) {
	p := k.parent(0)
	for range rounds / 4 {
		a := k.child(p)
		codes := []store.Secret{k.put(secret(a, store.PurposeSignIn)), k.put(secret(a, store.PurposeSignIn)), k.put(secret(a, store.PurposeSignIn))}
		errs := race(callers, func(i int) error {
			s, err := k.store.ConsumeSecret(k.ctx, claim(a, codes[i%3].Digest, 5), now)
			if s.Account.ID != a.ID {
				return errUnexpected
			}
			return err
		})
		won := k.tally(errs, store.ErrNotFound)
		k.that(won == 1, "%d used one of three codes, want 1", won)
		for _, s := range codes {
			k.that(!k.secret(s).UsedAt.IsZero(), "a sibling lives on")
		}
	}
}

func raceTries(k *kit) {
	p := k.parent(0)
	for range rounds / 4 {
		a := k.child(p)
		var codes []store.Secret
		for range 3 {
			codes = append(codes, k.put(secret(a, store.PurposeSignIn)))
		}
		errs := race(callers, func(int) error {
			_, err := k.store.ConsumeSecret(k.ctx, claim(a, digest(), 5), now)
			return err
		})
		k.that(k.tally(errs, store.ErrNotFound) == 0, "a wrong code is right")
		for _, s := range codes {
			k.that(k.secret(s).Tries == 5, "%d comparisons with a code, want 5", k.secret(s).Tries)
		}
		k.guess(a, codes[0].Digest, 5, false)
	}
}

func raceSingle(k *kit) {
	a := k.child(k.parent(0))
	var codes []store.Secret
	for range 4 {
		codes = append(codes, k.put(secret(a, store.PurposeRecovery)))
	}
	errs := race(callers, func(i int) error {
		c := claim(a, codes[i%4].Digest, 0)
		c.Purpose, c.Single = store.PurposeRecovery, true
		_, err := k.store.ConsumeSecret(k.ctx, c, now)
		return err
	})
	won := k.tally(errs, store.ErrNotFound)
	k.that(won == 4, "%d codes of 4 were used", won)
}

// racePut puts the same secrets of two accounts forwards and backwards.
func racePut(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	both := []store.Secret{secret(a, store.PurposeReset), secret(b, store.PurposeReset)}
	back := []store.Secret{both[1], both[0]}
	k.tally(race(callers, func(i int) error {
		return k.store.PutSecrets(k.ctx, [][]store.Secret{both, back}[i%2], now)
	}))
	for _, s := range both {
		k.equal("secret", k.secret(s), s)
	}
}

func raceAddress(k *kit) {
	p := k.parent(0)
	for range rounds / 4 {
		a := k.child(p)
		s := k.put(secret(a, store.PurposeSignIn))
		c := claim(a, s.Digest, 5)
		c.Lookup = store.Lookup{ID: a.ID}
		var found store.Subject
		errs := race(2, func(i int) (err error) {
			if i == 0 {
				found, err = k.store.ConsumeSecret(k.ctx, c, now)
				return err
			}
			moved := a
			moved.EmailKey = word("moved") + "@example.com"
			_, _, err = k.store.UpdateAccount(k.ctx, store.Change{Account: moved}, now)
			return err
		})
		k.tally(errs[:1], store.ErrNotFound)
		k.ok(errs[1])
		k.that(errs[0] != nil || found.Account.EmailKey == s.Address, "a code of %s let %s in", s.Address, found.Account.EmailKey)
		k.that(k.secret(s).UsedAt.IsZero() == (errs[0] != nil), "used %v, error %v", k.secret(s).UsedAt, errs[0])
	}
}
