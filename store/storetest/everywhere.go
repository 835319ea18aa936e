package storetest

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// everywhere states what holds for every verb.
func everywhere(k *kit) {
	k.run("what was passed is copied", aliasPassed)
	k.run("what is answered is a copy", aliasAnswered)
	k.run("a cancelled context does nothing", cancelled)
	k.run("a cancelled context refuses an empty list", cancelledEmpty)
	k.run("a cancelled context reads nothing", cancelledReads)
	k.run("a zero id names nobody", zeroIDs)
	k.run("only the parameter says what time it is", noClock)
	k.run("times come back in utc and milliseconds", utc)
	k.run("moved times come back in utc, too", utcMoved)
}

// cancelled calls every verb that writes with a context that ended, and wants an error and no change.
func cancelled(k *kit) {
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	p := k.parent(50)
	a, fresh := k.child(p), account(p.ID)
	s, n := k.signIn(refreshable(a)), session(a, now)
	link, code := k.put(secret(a, store.PurposeReset)), k.put(secret(a, store.PurposeSignIn))
	unput, mail := secret(a, store.PurposeVerify), queued(store.Lookup{})
	state, funds, standing := k.find(a.ID), k.balance(p.ID), k.live(s.ID, now)
	verbs := map[string]func() error{
		"create account": func() error {
			_, _, err := k.store.CreateAccount(ctx, store.NewAccount{Account: fresh, Effects: store.Effects{Charge: charge(p.ID, store.OpSignUp, 5)}}, now)
			return err
		},
		"update account": func() error {
			c := store.Change{Account: state, EndSessions: true, Proof: link.Digest, Effects: store.Effects{Charge: charge(p.ID, store.OpVerify, 2)}}
			_, _, err := k.store.UpdateAccount(ctx, c, now)
			return err
		},
		"delete account": func() error { return k.store.DeleteAccount(ctx, store.Deletion{Scope: p.ID, ID: a.ID}, now) },
		"create session": func() error {
			_, err := k.store.CreateSession(ctx, store.NewSession{Session: n, Effects: store.Effects{Charge: charge(p.ID, store.OpSignIn, 1)}}, now)
			return err
		},
		"rotate session": func() error {
			_, err := k.store.RotateSession(ctx, rotation(s, 0, 0), now)
			return err
		},
		"touch session": func() error {
			return k.store.TouchSession(ctx, store.Touch{Account: a.ID, Session: s.ID, Proved: true}, now.Add(time.Minute))
		},
		"revoke session": func() error { return k.store.RevokeSession(ctx, store.Revocation{Account: a.ID, Session: s.ID}, now) },
		"put secrets":    func() error { return k.store.PutSecrets(ctx, []store.Secret{unput}, now) },
		"consume secret": func() error {
			_, err := k.store.ConsumeSecret(ctx, claim(a, code.Digest, 5), now)
			return err
		},
		"apply credit": func() error {
			_, _, _, err := k.store.ApplyCredit(ctx, store.Posting{Entry: entry(p.ID, store.OpPackage, 5)})
			return err
		},
		"queue mail": func() error { return k.store.QueueMail(ctx, []store.QueuedMail{mail}) },
	}
	for name, verb := range verbs {
		k.run(name, func(k *kit) {
			k.foreign(verb())
			k.equal("account", k.find(a.ID), state)
			k.equal("balance", k.balance(p.ID), funds)
			k.equal("session", k.live(s.ID, now), standing)
			k.equal("link", k.secret(link), link)
			k.equal("code", k.secret(code), code)
			k.that(len(k.ledger(p.ID)) == 1, "a ledger row of nothing stands")
			k.that(!k.hasSecret(unput), "the secret is there")
			k.that(len(k.claimed(mail.ID)) == 0, "the mail is queued")
			k.absent(fresh.ID)
			k.dead(a.ID, n.ID, now)
		})
	}
	k.run("the rest", func(k *kit) { k.cancelledRest(ctx) })
}

// cancelledRest does the same with the verbs that see all rows of a store.
func (k *kit) cancelledRest(ctx context.Context) {
	k.Helper()
	e := event(id())
	k.foreign(k.store.AddEvents(ctx, []store.Event{e}))
	k.that(len(k.log(e.Account)) == 0, "a cancelled event is there")
	mails, p := k.post(1), k.tenant(10, 3)
	_, err := k.store.ClaimMail(ctx, 1, time.Minute, posting)
	k.that(err != nil, "a cancelled claim has no error")
	k.claims(k.due(1, posting), mails)
	k.that(k.store.FinishMail(ctx, store.Delivery{ID: mails[0].ID, Tries: 1}) != nil, "a cancelled finish has no error")
	k.claims(k.due(1, posting.Add(time.Minute)), mails)
	_, _, err = k.store.CloseMonths(ctx, store.Closing{Month: firstMonth, Price: 1, Limit: 100}, closing)
	k.that(err != nil, "cancelled closing has no error")
	k.that(k.balance(p.ID).ClosedMonth == firstMonth-1, "a cancelled month is closed")
	_, err = k.store.Sweep(ctx, 10, dusk)
	k.that(err != nil, "a cancelled sweep has no error")
}

