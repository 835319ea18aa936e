package storetest

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// cancelledReads calls every verb that reads with a context that ended, and wants an error that is none of the
// contract.
func cancelledReads(k *kit) {
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	p := k.parent(5)
	a := k.child(p)
	s, link := k.signIn(session(a, now)), k.put(secret(a, store.PurposeReset))
	verbs := map[string]func() error{
		"find account":   func() error { _, err := k.store.FindAccount(ctx, store.Lookup{ID: a.ID}); return err },
		"list accounts":  func() error { _, err := k.store.ListAccounts(ctx, p.ID, store.Page{Limit: 1}); return err },
		"count accounts": func() error { _, err := k.store.CountAccounts(ctx, p.ID, now); return err },
		"session":        func() error { _, err := k.store.Session(ctx, s.ID, now); return err },
		"list sessions":  func() error { _, err := k.store.ListSessions(ctx, a.ID, store.Page{Limit: 1}, now); return err },
		"secret":         func() error { _, _, err := k.store.Secret(ctx, link.Purpose, link.Digest); return err },
		"count secrets":  func() error { _, err := k.store.CountSecrets(ctx, a.ID, link.Purpose, now); return err },
		"balance":        func() error { _, err := k.store.Balance(ctx, p.ID); return err },
		"list credits":   func() error { _, err := k.store.ListCredits(ctx, p.ID, store.CreditQuery{Limit: 1}); return err },
		"sum credits": func() error {
			_, err := k.store.SumCredits(ctx, p.ID, store.Days{First: now, Last: now})
			return err
		},
		"list mail":   func() error { _, err := k.store.ListMail(ctx, store.MailQuery{Limit: 1}); return err },
		"count mail":  func() error { _, err := k.store.CountMail(ctx); return err },
		"list events": func() error { _, err := k.store.ListEvents(ctx, store.EventQuery{Limit: 1}); return err },
		"list months": func() error { _, err := k.store.ListMonths(ctx, p.ID, 0, 1, 1); return err },
	}
	for name, verb := range verbs {
		k.run(name, func(k *kit) { k.foreign(verb()) })
	}
}

// foreign wants an error that the contract does not have: the driver's, as it came.
func (k *kit) foreign(err error) {
	k.Helper()
	k.that(err != nil, "no error")
	for _, own := range []error{
		store.ErrInvalid, store.ErrNotFound, store.Conflict{}, store.ErrProofSpent, store.ErrLastAdmin, store.ErrInsufficientCredits,
	} {
		k.that(!anyOf(err, []error{own}), "the context ended, but the error says %v", own)
	}
}

// elsewhere is a zone that no store returns times in.
var elsewhere = time.FixedZone("elsewhere", 5*3600)

// utcMoved passes times of another zone to the verbs that move one, and wants them back in UTC.
func utcMoved(k *kit) {
	at := func(t time.Time) time.Time { return t.In(elsewhere) }
	is := func(what string, got, want time.Time) {
		k.Helper()
		k.that(got.Equal(want) && got.Location() == time.UTC, "%s is %v, want %v", what, got, want)
	}
	p := k.parent(9)
	a := k.child(p)
	s := k.signIn(refreshable(a))
	r := rotation(s, 0, 0)
	r.ExpiresAt, r.RefreshUntil = at(r.ExpiresAt), at(r.RefreshUntil)
	l, err := k.store.RotateSession(k.ctx, r, at(now))
	k.ok(err)
	is("rotated", l.Session.RotatedAt, now)
	is("expires", l.Session.ExpiresAt, r.ExpiresAt)
	is("refresh until", l.Session.RefreshUntil, r.RefreshUntil)
	k.ok(k.store.TouchSession(k.ctx, store.Touch{Account: a.ID, Session: s.ID, Proved: true}, at(now)))
	is("seen", k.live(s.ID, now).Session.SeenAt, now)
	is("proved", k.live(s.ID, now).Session.ProvedAt, now)
	code, c := k.put(secret(a, store.PurposeSignIn)), charge(p.ID, store.OpVerify, 1)
	_, _, err = k.store.UpdateAccount(k.ctx, store.Change{Account: k.find(a.ID), Proof: code.Digest, Effects: store.Effects{Charge: c}}, at(now))
	k.ok(err)
	is("used", k.secret(code).UsedAt, now)
	is("charged", k.entry(p.ID, c.Key).At, now)
	k.post(1)
	is("due", k.due(1, at(posting))[0].DueAt, posting.Add(time.Minute))
	t := k.tenant(9, 0)
	_, _, err = k.store.CloseMonths(k.ctx, store.Closing{Month: firstMonth, Price: 0, Limit: 1000}, at(closing))
	k.ok(err)
	is("month", k.months(t.ID)[0].At, closing)
}
