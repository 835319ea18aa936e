package storetest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// misread is a store that takes a request for another one. What an edit returns as an error is the verb's. An edit that
// is nil leaves its verb alone.
type misread struct {
	store.Store
	account  func(store.Store, *store.NewAccount) error
	change   func(store.Store, *store.Change) error
	session  func(store.Store, *store.NewSession) error
	rotation func(store.Store, *store.Rotation) error
	touch    func(store.Store, *store.Touch) error
	secret   func(store.Store, *store.Secret) error
	claim    func(store.Store, *store.Claim) error
	release  func(store.Store, *store.Release) error
	entry    func(store.Store, *store.LedgerEntry) error
	mail     func(store.Store, *store.QueuedMail) error
	lookup   func(store.Store, *store.Lookup) error
	page     func(store.Store, *store.Page) error
	deletion func(store.Store, *store.Deletion) error
	revoked  func(store.Store, *store.Revocation) error
	posting  func(store.Store, *store.Posting) error
	closing  func(store.Store, *store.Closing) error
	delivery func(store.Store, *store.Delivery) error
	event    func(store.Store, *store.Event) error
	query    func(store.Store, *store.EventQuery) error
}

// broken makes the store of a table from an edit.
func (m misread) broken(s store.Store) store.Store {
	m.Store = s
	return m
}

func apply[R any](s store.Store, edit func(store.Store, *R) error, r *R) error {
	if edit == nil {
		return nil
	}
	return edit(s, r)
}

func (m misread) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	if err := apply(m.Store, m.account, &n); err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	return m.Store.CreateAccount(ctx, n, now)
}

func (m misread) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	if err := apply(m.Store, m.change, &c); err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	return m.Store.UpdateAccount(ctx, c, now)
}

func (m misread) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	if err := apply(m.Store, m.session, &n); err != nil {
		return store.Receipt{}, err
	}
	return m.Store.CreateSession(ctx, n, now)
}

func (m misread) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	if err := apply(m.Store, m.rotation, &r); err != nil {
		return store.Live{}, err
	}
	return m.Store.RotateSession(ctx, r, now)
}

func (m misread) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	if err := apply(m.Store, m.touch, &t); err != nil {
		return err
	}
	return m.Store.TouchSession(ctx, t, now)
}

func (m misread) PutSecrets(ctx context.Context, list []store.Secret, now time.Time) error {
	list = append([]store.Secret{}, list...)
	for i := range list {
		if err := apply(m.Store, m.secret, &list[i]); err != nil {
			return err
		}
	}
	return m.Store.PutSecrets(ctx, list, now)
}

func (m misread) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	if err := apply(m.Store, m.claim, &c); err != nil {
		return store.Subject{}, err
	}
	return m.Store.ConsumeSecret(ctx, c, now)
}

func (m misread) Release(ctx context.Context, t store.Release, now time.Time) error {
	if err := apply(m.Store, m.release, &t); err != nil {
		return err
	}
	return m.Store.Release(ctx, t, now)
}

func (m misread) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	if err := apply(m.Store, m.entry, &p.Entry); err != nil {
		return store.LedgerEntry{}, store.Balance{}, false, err
	}
	if err := apply(m.Store, m.posting, &p); err != nil {
		return store.LedgerEntry{}, store.Balance{}, false, err
	}
	return m.Store.ApplyCredit(ctx, p)
}

func (m misread) QueueMail(ctx context.Context, list []store.QueuedMail) error {
	list = append([]store.QueuedMail{}, list...)
	for i := range list {
		if err := apply(m.Store, m.mail, &list[i]); err != nil {
			return err
		}
	}
	return m.Store.QueueMail(ctx, list)
}

func (m misread) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	if err := apply(m.Store, m.lookup, &l); err != nil {
		return store.Subject{}, err
	}
	return m.Store.FindAccount(ctx, l)
}

func (m misread) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) ([]store.Account, error) {
	if err := apply(m.Store, m.page, &p); err != nil {
		return nil, err
	}
	return m.Store.ListAccounts(ctx, scope, p)
}

func (m misread) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) ([]store.Session, error) {
	if err := apply(m.Store, m.page, &p); err != nil {
		return nil, err
	}
	return m.Store.ListSessions(ctx, account, p, now)
}

func (m misread) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	if err := apply(m.Store, m.deletion, &d); err != nil {
		return err
	}
	return m.Store.DeleteAccount(ctx, d, now)
}

func (m misread) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	if err := apply(m.Store, m.revoked, &r); err != nil {
		return err
	}
	return m.Store.RevokeSession(ctx, r, now)
}

func (m misread) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	if err := apply(m.Store, m.closing, &c); err != nil {
		return 0, nil, err
	}
	return m.Store.CloseMonths(ctx, c, now)
}

func (m misread) FinishMail(ctx context.Context, d store.Delivery) error {
	if err := apply(m.Store, m.delivery, &d); err != nil {
		return err
	}
	return m.Store.FinishMail(ctx, d)
}

func (m misread) AddEvents(ctx context.Context, list []store.Event) error {
	list = append([]store.Event{}, list...)
	for i := range list {
		if err := apply(m.Store, m.event, &list[i]); err != nil {
			return err
		}
	}
	return m.Store.AddEvents(ctx, list)
}

func (m misread) ListEvents(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if err := apply(m.Store, m.query, &q); err != nil {
		return nil, err
	}
	return m.Store.ListEvents(ctx, q)
}