// cancelledEmpty wants an error although there is nothing to do.
func cancelledEmpty(k *kit) {
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	k.run("put secrets", func(k *kit) { k.foreign(k.store.PutSecrets(ctx, nil, now)) })
	k.run("queue mail", func(k *kit) { k.foreign(k.store.QueueMail(ctx, nil)) })
	k.run("add events", func(k *kit) { k.foreign(k.store.AddEvents(ctx, nil)) })
}

// noClock lives in the far past and the far future.
func noClock(k *kit) {
	for _, at := range []time.Time{time.Date(1971, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(2300, 2, 3, 4, 5, 6, 0, time.UTC)} {
		p := k.parent(0)
		a := account(p.ID)
		a, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a}, at)
		k.ok(err)
		s := k.signIn(session(a, at))
		k.that(k.find(a.ID).LastSignIn.Equal(at), "last sign-in is %v, want %v", k.find(a.ID).LastSignIn, at)
		k.live(s.ID, s.ExpiresAt.Add(-time.Millisecond))
		k.dead(a.ID, s.ID, s.ExpiresAt)
		k.ok(k.store.TouchSession(k.ctx, store.Touch{Account: a.ID, Session: s.ID}, at.Add(time.Hour)))
		k.that(k.live(s.ID, at).Session.SeenAt.Equal(at.Add(time.Hour)), "seen at %v", k.live(s.ID, at).Session.SeenAt)
		code := secret(a, store.PurposeSignIn)
		code.CreatedAt, code.ExpiresAt = at, at.Add(time.Minute)
		k.put(code)
		_, err = k.store.ConsumeSecret(k.ctx, claim(a, code.Digest, 5), code.ExpiresAt)
		k.fails(err, store.ErrNotFound)
		_, err = k.store.ConsumeSecret(k.ctx, claim(a, code.Digest, 5), code.ExpiresAt.Add(-time.Millisecond))
		k.ok(err)
		k.that(k.secret(code).UsedAt.Equal(code.ExpiresAt.Add(-time.Millisecond)), "used at %v", k.secret(code).UsedAt)
		n, err := k.store.CountAccounts(k.ctx, p.ID, at)
		k.ok(err)
		k.that(n == 1, "%d accounts signed in", n)
	}
}

func utc(k *kit) {
	far := now.In(elsewhere)
	p := k.parent(9)
	a := account(p.ID)
	a.CreatedAt, a.UpdatedAt, a.EmailVerifiedAt, a.EmailProvenAt, a.PasswordChangedAt = far, far, far, far, far
	by, f := linked(), passkey()
	by.LinkedAt, by.UsedAt, f.CreatedAt, f.UsedAt, f.PendingUntil = far, far, far, far, far
	k.create(store.NewAccount{Account: a, Linked: []store.Linked{by}, Factors: []store.Factor{f}})
	kept := k.credentials(a.ID)
	by, f = kept.Linked[0], kept.Factors[0]
	s := session(a, far)
	s.Epoch, s.RotatedAt, s.ExpiresAt, s.RefreshUntil = 1, far, far.Add(time.Hour), far.Add(2*time.Hour)
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s}, far)
	k.ok(err)
	e := entry(p.ID, "host-operation", -1)
	e.At = far
	applied, _ := k.apply(e)
	code := secret(a, store.PurposeReset)
	code.CreatedAt, code.ExpiresAt = far, far.Add(time.Hour)
	got, l, reset := k.find(a.ID), k.live(s.ID, far), k.secret(k.put(code))
	for what, t := range map[string]time.Time{
		"created": got.CreatedAt, "updated": got.UpdatedAt, "verified": got.EmailVerifiedAt, "password": got.PasswordChangedAt,
		"proven": got.EmailProvenAt, "linked": by.LinkedAt, "identity used": by.UsedAt, "factor created": f.CreatedAt, "factor used": f.UsedAt,
		"pending":      f.PendingUntil,
		"last sign-in": got.LastSignIn, "session created": l.Session.CreatedAt, "session seen": l.Session.SeenAt,
		"session proved": l.Session.ProvedAt, "session rotated": l.Session.RotatedAt, "session expires": l.Session.ExpiresAt.Add(-time.Hour),
		"refresh until": l.Session.RefreshUntil.Add(-2 * time.Hour), "password of a session": l.PasswordChangedAt, "entry": applied.At,
		"stored entry": k.entry(p.ID, e.Key).At, "secret created": reset.CreatedAt, "secret expires": reset.ExpiresAt.Add(-time.Hour),
	} {
		k.that(t.Equal(now) && t.Location() == time.UTC, "%s is %v, want %v", what, t, now)
	}
	bare := k.child(p, func(a *store.Account) { a.EmailVerifiedAt = time.Time{} })
	k.that(bare.EmailVerifiedAt.IsZero() && bare.LastSignIn.IsZero() && reset.UsedAt.IsZero(), "zero times are not zero")
}
