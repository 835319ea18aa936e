package model

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// asked marks a context of a request, watching one of the model itself: the worker has one of its own.
type (
	asked    struct{}
	watching struct{}
)

// unfaulted is the context of what the model asks for itself.
var unfaulted = context.WithValue(context.Background(), watching{}, true)

var errDriver = errors.New("driver: connection lost")

// watched is a store that can fail, and that tells what was done with it.
type watched struct {
	store.Store

	mu      sync.Mutex
	fault   Fault
	cancel  context.CancelFunc // of the request
	calls   int                // of the request so far
	worked  int                // of the worker
	struck  bool               // the fault has happened, to the request
	strayed bool               // to the worker, which tries again
	done    []string           // verbs of the request, to be printed
	touched map[uuid.UUID]bool // accounts and owners that a verb named
	swept   bool
	network string
	askers  map[uuid.UUID]string       // the network of the step that queued a mail
	secrets map[uuid.UUID]store.Secret // by the mail that brings them
	tries   attempts
	taken   []store.Bucket               // of the step that settle
	base    map[store.Digest]store.State // what the first Take of the step left
	refused bool                         // a Take was refused for failures
	limited bool                         // or by a rate, which a clock that went back does for a moment
	full    bool                         // or found no place
}

func watch(s store.Store) *watched {
	return &watched{Store: s, secrets: map[uuid.UUID]store.Secret{}, askers: map[uuid.UUID]string{}, tries: newAttempts(), touched: map[uuid.UUID]bool{}}
}

// begin is called before a step.
func (w *watched) begin(s Step, cancel context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.network = networks[s.From%len(networks)]
	w.fault, w.cancel, w.calls, w.worked, w.struck, w.done = s.Fault, cancel, 0, 0, false, nil
	w.strayed, w.swept, w.refused, w.full, w.taken = false, false, false, false, nil
	w.limited, w.base, w.touched = false, map[store.Digest]store.State{}, map[uuid.UUID]bool{}
}

// strikes reports whether the fault falls on the next call, which it counts.
func (w *watched) strikes(ctx context.Context, verb string) (mode Mode) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Value(watching{}) != nil {
		return None
	}
	if ctx.Value(asked{}) == nil {
		w.worked++
		if w.fault.Mode == Worker && w.worked == w.fault.Call {
			w.strayed = true
			return Before
		}
		return None
	}
	w.calls++
	w.done = append(w.done, verb)
	if w.calls != w.fault.Call || w.fault.Mode == Mailer || w.fault.Mode == Worker || w.fault.Mode == None {
		return None
	}
	w.struck = true
	w.done[len(w.done)-1] += fmt.Sprintf("(%s)", w.fault.Mode)
	return w.fault.Mode
}

// call does a verb unless the fault is in the way.
func call[T any](ctx context.Context, w *watched, verb string, accounts []uuid.UUID, f func() (T, error)) (T, error) {
	var none T
	mode := w.strikes(ctx, verb)
	switch mode {
	case Before:
		return none, errDriver
	case Ended:
		w.cancel()
	}
	v, err := f()
	w.mu.Lock()
	for _, id := range accounts {
		w.touched[id] = true
	}
	w.mu.Unlock()
	switch mode {
	case After:
		return none, errDriver
	case Left:
		w.cancel()
	}
	return v, err
}

// two and three are the results of verbs that have more than one.
type two[A, B any] struct {
	a A
	b B
}

type three[A, B, C any] struct {
	a A
	b B
	c C
}

func (w *watched) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	r, err := call(ctx, w, "CreateAccount", []uuid.UUID{n.Account.ID, n.Account.Parent}, func() (r two[store.Account, store.Receipt], err error) {
		r.a, r.b, err = w.Store.CreateAccount(ctx, n, now)
		return r, err
	})
	return r.a, r.b, err
}

func (w *watched) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	return call(ctx, w, "FindAccount", nil, func() (store.Subject, error) { return w.Store.FindAccount(ctx, l) })
}

func (w *watched) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	r, err := call(ctx, w, "UpdateAccount", []uuid.UUID{c.Account.ID, c.Charge.Owner}, func() (r two[store.Account, store.Receipt], err error) {
		r.a, r.b, err = w.Store.UpdateAccount(ctx, c, now)
		return r, err
	})
	return r.a, r.b, err
}

func (w *watched) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	_, err := call(ctx, w, "DeleteAccount", []uuid.UUID{d.ID, d.Scope}, func() (int, error) { return 0, w.Store.DeleteAccount(ctx, d, now) })
	return err
}

func (w *watched) CreateSession(ctx context.Context, s store.NewSession, now time.Time) (store.Receipt, error) {
	return call(ctx, w, "CreateSession", []uuid.UUID{s.Session.Account, s.Charge.Owner}, func() (store.Receipt, error) {
		r, err := w.Store.CreateSession(ctx, s, now)
		if err == nil {
			w.released(s.Release, now)
		}
		return r, err
	})
}

