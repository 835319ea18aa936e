package tollkeeper_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// probe is a store that is watched: it counts verbs, remembers what was handed in, and can fail before or after a verb.
type probe struct {
	store.Store
	mu     sync.Mutex
	calls  []string
	args   []any
	before func(verb string) error // an error: the verb is not done
	after  func(verb string) error // an error: it is done, the answer is lost
}

// watch forgets what was seen so far.
func (p *probe) watch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls, p.args = nil, nil
}

// verbs answers what requests called since watch.
func (p *probe) verbs() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.calls), func(v string) bool { return strings.HasPrefix(v, "worker.") })
}

// faults makes verbs fail from now on; nil functions stop it.
func (p *probe) faults(before, after func(verb string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before, p.after = before, after
}

// failing answers a fault of one verb.
func failing(names ...string) func(string) error {
	return func(verb string) error {
		if slices.Contains(names, verb) {
			return errDriver
		}
		return nil
	}
}

var errDriver = fmt.Errorf("driver: connection to 10.0.0.7:5432 lost")

// asked marks a context of a request. The worker has one of its own: its verbs are named "worker.<verb>".
type asked struct{}

func named(ctx context.Context, verb string) string {
	if ctx.Value(asked{}) == nil {
		return "worker." + verb
	}
	return verb
}

func (p *probe) enter(verb string, args ...any) error {
	p.mu.Lock()
	p.calls = append(p.calls, verb)
	p.args = append(p.args, args...)
	fault := p.before
	p.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(verb)
}

// together lets the first n calls of a verb begin only when all of them have come.
func together(name string, n int) func(string) error {
	all := make(chan struct{})
	var came atomic.Int64
	return func(verb string) error {
		if verb != name {
			return nil
		}
		if came.Add(1) == int64(n) {
			close(all)
		}
		<-all
		return nil
	}
}

// leave answers the fault that loses the answer of a verb that was done.
func (p *probe) leave(verb string) error {
	p.mu.Lock()
	fault := p.after
	p.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(verb)
}

// saw reports whether the text was anywhere in what the store was given.
func (p *probe) saw(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.args {
		if holds(reflect.ValueOf(a), text) {
			return true
		}
	}
	return false
}

// session returns the newest one that the store was asked to make since watch.
func (p *probe) session() store.NewSession { return newest[store.NewSession](p) }

// change returns the newest one that the store was asked to make since watch.
func (p *probe) change() store.Change { return newest[store.Change](p) }

func newest[T any](p *probe) (x T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.args {
		if a, ok := a.(T); ok {
			x = a
		}
	}
	return x
}

// run is what every watched verb does.
func run[T any](ctx context.Context, p *probe, verb string, f func() (T, error), args ...any) (T, error) {
	var none T
	verb = named(ctx, verb)
	if err := p.enter(verb, args...); err != nil {
		return none, err
	}
	v, err := f()
	if err != nil {
		return v, err
	}
	if err := p.leave(verb); err != nil {
		return none, err
	}
	return v, nil
}

type created struct {
	account tollkeeper.Account
	receipt store.Receipt
}

func (p *probe) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (tollkeeper.Account, store.Receipt, error) {
	c, err := run(ctx, p, "CreateAccount", func() (created, error) {
		a, r, err := p.Store.CreateAccount(ctx, n, now)
		return created{a, r}, err
	}, n)
	return c.account, c.receipt, err
}

func (p *probe) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (tollkeeper.Account, store.Receipt, error) {
	u, err := run(ctx, p, "UpdateAccount", func() (created, error) {
		a, r, err := p.Store.UpdateAccount(ctx, c, now)
		return created{a, r}, err
	}, c)
	return u.account, u.receipt, err
}

func (p *probe) FindAccount(ctx context.Context, l store.Lookup) (tollkeeper.Subject, error) {
	return run(ctx, p, "FindAccount", func() (tollkeeper.Subject, error) { return p.Store.FindAccount(ctx, l) })
}

func (p *probe) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	_, err := run(ctx, p, "DeleteAccount", func() (int, error) { return 0, p.Store.DeleteAccount(ctx, d, now) }, d)
	return err
}

func (p *probe) ListAccounts(ctx context.Context, scope uuid.UUID, g store.Page) ([]tollkeeper.Account, error) {
	return run(ctx, p, "ListAccounts", func() ([]tollkeeper.Account, error) { return p.Store.ListAccounts(ctx, scope, g) })
}

func (p *probe) CreateSession(ctx context.Context, s store.NewSession, now time.Time) (store.Receipt, error) {
	return run(ctx, p, "CreateSession", func() (store.Receipt, error) { return p.Store.CreateSession(ctx, s, now) }, s)
}

func (p *probe) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	return run(ctx, p, "Session", func() (store.Live, error) { return p.Store.Session(ctx, id, now) })
}

func (p *probe) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	_, err := run(ctx, p, "RevokeSession", func() (int, error) { return 0, p.Store.RevokeSession(ctx, r, now) }, r)
	return err
}

func (p *probe) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	return run(ctx, p, "RotateSession", func() (store.Live, error) { return p.Store.RotateSession(ctx, r, now) }, r)
}

