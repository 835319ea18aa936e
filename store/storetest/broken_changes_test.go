package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// versionless writes over whatever stands.
type versionless struct{ store.Store }

func (b versionless) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	for {
		s, err := b.FindAccount(ctx, store.Lookup{ID: c.Account.ID})
		if err != nil {
			return store.Account{}, store.Receipt{}, err
		}
		c.Account.Version = s.Account.Version
		a, r, err := b.Store.UpdateAccount(ctx, c, now)
		if !errors.Is(err, store.Conflict{}) {
			return a, r, err
		}
	}
}

// endless leaves sessions alone.
type endless struct{ store.Store }

func (b endless) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	a, r, err := b.Store.UpdateAccount(ctx, store.Change{Account: c.Account}, now)
	if c.EndSessions {
		a.Epoch++
	}
	return a, r, err
}

// proofSeen looks whether a proof is live and leaves it so.
type proofSeen struct{ store.Store }

func (b proofSeen) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	if (c.Proof != store.Digest{}) {
		if s, _, err := b.Secret(ctx, store.PurposeReset, c.Proof); err != nil || !s.UsedAt.IsZero() {
			return store.Account{}, store.Receipt{}, store.ErrProofSpent
		}
		c.Proof = store.Digest{}
	}
	return b.Store.UpdateAccount(ctx, c, now)
}

// adminsCounted guards the last admin by what it read before.
type adminsCounted struct{ store.Store }

func (b adminsCounted) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	admins := 0
	all, err := b.ListAccounts(ctx, c.Account.Parent, store.Page{Limit: 100})
	if err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	for _, a := range all {
		if a.Role == store.RoleAdmin && a.Status == store.StatusActive {
			admins++
		}
	}
	time.Sleep(time.Millisecond)
	a, r, err := b.Store.UpdateAccount(ctx, c, now)
	if errors.Is(err, store.ErrLastAdmin) && admins > 1 {
		return c.Account, r, nil
	}
	return a, r, err
}

// adminless guards nobody against deletion.
type adminless struct{ store.Store }

func (b adminless) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	err := b.Store.DeleteAccount(ctx, d, now)
	if errors.Is(err, store.ErrLastAdmin) {
		return nil
	}
	return err
}

// undeleted keeps what a tombstone must not have.
type undeleted struct{ store.Store }

func (b undeleted) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	s, err := b.FindAccount(ctx, store.Lookup{ID: d.ID})
	if err != nil {
		return err
	}
	s.Account.Status = store.StatusDisabled
	_, _, err = b.UpdateAccount(ctx, store.Change{Account: s.Account, EndSessions: true}, now)
	return err
}

// shared hands out the same memory as long as the account does not change.
type shared struct {
	store.Store
	mu      sync.Mutex
	answers map[string]store.Subject
}

func (b *shared) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	s, err := b.Store.FindAccount(ctx, l)
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, ok := b.answers[fmt.Sprint(l)]; ok && before.Account.Version == s.Account.Version {
		return before, err
	}
	b.answers[fmt.Sprint(l)] = s
	return s, err
}