func (w *watched) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	return call(ctx, w, "Session", nil, func() (store.Live, error) { return w.Store.Session(ctx, id, now) })
}

func (w *watched) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	return call(ctx, w, "RotateSession", w.holder(r.Session), func() (store.Live, error) { return w.Store.RotateSession(ctx, r, now) })
}

// holder is whose session it is.
func (w *watched) holder(session uuid.UUID) []uuid.UUID {
	l, err := w.Store.Session(context.Background(), session, time.Unix(0, 0)) // not over at that time
	if err != nil {
		return nil
	}
	return []uuid.UUID{l.Session.Account}
}

func (w *watched) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	_, err := call(ctx, w, "TouchSession", []uuid.UUID{t.Account}, func() (int, error) { return 0, w.Store.TouchSession(ctx, t, now) })
	return err
}

func (w *watched) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	_, err := call(ctx, w, "RevokeSession", []uuid.UUID{r.Account}, func() (int, error) { return 0, w.Store.RevokeSession(ctx, r, now) })
	return err
}

func (w *watched) PutSecrets(ctx context.Context, s []store.Secret, now time.Time) error {
	_, err := call(ctx, w, "PutSecrets", nil, func() (int, error) { return 0, w.Store.PutSecrets(ctx, s, now) })
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, x := range s {
			w.secrets[x.Mail] = x
		}
	}
	return err
}

// brought is the secret that a mail brings.
func (w *watched) brought(mail uuid.UUID) store.Secret {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.secrets[mail]
}

func (w *watched) Secret(ctx context.Context, p store.Purpose, d store.Digest) (store.Secret, store.Subject, error) {
	r, err := call(ctx, w, "Secret", nil, func() (r two[store.Secret, store.Subject], err error) {
		r.a, r.b, err = w.Store.Secret(ctx, p, d)
		return r, err
	})
	return r.a, r.b, err
}

func (w *watched) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	return call(ctx, w, "ConsumeSecret", nil, func() (store.Subject, error) { return w.Store.ConsumeSecret(ctx, c, now) })
}

func (w *watched) CountSecrets(ctx context.Context, account uuid.UUID, p store.Purpose, now time.Time) (int, error) {
	return call(ctx, w, "CountSecrets", nil, func() (int, error) { return w.Store.CountSecrets(ctx, account, p, now) })
}

func (w *watched) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	return call(ctx, w, "Take", nil, func() (store.Decision, error) {
		d, err := w.Store.Take(ctx, b, now)
		if err == nil {
			w.took(ctx, b, d)
		}
		return d, err
	})
}

func (w *watched) Release(ctx context.Context, r store.Release, now time.Time) error {
	_, err := call(ctx, w, "Release", nil, func() (int, error) {
		err := w.Store.Release(ctx, r, now)
		if err == nil {
			w.released(r, now)
		}
		return 0, err
	})
	return err
}

func (w *watched) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	r, err := call(ctx, w, "ApplyCredit", []uuid.UUID{p.Entry.Owner}, func() (r three[store.LedgerEntry, store.Balance, bool], err error) {
		r.a, r.b, r.c, err = w.Store.ApplyCredit(ctx, p)
		return r, err
	})
	return r.a, r.b, r.c, err
}

func (w *watched) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	r, err := call(ctx, w, "CloseMonths", nil, func() (r two[int, []store.Settled], err error) {
		r.a, r.b, err = w.Store.CloseMonths(ctx, c, now)
		return r, err
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range r.b {
		w.touched[s.Owner] = true
	}
	return r.a, r.b, err
}

func (w *watched) AddEvents(ctx context.Context, e []store.Event) error {
	_, err := call(ctx, w, "AddEvents", nil, func() (int, error) { return 0, w.Store.AddEvents(ctx, e) })
	return err
}

// asker is the network of the step that queued the mail.
func (w *watched) asker(mail uuid.UUID) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.askers[mail]
}

func (w *watched) QueueMail(ctx context.Context, m []store.QueuedMail) error {
	w.mu.Lock()
	for _, x := range m {
		w.askers[x.ID] = w.network
	}
	w.mu.Unlock()
	_, err := call(ctx, w, "QueueMail", nil, func() (int, error) { return 0, w.Store.QueueMail(ctx, m) })
	return err
}

func (w *watched) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	return call(ctx, w, "ClaimMail", nil, func() ([]store.QueuedMail, error) { return w.Store.ClaimMail(ctx, limit, lease, now) })
}

func (w *watched) FinishMail(ctx context.Context, d store.Delivery) error {
	_, err := call(ctx, w, "FinishMail", nil, func() (int, error) { return 0, w.Store.FinishMail(ctx, d) })
	return err
}

func (w *watched) Sweep(ctx context.Context, limit int, now time.Time) (bool, error) {
	more, err := call(ctx, w, "Sweep", nil, func() (bool, error) { return w.Store.Sweep(ctx, limit, now) })
	if err == nil {
		w.mu.Lock()
		w.swept = true
		w.mu.Unlock()
	}
	return more, err
}
