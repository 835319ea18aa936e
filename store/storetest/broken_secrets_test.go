package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

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
	{"codes of others that are compared", "secrets/consume/an asker is compared with its own alone", func(s store.Store) store.Store {
		return allAsk{s}
	}},
	{"strangers who use up tries", "secrets/consume/anybody else is compared with all and counts on none", func(s store.Store) store.Store {
		return &askers{Store: s}
	}},
	{"a mail whose tries all live", "secrets/put/the next of a mail replaces the one before", func(s store.Store) store.Store {
		return unmailed{s}
	}},
	{"a count of spent codes, too", "secrets/consume/count says how many are live", func(s store.Store) store.Store {
		return &spendthrift{Store: s}
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

// spendthrift counts what was used, too.
type spendthrift struct {
	store.Store
	used int
}

func (b *spendthrift) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	s, err := b.Store.ConsumeSecret(ctx, c, now)
	if err == nil {
		b.used++
	}
	return s, err
}

func (b *spendthrift) CountSecrets(ctx context.Context, account uuid.UUID, p store.Purpose, now time.Time) (int, error) {
	n, err := b.Store.CountSecrets(ctx, account, p, now)
	return n + b.used, err
}

// tireless never counts a try.
type tireless struct{ store.Store }

func (b tireless) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	c.Tries = 0
	return b.Store.ConsumeSecret(ctx, c, now)
}

// allAsk takes an asker for anybody.
type allAsk struct{ store.Store }

func (b allAsk) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	c.Asker = store.Digest{}
	return b.Store.ConsumeSecret(ctx, c, now)
}

// askers takes anybody for the last who asked.
type askers struct {
	store.Store
	last store.Digest
}

func (b *askers) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	if c.Asker == (store.Digest{}) {
		c.Asker = b.last
	}
	b.last = c.Asker
	return b.Store.ConsumeSecret(ctx, c, now)
}

// unmailed does not know which mail a secret is of.
type unmailed struct{ store.Store }

func (b unmailed) PutSecrets(ctx context.Context, list []store.Secret, now time.Time) error {
	list = slices.Clone(list)
	for i := range list {
		list[i].Mail = uuid.Nil
	}
	return b.Store.PutSecrets(ctx, list, now)
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
