package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// secret makes one for the account, mostly mailed to its present address.
func (w *twins) secret(account uuid.UUID) store.Secret {
	purposes := []store.Purpose{store.PurposeSignIn, store.PurposeReset, store.PurposeVerify, store.PurposeRecovery}
	x := store.Secret{Account: account, Purpose: purposes[w.d.roll(4)], Digest: w.digest(), CreatedAt: w.at, Tries: w.d.roll(2)}
	x.Asker, x.Mail = one(w, w.askers), one(w, w.mailed)
	if !w.chance(4) {
		x.ExpiresAt = w.at.Add(w.span())
	}
	switch {
	case w.chance(8):
		x.Address = w.word("n", 16) + "@x.example"
	case w.chance(2):
		x.Address = w.last[account].EmailKey
	}
	if w.chance(10) && len(w.secrets) > 0 {
		x.Digest = one(w, w.secrets).Digest
	}
	w.secrets = append(w.secrets, x)
	return x
}

// secretOf is one of the account's, if it has any.
func (w *twins) secretOf(account uuid.UUID) store.Secret {
	for i := len(w.secrets) - 1; i >= 0; i-- {
		if w.secrets[i].Account == account {
			return w.secrets[i]
		}
	}
	return one(w, w.secrets)
}

func (w *twins) put() {
	var list []store.Secret
	who := w.any(w.people)
	for range 1 + w.d.roll(3) {
		list = append(list, w.secret(who))
		if w.chance(6) {
			who = w.any(w.people)
		}
	}
	w.both("PutSecrets", list, func(s store.Store, _ int) (any, error) { return nil, s.PutSecrets(w.ctx, list, w.at) })
}

func (w *twins) claim() {
	x := one(w, w.secrets)
	c := store.Claim{Purpose: x.Purpose, Lookup: store.Lookup{ID: x.Account}, Digest: x.Digest, Tries: w.d.roll(4), Single: w.chance(2)}
	who := x.Account
	if c.Events = w.events(who); len(c.Events) > 0 && w.chance(2) {
		c.Events[0].Account = uuid.Nil
	}
	switch {
	case w.chance(4):
		c.Digest = w.digest()
	case w.chance(8):
		c.Lookup, who = w.lookup()
	}
	switch {
	case w.chance(2):
		c.Asker = x.Asker
	case w.chance(2):
		c.Asker = one(w, w.askers)
	}
	w.both("ConsumeSecret", c, func(s store.Store, i int) (any, error) {
		c := c
		c.Lookup = w.numbered(c.Lookup, who, i)
		f, err := s.ConsumeSecret(w.ctx, c, w.at)
		return unnumberedSubject(f), err
	})
	w.readSecret(x)
}

func (w *twins) readSecret(x store.Secret) {
	w.both("Secret", x, func(s store.Store, i int) (any, error) {
		kept, f, err := s.Secret(w.ctx, x.Purpose, x.Digest)
		if i == 1 && kept.Tries > 0 {
			w.met("ConsumeSecret", "tried")
		}
		return []any{kept, unnumberedSubject(f)}, err
	})
}
