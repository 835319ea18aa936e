package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// effects are what a request asks for besides: two events about somebody whom nobody else tells of, and a mail.
func effects(c store.Charge) store.Effects {
	who := id()
	return store.Effects{Charge: c, Mail: []store.QueuedMail{queued(store.Lookup{})}, Events: []store.Event{event(who), event(who)}}
}

// did wants the events and the mail of a request to be there, or none of it.
func (k *kit) did(done bool, fx store.Effects) {
	k.Helper()
	var written []store.Event
	mails := 0
	if done {
		written, mails = newest(fx.Events...), len(fx.Mail)
	}
	if len(fx.Events) > 0 {
		k.equal("events of the request", k.log(fx.Events[0].Account), written)
	}
	for _, m := range fx.Mail {
		k.that(len(k.claimed(m.ID)) == mails, "done %v, but the mail of the request is not so", done)
	}
}

// didBefore wants the events of a request that was repeated to be there once, and its mail not to be queued again.
func (k *kit) didBefore(fx store.Effects) {
	k.Helper()
	k.equal("events of the request", k.log(fx.Events[0].Account), newest(fx.Events...))
	k.that(len(k.claimed(fx.Mail[0].ID)) == 0, "the mail of a repeated request is queued again")
}

// telling does a verb, once as it is to be and then in every way in which it fails or does nothing.
type telling struct {
	name string
	does func(k *kit, fx store.Effects) error
	mail bool
	not  map[string]func(k *kit, fx store.Effects) // that it does not do what it was asked for
}

// eventsOfVerbs wants what a verb tells to be written exactly when it does what it is for. Those with a Charge are in
// the tests of their errors, which look at the effects of every refusal.
func eventsOfVerbs(k *kit) {
	verbs := []telling{
		tellingDeletion(), tellingRotation(), tellingReuse(), tellingTouch(), tellingRevocation(), tellingClaim(), tellingEntry(),
		tellingDelivery(),
	}
	for _, v := range verbs {
		k.run(v.name, func(k *kit) {
			fx := effects(store.Charge{})
			if !v.mail {
				fx.Mail = nil
			}
			k.ok(v.does(k, fx))
			k.did(true, fx)
			for name, not := range v.not {
				k.run(name, func(k *kit) {
					fx := effects(store.Charge{})
					if !v.mail {
						fx.Mail = nil
					}
					not(k, fx)
					k.did(false, fx)
				})
			}
		})
	}
	k.run("a claim that names nobody is about the account", func(k *kit) {
		a := k.child(k.parent(0))
		c := claim(a, k.put(secret(a, store.PurposeSignIn)).Digest, 5)
		own, other := event(uuid.Nil), event(id())
		c.Events = []store.Event{own, other}
		_, err := k.store.ConsumeSecret(k.ctx, c, now)
		k.ok(err)
		own.Account, own.Scope = a.ID, a.Parent
		k.equal("its events", k.log(a.ID), []store.Event{own})
		k.equal("another's", k.log(other.Account), []store.Event{other})
	})
	k.run("an account that exists", func(k *kit) {
		n := signUp(k)
		k.ok(trySignUp(k, n))
		before := k.balance(n.Charge.Owner)
		n.Effects = effects(charge(n.Charge.Owner, store.OpSignUp, 1))
		_, _, err := k.store.CreateAccount(k.ctx, n, now)
		k.ok(err)
		k.did(false, n.Effects)
		k.equal("balance", k.balance(n.Charge.Owner), before)
	})
	k.run("a session that exists", func(k *kit) {
		n := signInRequest(k)
		k.ok(trySignIn(k, n))
		before := k.credentials(n.Session.Account)
		n.Effects, n.Once, n.Most = effects(charge(n.Charge.Owner, store.OpSignIn, 1)), once(), 1
		_, err := k.store.CreateSession(k.ctx, n, now.Add(time.Minute))
		k.ok(err)
		k.did(false, n.Effects)
		k.equal("account", k.credentials(n.Session.Account), before)
		k.ok(provingSession(k, before.Account, store.Use{}, n.Once, store.Effects{}, now))
	})
}

