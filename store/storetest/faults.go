package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Faults make statements of a store fail, one at a time. The zero value has none fail. It may be used by many at once.
type Faults struct {
	mu     sync.Mutex
	left   int
	failed bool
}

// Next is asked before each statement that may fail, and says whether this one does.
func (f *Faults) Next() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 {
		return false
	}
	f.left--
	f.failed = f.left == 0
	return f.failed
}

// arm has the n-th statement from now on fail; 0: none. It reports whether that of the call before has failed.
func (f *Faults) arm(n int) (failed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	failed = f.failed
	f.left, f.failed = n, false
	return failed
}

// CompareFaults is [Compare] for at least that many steps, with a store whose statements fail. Before a verb is done
// for good, it is tried once for each of its statements, with that one failing. It must then answer with an error that
// decides nothing; whatever it left behind makes an answer differ from then on. An outcome that is never met is no
// failure.
func CompareFaults(t *testing.T, steps int, open func(t *testing.T) (store.Store, *Faults)) map[string]int {
	of, faults := open(t)
	return compareFaults(real{t}, steps, of, faults)
}

func compareFaults(t kitT, steps int, of store.Store, faults *Faults) map[string]int {
	return compare(&kit{kitT: t, ctx: context.Background(), store: &failing{of, faults, t}}, steps, 0)
}

// failing is a store with faults.
type failing struct {
	of     store.Store
	faults *Faults
	t      kitT
}

// mostStatements is more than any verb has in a history.
const mostStatements = 10_000

// try does a verb until all of its statements have failed once, and one time more.
func (f *failing) try(verb string, do func() error) error {
	for n := 1; n < mostStatements; n++ {
		f.faults.arm(n)
		err := do()
		if !f.faults.arm(0) {
			return err
		}
		if what := outcome(err); !strings.HasPrefix(what, strange) {
			f.t.Errorf("%s: statement %d failed, and the answer is %q", verb, n, what)
		}
	}
	f.t.Fatalf("%s has no end", verb)
	return nil
}

func (f *failing) CreateAccount(ctx context.Context, a store.NewAccount, now time.Time) (r1 store.Account, r2 store.Receipt, err error) {
	err = f.try("CreateAccount", func() error { r1, r2, err = f.of.CreateAccount(ctx, a, now); return err })
	return r1, r2, err
}

func (f *failing) FindAccount(ctx context.Context, l store.Lookup) (r1 store.Subject, err error) {
	err = f.try("FindAccount", func() error { r1, err = f.of.FindAccount(ctx, l); return err })
	return r1, err
}

func (f *failing) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (r1 store.Account, r2 store.Receipt, err error) {
	err = f.try("UpdateAccount", func() error { r1, r2, err = f.of.UpdateAccount(ctx, c, now); return err })
	return r1, r2, err
}

func (f *failing) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	return f.try("DeleteAccount", func() error { return f.of.DeleteAccount(ctx, d, now) })
}

func (f *failing) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) (r1 []store.Account, err error) {
	err = f.try("ListAccounts", func() error { r1, err = f.of.ListAccounts(ctx, scope, p); return err })
	return r1, err
}

func (f *failing) CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (r1 int64, err error) {
	err = f.try("CountAccounts", func() error { r1, err = f.of.CountAccounts(ctx, scope, since); return err })
	return r1, err
}

func (f *failing) CreateSession(ctx context.Context, s store.NewSession, now time.Time) (r1 store.Receipt, err error) {
	err = f.try("CreateSession", func() error { r1, err = f.of.CreateSession(ctx, s, now); return err })
	return r1, err
}

func (f *failing) Session(ctx context.Context, id uuid.UUID, now time.Time) (r1 store.Live, err error) {
	err = f.try("Session", func() error { r1, err = f.of.Session(ctx, id, now); return err })
	return r1, err
}

func (f *failing) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (r1 store.Live, err error) {
	err = f.try("RotateSession", func() error { r1, err = f.of.RotateSession(ctx, r, now); return err })
	return r1, err
}

func (f *failing) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	return f.try("TouchSession", func() error { return f.of.TouchSession(ctx, t, now) })
}

func (f *failing) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	return f.try("RevokeSession", func() error { return f.of.RevokeSession(ctx, r, now) })
}

func (f *failing) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) (r1 []store.Session, err error) {
	err = f.try("ListSessions", func() error { r1, err = f.of.ListSessions(ctx, account, p, now); return err })
	return r1, err
}

func (f *failing) PutSecrets(ctx context.Context, s []store.Secret, now time.Time) error {
	return f.try("PutSecrets", func() error { return f.of.PutSecrets(ctx, s, now) })
}

