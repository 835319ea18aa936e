package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

var brokenSecrets = []brokenStore{
	{"a code that two may use", "secrets/races/one of many right codes wins", func(s store.Store) store.Store {
		return doubleConsume{s}
	}},
	{"tries that do not count", "secrets/races/no more comparisons than tries", func(s store.Store) store.Store {
		return tireless{s}
	}},
	{"a code that leaves its siblings", "secrets/consume/a match uses up all of the purpose", func(s store.Store) store.Store {
		return siblings{s}
	}},
	{"secrets one by one", "secrets/put/all or none", func(s store.Store) store.Store {
		return oneByOne{s}
	}},
}

// doubleConsume compares in one step and uses up in another.
type doubleConsume struct{ store.Store }

func (b doubleConsume) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	seen, _, err := b.Secret(ctx, c.Purpose, c.Digest)
	live := err == nil && seen.UsedAt.IsZero() && now.Before(seen.ExpiresAt) && seen.Tries < c.Tries
	time.Sleep(time.Millisecond)
	s, err := b.Store.ConsumeSecret(ctx, c, now)
	if live && errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return s, err
}

// tireless never counts a try.
type tireless struct{ store.Store }

func (b tireless) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	c.Tries = 0
	return b.Store.ConsumeSecret(ctx, c, now)
}

// siblings uses up just what matched.
type siblings struct{ store.Store }

func (b siblings) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	c.Single = true
	return b.Store.ConsumeSecret(ctx, c, now)
}

// oneByOne stops at the first that fails.
type oneByOne struct{ store.Store }

func (b oneByOne) PutSecrets(ctx context.Context, all []store.Secret, now time.Time) error {
	for _, s := range all {
		if err := b.Store.PutSecrets(ctx, []store.Secret{s}, now); err != nil {
			return err
		}
	}
	return nil
}