func tellingDeletion() telling {
	gone := func(k *kit, scope, id uuid.UUID, fx store.Effects) error {
		return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: scope, ID: id, Mail: fx.Mail, Events: fx.Events}, now)
	}
	return telling{name: "delete account", mail: true,
		does: func(k *kit, fx store.Effects) error { a := k.child(k.parent(0)); return gone(k, a.Parent, a.ID, fx) },
		not: map[string]func(*kit, store.Effects){
			"of another scope": func(k *kit, fx store.Effects) {
				k.fails(gone(k, k.parent(0).ID, k.child(k.parent(0)).ID, fx), store.ErrNotFound)
			},
			"the last admin": func(k *kit, fx store.Effects) {
				a := k.child(k.parent(0), admin)
				k.fails(gone(k, a.Parent, a.ID, fx), store.ErrLastAdmin)
			},
			"a second time": func(k *kit, fx store.Effects) {
				a := k.child(k.parent(0))
				k.remove(a)
				k.fails(gone(k, a.Parent, a.ID, fx), store.ErrNotFound)
			},
		}}
}

// rotated returns a session whose refresh token was used once.
func (k *kit) rotated() store.Session {
	k.Helper()
	s := k.signIn(refreshable(k.child(k.parent(0))))
	_, err := k.store.RotateSession(k.ctx, rotation(s, 0, 0), now)
	k.ok(err)
	return s
}

func tellingRotation() telling {
	rotate := func(k *kit, s store.Session, generation int, grace time.Duration, fx store.Effects) error {
		r := rotation(s, generation, grace)
		r.Moved = fx.Events
		_, err := k.store.RotateSession(k.ctx, r, now)
		return err
	}
	return telling{name: "rotate session, moved",
		does: func(k *kit, fx store.Effects) error { return rotate(k, k.rotated(), 1, 0, fx) },
		not: map[string]func(*kit, store.Effects){
			"in the grace": func(k *kit, fx store.Effects) { k.ok(rotate(k, k.rotated(), 0, time.Hour, fx)) },
			"by reuse":     func(k *kit, fx store.Effects) { k.fails(rotate(k, k.rotated(), 0, 0, fx), store.Conflict{}) },
			"of nobody": func(k *kit, fx store.Effects) {
				k.fails(rotate(k, store.Session{ID: id()}, 0, 0, fx), store.ErrNotFound)
			},
			"disabled": func(k *kit, fx store.Effects) {
				s := k.rotated()
				k.disable(s.Account)
				k.fails(rotate(k, s, 1, 0, fx), store.ErrNotFound)
			},
		}}
}

func tellingReuse() telling {
	rotate := func(k *kit, s store.Session, generation int, grace time.Duration, fx store.Effects) error {
		r := rotation(s, generation, grace)
		r.Reused = fx.Events
		_, err := k.store.RotateSession(k.ctx, r, now)
		return err
	}
	return telling{name: "rotate session, reused",
		does: func(k *kit, fx store.Effects) error {
			k.fails(rotate(k, k.rotated(), 0, 0, fx), store.Conflict{})
			return nil
		},
		not: map[string]func(*kit, store.Effects){
			"moved":        func(k *kit, fx store.Effects) { k.ok(rotate(k, k.rotated(), 1, 0, fx)) },
			"in the grace": func(k *kit, fx store.Effects) { k.ok(rotate(k, k.rotated(), 0, time.Hour, fx)) },
			"once more": func(k *kit, fx store.Effects) {
				s := k.rotated()
				k.fails(rotate(k, s, 0, 0, store.Effects{}), store.Conflict{})
				k.fails(rotate(k, s, 0, 0, fx), store.Conflict{})
			},
			"disabled": func(k *kit, fx store.Effects) {
				s := k.rotated()
				k.disable(s.Account)
				k.fails(rotate(k, s, 0, 0, fx), store.ErrNotFound)
			},
		}}
}

