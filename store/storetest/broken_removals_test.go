package storetest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// foundBefore looks whether the account has the factor, and then makes the session.
type foundBefore struct{ store.Store }

func (b foundBefore) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	if factorIn(b.Store, n.Session.Account, n.Use.Factor).ID != uuid.Nil {
		time.Sleep(time.Millisecond)
		n.Use = store.Use{}
	}
	return b.Store.CreateSession(ctx, n, now)
}

// linkedAnew writes the identity of a sign-in back as it was read before.
type linkedAnew struct{ store.Store }

func (b linkedAnew) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	before, _ := b.FindAccount(ctx, store.Lookup{ID: n.Session.Account, Credentials: true})
	time.Sleep(time.Millisecond)
	r, err := b.Store.CreateSession(ctx, n, now)
	for _, l := range before.Linked {
		if after, _ := b.FindAccount(ctx, store.Lookup{ID: n.Session.Account}); l.Key() == n.By {
			_, _, _ = b.UpdateAccount(ctx, store.Change{Account: after.Account, Link: []store.Linked{l}}, now)
		}
	}
	return r, err
}
