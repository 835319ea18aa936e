package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper"
)

// versionless writes over whatever stands.
type versionless struct{ tollkeeper.Store }

func (b versionless) UpdateAccount(ctx context.Context, c tollkeeper.Change, now time.Time) (tollkeeper.Account, tollkeeper.Receipt, error) {
	for {
		s, err := b.FindAccount(ctx, tollkeeper.Lookup{ID: c.Account.ID})
		if err != nil {
			return tollkeeper.Account{}, tollkeeper.Receipt{}, err
		}
		c.Account.Version = s.Account.Version
		a, r, err := b.Store.UpdateAccount(ctx, c, now)
		if !errors.Is(err, tollkeeper.ErrConflict) {
			return a, r, err
		}
	}
}

// endless leaves sessions alone.
type endless struct{ tollkeeper.Store }

func (b endless) UpdateAccount(ctx context.Context, c tollkeeper.Change, now time.Time) (tollkeeper.Account, tollkeeper.Receipt, error) {
	a, r, err := b.Store.UpdateAccount(ctx, tollkeeper.Change{Account: c.Account}, now)
	if c.EndSessions {
		a.Epoch++
	}
	return a, r, err
}

// proofSeen looks whether a proof is live and leaves it so.
type proofSeen struct{ tollkeeper.Store }

func (b proofSeen) UpdateAccount(ctx context.Context, c tollkeeper.Change, now time.Time) (tollkeeper.Account, tollkeeper.Receipt, error) {
	if (c.Proof != tollkeeper.Digest{}) {
		if s, _, err := b.Secret(ctx, tollkeeper.PurposeReset, c.Proof); err != nil || !s.UsedAt.IsZero() {
			return tollkeeper.Account{}, tollkeeper.Receipt{}, tollkeeper.ErrInvalidLink
		}
		c.Proof = tollkeeper.Digest{}
	}
	return b.Store.UpdateAccount(ctx, c, now)
}

// adminsCounted guards the last admin by what it read before.
type adminsCounted struct{ tollkeeper.Store }

func (b adminsCounted) UpdateAccount(ctx context.Context, c tollkeeper.Change, now time.Time) (tollkeeper.Account, tollkeeper.Receipt, error) {
	admins := 0
	all, err := b.ListAccounts(ctx, c.Account.Parent, tollkeeper.Page{Limit: 100})
	if err != nil {
		return tollkeeper.Account{}, tollkeeper.Receipt{}, err
	}
	for _, a := range all {
		if a.Role == tollkeeper.RoleAdmin && a.Status == tollkeeper.StatusActive {
			admins++
		}
	}
	time.Sleep(time.Millisecond)
	a, r, err := b.Store.UpdateAccount(ctx, c, now)
	if errors.Is(err, tollkeeper.ErrLastAdmin) && admins > 1 {
		return c.Account, r, nil
	}
	return a, r, err
}

// adminless guards nobody against deletion.
type adminless struct{ tollkeeper.Store }

func (b adminless) DeleteAccount(ctx context.Context, scope, id uuid.UUID, now time.Time) error {
	err := b.Store.DeleteAccount(ctx, scope, id, now)
	if errors.Is(err, tollkeeper.ErrLastAdmin) {
		return nil
	}
	return err
}

// undeleted keeps what a tombstone must not have.
type undeleted struct{ tollkeeper.Store }

func (b undeleted) DeleteAccount(ctx context.Context, scope, id uuid.UUID, now time.Time) error {
	s, err := b.FindAccount(ctx, tollkeeper.Lookup{ID: id})
	if err != nil {
		return err
	}
	s.Account.Status = tollkeeper.StatusDisabled
	_, _, err = b.UpdateAccount(ctx, tollkeeper.Change{Account: s.Account, EndSessions: true}, now)
	return err
}

// shared hands out the same memory as long as the account does not change.
type shared struct {
	tollkeeper.Store
	mu      sync.Mutex
	answers map[tollkeeper.Lookup]tollkeeper.Subject
}

func (b *shared) FindAccount(ctx context.Context, l tollkeeper.Lookup) (tollkeeper.Subject, error) {
	s, err := b.Store.FindAccount(ctx, l)
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, ok := b.answers[l]; ok && before.Account.Version == s.Account.Version {
		return before, err
	}
	b.answers[l] = s
	return s, err
}