func tellingTouch() telling {
	touch := func(k *kit, account, session uuid.UUID, fx store.Effects) error {
		return k.store.TouchSession(k.ctx, store.Touch{Account: account, Session: session, Proved: true, Events: fx.Events}, now)
	}
	return telling{name: "touch session",
		does: func(k *kit, fx store.Effects) error { s := k.rotated(); return touch(k, s.Account, s.ID, fx) },
		not: map[string]func(*kit, store.Effects){
			"of another account": func(k *kit, fx store.Effects) { k.fails(touch(k, id(), k.rotated().ID, fx), store.ErrNotFound) },
			"of nobody":          func(k *kit, fx store.Effects) { k.fails(touch(k, id(), id(), fx), store.ErrNotFound) },
		}}
}

func tellingRevocation() telling {
	revoke := func(k *kit, account, session uuid.UUID, fx store.Effects) error {
		return k.store.RevokeSession(k.ctx, store.Revocation{Account: account, Session: session, Events: fx.Events}, now)
	}
	return telling{name: "revoke session",
		does: func(k *kit, fx store.Effects) error { s := k.rotated(); return revoke(k, s.Account, s.ID, fx) },
		not: map[string]func(*kit, store.Effects){
			"of another account": func(k *kit, fx store.Effects) { k.fails(revoke(k, id(), k.rotated().ID, fx), store.ErrNotFound) },
			"a second time": func(k *kit, fx store.Effects) {
				s := k.rotated()
				k.ok(revoke(k, s.Account, s.ID, store.Effects{}))
				k.fails(revoke(k, s.Account, s.ID, fx), store.ErrNotFound)
			},
		}}
}

func tellingClaim() telling {
	consume := func(k *kit, spoil func(*store.Claim), fx store.Effects) error {
		a := k.child(k.parent(0))
		c := claim(a, k.put(secret(a, store.PurposeSignIn)).Digest, 5)
		c.Events = fx.Events
		spoil(&c)
		_, err := k.store.ConsumeSecret(k.ctx, c, now)
		return err
	}
	return telling{name: "consume secret",
		does: func(k *kit, fx store.Effects) error { return consume(k, func(*store.Claim) {}, fx) },
		not: map[string]func(*kit, store.Effects){
			"a wrong code": func(k *kit, fx store.Effects) {
				k.fails(consume(k, func(c *store.Claim) { c.Digest = digest() }, fx), store.ErrNotFound)
			},
			"of nobody": func(k *kit, fx store.Effects) {
				k.fails(consume(k, func(c *store.Claim) { c.Lookup.ID = id() }, fx), store.ErrNotFound)
			},
		}}
}

func tellingEntry() telling {
	post := func(k *kit, e store.LedgerEntry, fx store.Effects) error {
		_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e, Events: fx.Events})
		return err
	}
	not := map[string]func(*kit, store.Effects){
		"a key that stands": func(k *kit, fx store.Effects) {
			e := entry(k.parent(5).ID, store.OpPackage, 5)
			k.apply(e)
			k.ok(post(k, e, fx))
		},
	}
	for _, f := range entryFaults() {
		not[f.name] = func(k *kit, fx store.Effects) {
			e := entry(k.parent(10).ID, "host-operation", -5)
			f.spoil(k, &e)
			k.fails(post(k, e, fx), f.want)
		}
	}
	return telling{name: "apply credit",
		does: func(k *kit, fx store.Effects) error { return post(k, entry(k.parent(5).ID, store.OpPackage, 5), fx) }, not: not}
}

func tellingDelivery() telling {
	finish := func(k *kit, tries int, retry time.Time, fx store.Effects) error {
		m := k.post(1)[0]
		k.due(1, posting)
		return k.store.FinishMail(k.ctx, store.Delivery{ID: m.ID, Tries: tries, Retry: retry, Events: fx.Events})
	}
	return telling{name: "finish mail",
		does: func(k *kit, fx store.Effects) error {
			again := effects(store.Charge{})
			again.Mail = nil
			k.ok(finish(k, 1, posting.Add(time.Hour), again))
			k.did(true, again)
			return finish(k, 1, time.Time{}, fx)
		},
		not: map[string]func(*kit, store.Effects){
			"of another claim": func(k *kit, fx store.Effects) { k.ok(finish(k, 2, time.Time{}, fx)) },
			"of nobody": func(k *kit, fx store.Effects) {
				k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: id(), Tries: 1, Events: fx.Events}))
			},
		}}
}
