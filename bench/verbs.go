package bench

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// verb is one verb of the store, applied to the i-th row.
type verb struct {
	name string
	do   func(i int) error
}

// verbs are all of them on a store whose parent has n children with a session each (see fill).
func verbs(ctx context.Context, s store.Store, parent tollkeeper.Account, n int) []verb {
	v := verbSet{ctx: ctx, s: s, parent: parent, n: n}
	return append(append(v.accounts(), v.sessions()...), v.rest()...)
}

type verbSet struct {
	ctx    context.Context
	s      store.Store
	parent tollkeeper.Account
	n      int
}

// of returns the id of the i-th child, which is also that of its session.
func (v verbSet) of(i int) uuid.UUID { return number(i + 1) }

// after is the place behind the i-th child: all are as old as their parent.
func (v verbSet) after(i int) store.Position {
	return store.Position{At: v.parent.CreatedAt, ID: v.of(i)}
}

func (v verbSet) accounts() []verb {
	return []verb{
		{"FindAccount", func(i int) error {
			_, err := v.s.FindAccount(v.ctx, store.Lookup{ScopeKey: v.parent.PublicKey, Email: emailOf(i + 1)})
			return err
		}},
		{"FindAccount, stray", func(i int) error {
			_, err := v.s.FindAccount(v.ctx, store.Lookup{Email: emailOf(i + 1), Stray: true})
			return err
		}},
		{"UpdateAccount, after FindAccount", func(i int) error {
			f, err := v.s.FindAccount(v.ctx, store.Lookup{ID: v.of(i)})
			if err != nil {
				return err
			}
			_, _, err = v.s.UpdateAccount(v.ctx, store.Change{Account: f.Account}, moment())
			return err
		}},
		{"CreateAccount and DeleteAccount", func(int) error {
			a, err := child(v.ctx, v.s, v.parent)
			if err != nil {
				return err
			}
			return v.s.DeleteAccount(v.ctx, store.Deletion{Scope: v.parent.ID, ID: a.ID}, moment())
		}},
		{"ListAccounts, 10 in the middle", func(i int) error {
			_, err := v.s.ListAccounts(v.ctx, v.parent.ID, store.Page{After: v.after(i), Limit: 10})
			return err
		}},
		{"ListAccounts, by prefix", func(i int) error {
			_, err := v.s.ListAccounts(v.ctx, v.parent.ID, store.Page{Search: emailOf(i + 1), Limit: 10})
			return err
		}},
		{countAll, func(int) error {
			_, err := v.s.CountAccounts(v.ctx, v.parent.ID, moment().AddDate(0, 0, -30))
			return err
		}},
	}
}

func (v verbSet) sessions() []verb {
	return []verb{
		{"Session", func(i int) error { _, err := v.s.Session(v.ctx, v.of(i), moment()); return err }},
		{"CreateSession", func(i int) error { return v.create(i, newID()) }},
		{"CreateSession and RevokeSession", func(i int) error {
			id := newID()
			if err := v.create(i, id); err != nil {
				return err
			}
			return v.s.RevokeSession(v.ctx, store.Revocation{Account: v.of(i), Session: id}, moment())
		}},
		{"RotateSession, after Session", func(i int) error {
			now := moment()
			l, err := v.s.Session(v.ctx, v.of(i), now)
			if err != nil {
				return err
			}
			_, err = v.s.RotateSession(v.ctx, store.Rotation{Session: v.of(i), Generation: l.Session.Generation,
				ExpiresAt: l.Session.ExpiresAt, RefreshUntil: l.Session.RefreshUntil}, now)
			return err
		}},
		{"TouchSession", func(i int) error {
			return v.s.TouchSession(v.ctx, store.Touch{Account: v.of(i), Session: v.of(i)}, moment())
		}},
		{"ListSessions, 2", func(i int) error {
			_, err := v.s.ListSessions(v.ctx, v.of(i), store.Page{Limit: 2}, moment())
			return err
		}},
	}
}

func (v verbSet) create(i int, id uuid.UUID) error {
	a := tollkeeper.Account{ID: v.of(i), Parent: v.parent.ID}
	n := paid(a)
	n.Session.ID, n.Charge.Entry, n.Charge.Key = id, id, "session:"+id.String()
	_, err := v.s.CreateSession(v.ctx, n, n.Session.CreatedAt)
	return err
}

func (v verbSet) rest() []verb {
	take := takes(1, true, func(b []store.Bucket) error { _, err := v.s.Take(v.ctx, b, moment()); return err })
	return []verb{
		{"Take, 3 buckets", func(int) error { return take(0) }},
		{"Release", func(int) error {
			return v.s.Release(v.ctx, store.Release{Forget: []store.Bucket{{Key: randomDigest()}}}, moment())
		}},
		{"PutSecrets, Secret, ConsumeSecret", v.secret},
		{"ApplyCredit", func(int) error {
			e := tollkeeper.LedgerEntry{ID: newID(), Owner: v.parent.ID, Operation: "api", Amount: -1, At: moment()}
			e.Key = e.ID.String()
			_, _, _, err := v.s.ApplyCredit(v.ctx, store.Posting{Entry: e})
			return err
		}},
		{"Balance", func(int) error { _, err := v.s.Balance(v.ctx, v.parent.ID); return err }},
		{"ListCredits, 10 in the middle", func(i int) error {
			_, err := v.s.ListCredits(v.ctx, v.parent.ID, store.CreditQuery{Operation: tollkeeper.OpSignIn, After: v.after(i).ID, Limit: 10})
			return err
		}},
		{"ListMonths", func(int) error { _, err := v.s.ListMonths(v.ctx, v.parent.ID, 0, 1<<20, 10); return err }},
		{"CloseMonths, nothing due", func(int) error {
			_, _, err := v.s.CloseMonths(v.ctx, store.Closing{Month: 1, Price: 1, Limit: 100}, moment())
			return err
		}},
		{"QueueMail, ClaimMail, FinishMail", v.mail},
		{"Sweep, nothing due", func(int) error { _, err := v.s.Sweep(v.ctx, 100, moment()); return err }},
	}
}

func (v verbSet) secret(i int) error {
	now := moment()
	x := store.Secret{Account: v.of(i), Purpose: store.PurposeReset, Digest: randomDigest(), CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	if err := v.s.PutSecrets(v.ctx, []store.Secret{x}, now); err != nil {
		return err
	}
	if _, _, err := v.s.Secret(v.ctx, x.Purpose, x.Digest); err != nil {
		return err
	}
	_, err := v.s.ConsumeSecret(v.ctx, store.Claim{Purpose: x.Purpose, Lookup: store.Lookup{ID: x.Account}, Digest: x.Digest, Tries: 5}, now)
	return err
}

func (v verbSet) mail(int) error {
	now := moment()
	if err := v.s.QueueMail(v.ctx, []store.QueuedMail{{ID: newID(), DueAt: now}}); err != nil {
		return err
	}
	m, err := v.s.ClaimMail(v.ctx, 1, time.Hour, now)
	if err != nil {
		return err
	}
	if len(m) == 0 {
		return errors.New("the mail is not there")
	}
	return v.s.FinishMail(v.ctx, store.Delivery{ID: m[0].ID, Tries: m[0].Tries})
}
