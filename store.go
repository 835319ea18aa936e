package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// errorsOf is a store whose every error is an [*Error]. It is the one place that knows what a store says in plain
// errors; one of the driver means that nobody can tell, [ErrUnavailable].
type errorsOf struct{ of store.Store }

// asError returns the error that the host sees.
func asError(err error) error {
	if err == nil {
		return nil
	}
	if c, ok := errors.AsType[store.Conflict](err); ok {
		return ErrConflict.WithField(c.Field).WithCause(err)
	}
	for _, x := range plainErrors {
		if errors.Is(err, x.plain) {
			return x.ours.WithCause(err)
		}
	}
	return ErrUnavailable.WithCause(err)
}

// errNoParent is how the host sees that the parent which a request names is nobody.
var errNoParent = ErrNotFound.WithField("parent")

var plainErrors = []struct {
	plain error
	ours  *Error
}{
	{store.ErrNoParent, errNoParent}, // before ErrNotFound, which it is, too
	{store.ErrNotFound, ErrNotFound},
	{store.ErrLastAdmin, ErrLastAdmin},
	{store.ErrInsufficientCredits, ErrInsufficientCredits},
	{store.ErrProofSpent, ErrInvalidLink},
	{store.ErrInvalid, ErrInvalidInput},
	{store.ErrUnavailable, ErrUnavailable},
	{store.ErrNotMigrated, ErrUnavailable.WithMessage("tollkeeper: the store is not ready: " + store.ErrNotMigrated.Error())},
	{store.ErrNewerSchema, ErrUnavailable.WithMessage("tollkeeper: the store is not ready: " + store.ErrNewerSchema.Error())},
}

func (e errorsOf) CreateAccount(ctx context.Context, a store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	r1, r2, err := e.of.CreateAccount(ctx, a, now)
	return r1, r2, asError(err)
}

func (e errorsOf) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	r1, err := e.of.FindAccount(ctx, l)
	return r1, asError(err)
}

func (e errorsOf) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	r1, r2, err := e.of.UpdateAccount(ctx, c, now)
	return r1, r2, asError(err)
}

func (e errorsOf) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	return asError(e.of.DeleteAccount(ctx, d, now))
}

func (e errorsOf) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) ([]store.Account, error) {
	r1, err := e.of.ListAccounts(ctx, scope, p)
	return r1, asError(err)
}

func (e errorsOf) CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (int64, error) {
	r1, err := e.of.CountAccounts(ctx, scope, since)
	return r1, asError(err)
}

func (e errorsOf) CreateSession(ctx context.Context, s store.NewSession, now time.Time) (store.Receipt, error) {
	r1, err := e.of.CreateSession(ctx, s, now)
	return r1, asError(err)
}

func (e errorsOf) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	r1, err := e.of.Session(ctx, id, now)
	return r1, asError(err)
}

func (e errorsOf) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	r1, err := e.of.RotateSession(ctx, r, now)
	return r1, asError(err)
}

func (e errorsOf) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	return asError(e.of.TouchSession(ctx, t, now))
}

func (e errorsOf) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	return asError(e.of.RevokeSession(ctx, r, now))
}

func (e errorsOf) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) ([]store.Session, error) {
	r1, err := e.of.ListSessions(ctx, account, p, now)
	return r1, asError(err)
}

func (e errorsOf) PutSecrets(ctx context.Context, s []store.Secret, now time.Time) error {
	return asError(e.of.PutSecrets(ctx, s, now))
}

func (e errorsOf) Secret(ctx context.Context, p store.Purpose, d store.Digest) (store.Secret, store.Subject, error) {
	r1, r2, err := e.of.Secret(ctx, p, d)
	return r1, r2, asError(err)
}

func (e errorsOf) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	r1, err := e.of.ConsumeSecret(ctx, c, now)
	return r1, asError(err)
}

func (e errorsOf) CountSecrets(ctx context.Context, account uuid.UUID, p store.Purpose, now time.Time) (int, error) {
	r1, err := e.of.CountSecrets(ctx, account, p, now)
	return r1, asError(err)
}

func (e errorsOf) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	return attemptErrors{e.of}.Take(ctx, b, now)
}

func (e errorsOf) Release(ctx context.Context, s store.Release, now time.Time) error {
	return attemptErrors{e.of}.Release(ctx, s, now)
}

func (e errorsOf) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	r1, r2, r3, err := e.of.ApplyCredit(ctx, p)
	return r1, r2, r3, asError(err)
}

func (e errorsOf) Balance(ctx context.Context, owner uuid.UUID) (store.Balance, error) {
	r1, err := e.of.Balance(ctx, owner)
	return r1, asError(err)
}

func (e errorsOf) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) ([]store.LedgerEntry, error) {
	r1, err := e.of.ListCredits(ctx, owner, q)
	return r1, asError(err)
}

func (e errorsOf) SumCredits(ctx context.Context, owner uuid.UUID, d store.Days) ([]store.CreditDay, error) {
	r1, err := e.of.SumCredits(ctx, owner, d)
	return r1, asError(err)
}

func (e errorsOf) ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) ([]store.Month, error) {
	r1, err := e.of.ListMonths(ctx, owner, from, to, limit)
	return r1, asError(err)
}

func (e errorsOf) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	r1, r2, err := e.of.CloseMonths(ctx, c, now)
	return r1, r2, asError(err)
}

func (e errorsOf) AddEvents(ctx context.Context, l []store.Event) error {
	return asError(e.of.AddEvents(ctx, l))
}

func (e errorsOf) ListEvents(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	r1, err := e.of.ListEvents(ctx, q)
	return r1, asError(err)
}

func (e errorsOf) QueueMail(ctx context.Context, m []store.QueuedMail) error {
	return asError(e.of.QueueMail(ctx, m))
}

func (e errorsOf) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	r1, err := e.of.ClaimMail(ctx, limit, lease, now)
	return r1, asError(err)
}

func (e errorsOf) FinishMail(ctx context.Context, d store.Delivery) error {
	return asError(e.of.FinishMail(ctx, d))
}

func (e errorsOf) ListMail(ctx context.Context, q store.MailQuery) ([]store.QueuedMail, error) {
	r1, err := e.of.ListMail(ctx, q)
	return r1, asError(err)
}

func (e errorsOf) CountMail(ctx context.Context) (store.MailCounts, error) {
	r1, err := e.of.CountMail(ctx)
	return r1, asError(err)
}

func (e errorsOf) ResumeMail(ctx context.Context, r store.Resumption) error {
	return asError(e.of.ResumeMail(ctx, r))
}

func (e errorsOf) Sweep(ctx context.Context, limit int, now time.Time) (bool, error) {
	r1, err := e.of.Sweep(ctx, limit, now)
	return r1, asError(err)
}

// attemptErrors is errorsOf for the attempts alone, which may live in a store of their own.
type attemptErrors struct{ of store.AttemptStore }

func (e attemptErrors) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	d, err := e.of.Take(ctx, b, now)
	return d, asError(err)
}

func (e attemptErrors) Release(ctx context.Context, s store.Release, now time.Time) error {
	return asError(e.of.Release(ctx, s, now))
}
