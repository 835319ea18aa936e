package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// identity is one of few.
func (w *twins) identity() store.Linked {
	return store.Linked{
		Issuer: w.word("i", 2), Subject: w.word("s", 12), Email: w.word("e", 4), LinkedAt: w.at.Add(-time.Duration(w.d.roll(3)) * time.Hour),
	}
}

// identities are some, now and then one that makes no sense, or one twice.
func (w *twins) identities(has []store.Linked) (list []store.Linked) {
	for range 1 + w.d.roll(2) {
		l := w.identity()
		if len(has) > 0 && w.chance(4) {
			l.Issuer, l.Subject = one(w, has).Issuer, one(w, has).Subject
		}
		list = append(list, l)
	}
	if w.chance(40) {
		list[0].Subject = ""
	}
	return list
}

// factor is one with an id and a credential that others may have.
func (w *twins) factor() store.Factor {
	f := store.Factor{
		ID: one(w, w.factors), Kind: store.FactorTOTP, Label: w.word("label", 3), Sealed: store.SecretBytes{byte(w.d.roll(9))},
		Counter: int64(w.d.roll(3)), CreatedAt: w.created(),
	}
	if len(w.factors) < 8 || w.chance(3) {
		f.ID = w.id()
		w.factors = append(w.factors, f.ID)
	}
	if w.chance(2) {
		f.Kind, f.Credential = store.FactorPasskey, []byte(w.word("c", 5)+"\x00\xff")
	}
	if w.chance(3) {
		f.PendingUntil = w.at.Add(w.span())
	}
	return f
}

func (w *twins) someFactors(has []store.Factor) (list []store.Factor) {
	for range 1 + w.d.roll(2) {
		f := w.factor()
		if len(has) > 0 && w.chance(2) {
			f.ID = one(w, has).ID
		}
		list = append(list, f)
	}
	if w.chance(40) {
		list[0].ID = uuid.Nil
	}
	return list
}

// begin gives a new account credentials.
func (w *twins) begin(n *store.NewAccount) {
	if w.chance(2) {
		n.Linked = w.identities(nil)
	}
	if w.chance(2) {
		n.Factors = w.someFactors(nil)
	}
}

// exchange makes the change give credentials and take some, and use a factor.
func (w *twins) exchange(c *store.Change, has store.Subject) {
	if w.chance(4) {
		c.Link = w.identities(has.Linked)
	}
	if w.chance(5) {
		c.Unlink = []store.IssuedKey{one(w, has.Linked).Key(), w.identity().Key()}
	}
	if w.chance(3) {
		c.PutFactors = w.someFactors(has.Factors)
	}
	if w.chance(6) {
		c.DropFactors = []uuid.UUID{one(w, has.Factors).ID, w.any(w.factors)}
	}
	c.Use, c.Once = w.use(has), w.once()
}

// use is of a factor of the account, mostly one that is accepted.
func (w *twins) use(has store.Subject) store.Use {
	f := one(w, has.Factors)
	switch {
	case w.chance(12):
		return store.Use{Factor: w.any(w.factors), Counter: int64(w.d.roll(9))}
	case w.chance(2) || f.ID == uuid.Nil:
		return store.Use{}
	}
	return store.Use{Factor: f.ID, Counter: max(0, f.Counter+[]int64{1, 1, 1, 2, 0, 0, -1}[w.d.roll(7)])}
}

// once is a challenge, now and then one that was answered lately.
func (w *twins) once() store.Once {
	switch {
	case !w.chance(3):
		return store.Once{}
	case len(w.onces) > 0 && w.chance(3):
		return w.onces[max(0, len(w.onces)-1-w.d.roll(3))]
	}
	return store.Once{Digest: w.digest(), Until: w.at.Add(time.Duration(w.d.roll(90_000)-500) * time.Millisecond)}
}

// moved notes what a verb that was done did to credentials.
func (w *twins) moved(verb string, u store.Use, o store.Once, before store.Subject) {
	if o.Digest != (store.Digest{}) {
		w.onces = append(w.onces, o)
	}
	if u.Factor == uuid.Nil {
		return
	}
	w.met(verb, "used")
	for _, f := range before.Factors {
		if f.ID == u.Factor && f.Counter == 0 && u.Counter == 0 {
			w.met(verb, "used at zero")
		}
	}
}

// has returns the account by the rules, with its credentials.
func (w *twins) has(id uuid.UUID) store.Subject {
	f, _ := w.stores[1].FindAccount(w.ctx, store.Lookup{ID: id, Credentials: true})
	return f
}
