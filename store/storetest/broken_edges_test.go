package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// brokenEdges are stores that stop short of what a verb promises beside its main purpose.
var brokenEdges = []brokenStore{
	{"a deletion from any scope", "accounts/delete/not found wins over the last admin", func(s store.Store) store.Store {
		return anyScope{s}
	}},
	{"an account beside an error", "accounts/create/of two errors the first wins/a taken email", func(s store.Store) store.Store {
		return talkative{s}
	}},
	{"memory of the caller's that is kept", "everywhere/what was passed is copied", func(s store.Store) store.Store {
		return &retaining{Store: s, organizations: map[uuid.UUID]*store.Organization{}}
	}},
	{"secrets of others that are left out", "accounts/update/voids secrets by purpose, then adds",
		misread{change: func(_ store.Store, c *store.Change) error {
			c.Secrets = slices.DeleteFunc(slices.Clone(c.Secrets), func(x store.Secret) bool { return x.Account != c.Account.ID })
			return nil
		}}.broken},
	{"a session kept without being asked", "accounts/update/keeping brings no dead session to life",
		misread{change: func(_ store.Store, c *store.Change) error {
			c.EndSessions = c.EndSessions || c.KeepSession != uuid.Nil
			return nil
		}}.broken},
	{"an id that another account's session frees", "sessions/create/of two errors the first wins/an id that another account has",
		misread{session: func(s store.Store, n *store.NewSession) error { return freed(s, n) }}.broken},
	{"an id that is free when its session ended", "sessions/create/the same id again revives nothing/old epoch",
		misread{session: func(s store.Store, n *store.NewSession) error {
			if _, err := s.Session(context.Background(), n.Session.ID, now); err != nil {
				n.Session.ID = id()
			}
			return nil
		}}.broken},
	{"attempts released before the sign-in", "sessions/create/releases the attempts",
		misread{session: func(s store.Store, n *store.NewSession) error {
			return s.Release(context.Background(), n.Release, now)
		}}.broken},
	{"a session touched by anybody", "sessions/touch/only of the account",
		misread{touch: func(s store.Store, t *store.Touch) error {
			l, err := s.Session(context.Background(), t.Session, now)
			t.Account = l.Session.Account
			return err
		}}.broken},
	{"a refresh token used up while it may not serve", "sessions/rotate/of two errors the first wins/a disabled account before reuse",
		func(s store.Store) store.Store {
			return hasty{s}
		}},
	{"reuse that is forgotten", "sessions/rotate/reuse ends the session", func(s store.Store) store.Store {
		return forgiving{s}
	}},
	{"a rotation in a zone of its own", "everywhere/moved times come back in utc, too", func(s store.Store) store.Store {
		return zoned{s}
	}},
	{"a digest for one account only", "secrets/put/two accounts may have the same digest",
		misread{secret: func(s store.Store, x *store.Secret) error {
			if _, _, err := s.Secret(context.Background(), x.Purpose, x.Digest); err == nil {
				x.Digest = digest()
			}
			return nil
		}}.broken},
	{"a code that follows to the new address", "secrets/consume/only what was sent to the present address",
		misread{secret: func(_ store.Store, x *store.Secret) error { x.Address = ""; return nil }}.broken},
	{"a code with a try too many", "secrets/consume/tries are shared by the live ones",
		misread{claim: func(_ store.Store, c *store.Claim) error { c.Tries++; return nil }}.broken},
	{"a wrong code of nobody", "secrets/consume/the last try may be right", func(s store.Store) store.Store {
		return nameless{s}
	}},
	{"the first of two secrets", "secrets/put/of two with one digest the last counts", func(s store.Store) store.Store {
		return backwards{s}
	}},
}

func freed(s store.Store, n *store.NewSession) error {
	l, err := s.Session(context.Background(), n.Session.ID, now)
	if err == nil && l.Session.Account != n.Session.Account {
		n.Session.ID = id()
	}
	return nil
}

// anyScope deletes an account wherever it is.
type anyScope struct{ store.Store }

func (b anyScope) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	if s, err := b.FindAccount(ctx, store.Lookup{ID: d.ID}); err == nil {
		d.Scope = s.Account.Parent
	}
	return b.Store.DeleteAccount(ctx, d, now)
}

// talkative returns what it could not make.
type talkative struct{ store.Store }

func (b talkative) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	a, r, err := b.Store.CreateAccount(ctx, n, now)
	if err != nil {
		a = n.Account
	}
	return a, r, err
}

// retaining hands out the organization that it was given.
type retaining struct {
	store.Store
	organizations map[uuid.UUID]*store.Organization
}

func (b *retaining) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	b.organizations[c.Account.ID] = c.Account.Organization
	return b.Store.UpdateAccount(ctx, c, now)
}

func (b *retaining) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	s, err := b.Store.FindAccount(ctx, l)
	if o := b.organizations[s.Account.ID]; o != nil {
		s.Account.Organization = o
	}
	return s, err
}

// hasty ends a session whose old token is shown, even if no token of it may serve.
type hasty struct{ store.Store }

func (b hasty) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	l, err := b.Session(ctx, r.Session, now)
	if err == nil && r.Generation != l.Session.Generation && l.Status != store.StatusActive {
		return store.Live{}, errors.Join(store.ErrNotFound, b.RevokeSession(ctx, store.Revocation{Account: l.Session.Account, Session: r.Session}, now))
	}
	return b.Store.RotateSession(ctx, r, now)
}

// forgiving takes a session that reuse ended for one that never was.
type forgiving struct{ store.Store }

func (b forgiving) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	if _, err := b.Session(ctx, r.Session, now); err != nil {
		return store.Live{}, err
	}
	return b.Store.RotateSession(ctx, r, now)
}

// zoned returns a rotation in a time zone.
type zoned struct{ store.Store }

func (b zoned) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	l, err := b.Store.RotateSession(ctx, r, now)
	l.Session.RotatedAt = l.Session.RotatedAt.In(elsewhere)
	return l, err
}

// nameless does not say whose code was wrong.
type nameless struct{ store.Store }

func (b nameless) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	s, err := b.Store.ConsumeSecret(ctx, c, now)
	if err != nil {
		s = store.Subject{}
	}
	return s, err
}

// backwards puts the last secret first.
type backwards struct{ store.Store }

func (b backwards) PutSecrets(ctx context.Context, list []store.Secret, now time.Time) error {
	list = slices.Clone(list)
	slices.Reverse(list)
	return b.Store.PutSecrets(ctx, list, now)
}