func (p *probe) ListSessions(ctx context.Context, account uuid.UUID, g store.Page, now time.Time) ([]tollkeeper.Session, error) {
	return run(ctx, p, "ListSessions", func() ([]tollkeeper.Session, error) { return p.Store.ListSessions(ctx, account, g, now) })
}

func (p *probe) PutSecrets(ctx context.Context, s []store.Secret, now time.Time) error {
	_, err := run(ctx, p, "PutSecrets", func() (int, error) { return 0, p.Store.PutSecrets(ctx, s, now) }, s)
	return err
}

type link struct {
	secret  store.Secret
	subject tollkeeper.Subject
}

func (p *probe) Secret(ctx context.Context, u store.Purpose, d store.Digest) (store.Secret, tollkeeper.Subject, error) {
	l, err := run(ctx, p, "Secret", func() (link, error) {
		x, s, err := p.Store.Secret(ctx, u, d)
		return link{x, s}, err
	}, d)
	return l.secret, l.subject, err
}

func (p *probe) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (tollkeeper.Subject, error) {
	return run(ctx, p, "ConsumeSecret", func() (tollkeeper.Subject, error) { return p.Store.ConsumeSecret(ctx, c, now) }, c)
}

func (p *probe) CountSecrets(ctx context.Context, account uuid.UUID, u store.Purpose, now time.Time) (int, error) {
	return run(ctx, p, "CountSecrets", func() (int, error) { return p.Store.CountSecrets(ctx, account, u, now) }, account)
}

func (p *probe) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	return run(ctx, p, "Take", func() (store.Decision, error) { return p.Store.Take(ctx, b, now) }, b)
}

func (p *probe) Release(ctx context.Context, s store.Release, now time.Time) error {
	_, err := run(ctx, p, "Release", func() (int, error) { return 0, p.Store.Release(ctx, s, now) }, s)
	return err
}

type applied struct {
	entry   tollkeeper.LedgerEntry
	balance tollkeeper.Balance
	fresh   bool
}

func (p *probe) ApplyCredit(ctx context.Context, e store.Posting) (tollkeeper.LedgerEntry, tollkeeper.Balance, bool, error) {
	a, err := run(ctx, p, "ApplyCredit", func() (applied, error) {
		entry, b, fresh, err := p.Store.ApplyCredit(ctx, e)
		return applied{entry, b, fresh}, err
	}, e)
	return a.entry, a.balance, a.fresh, err
}

func (p *probe) Balance(ctx context.Context, owner uuid.UUID) (tollkeeper.Balance, error) {
	return run(ctx, p, "Balance", func() (tollkeeper.Balance, error) { return p.Store.Balance(ctx, owner) })
}

func (p *probe) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) ([]tollkeeper.LedgerEntry, error) {
	return run(ctx, p, "ListCredits", func() ([]tollkeeper.LedgerEntry, error) { return p.Store.ListCredits(ctx, owner, q) })
}

func (p *probe) CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (int64, error) {
	return run(ctx, p, "CountAccounts", func() (int64, error) { return p.Store.CountAccounts(ctx, scope, since) }, since)
}

func (p *probe) SumCredits(ctx context.Context, owner uuid.UUID, d store.Days) ([]store.CreditDay, error) {
	return run(ctx, p, "SumCredits", func() ([]store.CreditDay, error) { return p.Store.SumCredits(ctx, owner, d) }, d)
}

func (p *probe) ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) ([]store.Month, error) {
	return run(ctx, p, "ListMonths", func() ([]store.Month, error) { return p.Store.ListMonths(ctx, owner, from, to, limit) })
}

func (p *probe) ListEvents(ctx context.Context, q store.EventQuery) ([]tollkeeper.Event, error) {
	return run(ctx, p, "ListEvents", func() ([]tollkeeper.Event, error) { return p.Store.ListEvents(ctx, q) })
}

func (p *probe) ListMail(ctx context.Context, q store.MailQuery) ([]store.QueuedMail, error) {
	return run(ctx, p, "ListMail", func() ([]store.QueuedMail, error) { return p.Store.ListMail(ctx, q) }, q)
}

func (p *probe) CountMail(ctx context.Context) (store.MailCounts, error) {
	return run(ctx, p, "CountMail", func() (store.MailCounts, error) { return p.Store.CountMail(ctx) })
}

func (p *probe) ResumeMail(ctx context.Context, r store.Resumption) error {
	_, err := run(ctx, p, "ResumeMail", func() (int, error) { return 0, p.Store.ResumeMail(ctx, r) }, r)
	return err
}

func (p *probe) QueueMail(ctx context.Context, m []store.QueuedMail) error {
	_, err := run(ctx, p, "QueueMail", func() (int, error) { return 0, p.Store.QueueMail(ctx, m) }, m)
	return err
}

// holds walks v, also through unexported fields.
func holds(v reflect.Value, text string) bool {
	switch v.Kind() {
	case reflect.String:
		return contains(v.String(), text)
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && holds(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			if holds(v.Field(i), text) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if holds(it.Key(), text) || holds(it.Value(), text) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			b := make([]byte, v.Len())
			for i := range b {
				b[i] = byte(v.Index(i).Uint())
			}
			return contains(string(b), text)
		}
		for i := range v.Len() {
			if holds(v.Index(i), text) {
				return true
			}
		}
	}
	return false
}