func (f *failing) Secret(ctx context.Context, p store.Purpose, d store.Digest) (r1 store.Secret, r2 store.Subject, err error) {
	err = f.try("Secret", func() error { r1, r2, err = f.of.Secret(ctx, p, d); return err })
	return r1, r2, err
}

func (f *failing) CountSecrets(ctx context.Context, account uuid.UUID, p store.Purpose, now time.Time) (r1 int, err error) {
	err = f.try("CountSecrets", func() error { r1, err = f.of.CountSecrets(ctx, account, p, now); return err })
	return r1, err
}

func (f *failing) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (r1 store.Subject, err error) {
	err = f.try("ConsumeSecret", func() error { r1, err = f.of.ConsumeSecret(ctx, c, now); return err })
	return r1, err
}

func (f *failing) Take(ctx context.Context, b []store.Bucket, now time.Time) (r1 store.Decision, err error) {
	err = f.try("Take", func() error { r1, err = f.of.Take(ctx, b, now); return err })
	return r1, err
}

func (f *failing) Release(ctx context.Context, s store.Release, now time.Time) error {
	return f.try("Release", func() error { return f.of.Release(ctx, s, now) })
}

func (f *failing) ApplyCredit(ctx context.Context, p store.Posting) (r1 store.LedgerEntry, r2 store.Balance, r3 bool, err error) {
	err = f.try("ApplyCredit", func() error { r1, r2, r3, err = f.of.ApplyCredit(ctx, p); return err })
	return r1, r2, r3, err
}

func (f *failing) Balance(ctx context.Context, owner uuid.UUID) (r1 store.Balance, err error) {
	err = f.try("Balance", func() error { r1, err = f.of.Balance(ctx, owner); return err })
	return r1, err
}

func (f *failing) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) (r1 []store.LedgerEntry, err error) {
	err = f.try("ListCredits", func() error { r1, err = f.of.ListCredits(ctx, owner, q); return err })
	return r1, err
}

func (f *failing) SumCredits(ctx context.Context, owner uuid.UUID, d store.Days) (r1 []store.CreditDay, err error) {
	err = f.try("SumCredits", func() error { r1, err = f.of.SumCredits(ctx, owner, d); return err })
	return r1, err
}

func (f *failing) ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) (r1 []store.Month, err error) {
	err = f.try("ListMonths", func() error { r1, err = f.of.ListMonths(ctx, owner, from, to, limit); return err })
	return r1, err
}

func (f *failing) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (r1 int, r2 []store.Settled, err error) {
	err = f.try("CloseMonths", func() error { r1, r2, err = f.of.CloseMonths(ctx, c, now); return err })
	return r1, r2, err
}

func (f *failing) AddEvents(ctx context.Context, l []store.Event) error {
	return f.try("AddEvents", func() error { return f.of.AddEvents(ctx, l) })
}

func (f *failing) ListEvents(ctx context.Context, q store.EventQuery) (r1 []store.Event, err error) {
	err = f.try("ListEvents", func() error { r1, err = f.of.ListEvents(ctx, q); return err })
	return r1, err
}

func (f *failing) QueueMail(ctx context.Context, m []store.QueuedMail) error {
	return f.try("QueueMail", func() error { return f.of.QueueMail(ctx, m) })
}

func (f *failing) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) (r1 []store.QueuedMail, err error) {
	err = f.try("ClaimMail", func() error { r1, err = f.of.ClaimMail(ctx, limit, lease, now); return err })
	return r1, err
}

func (f *failing) FinishMail(ctx context.Context, d store.Delivery) error {
	return f.try("FinishMail", func() error { return f.of.FinishMail(ctx, d) })
}

func (f *failing) ListMail(ctx context.Context, q store.MailQuery) (r1 []store.QueuedMail, err error) {
	err = f.try("ListMail", func() error { r1, err = f.of.ListMail(ctx, q); return err })
	return r1, err
}

func (f *failing) CountMail(ctx context.Context) (r1 store.MailCounts, err error) {
	err = f.try("CountMail", func() error { r1, err = f.of.CountMail(ctx); return err })
	return r1, err
}

func (f *failing) ResumeMail(ctx context.Context, r store.Resumption) error {
	return f.try("ResumeMail", func() error { return f.of.ResumeMail(ctx, r) })
}

func (f *failing) Sweep(ctx context.Context, limit int, now time.Time) (r1 bool, err error) {
	err = f.try("Sweep", func() error { r1, err = f.of.Sweep(ctx, limit, now); return err })
	return r1, err
}
