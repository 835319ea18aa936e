package tollkeeper

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// recorder is the store as the rest of this package sees it: each verb writes the events that it carries in its own
// step, and the host is told of them once it has happened.
type recorder struct {
	errorsOf
	mode LogMode
	tell func(Event)
	wake func() // the worker: mail is due
	now  func() time.Time
	ids  *clockIDs
}

// kept completes the events in place and returns those that the store is to keep.
func (r *recorder) kept(ctx context.Context, events []store.Event) []store.Event {
	if len(events) == 0 {
		return nil
	}
	now, n := r.now(), 0
	for i := range events {
		r.complete(ctx, &events[i], now)
		if r.mode.keeps(events[i].Name) {
			n++
		}
	}
	if n == len(events) {
		return events
	}
	kept := make([]store.Event, 0, n)
	for _, e := range events {
		if r.mode.keeps(e.Name) {
			kept = append(kept, e)
		}
	}
	return kept
}

// complete gives an event its moment, its id, who acts for the host, and the commitment to what is erased later.
func (r *recorder) complete(ctx context.Context, e *store.Event, now time.Time) {
	e.At, e.ID, e.Count = now, r.ids.next(now), max(1, e.Count)
	if operator := operatorOf(ctx); operator != "" {
		e.Operator = operator
	}
	if e.Network != "" || e.Detail != "" {
		rand.Read(e.Salt[:])
		e.Commitment = commitment(e)
	}
}

// commitment binds an event to its Network and Detail. Whoever still has both and the salt can show what they were.
func commitment(e *store.Event) [16]byte {
	var room [256]byte
	text := append(append(room[:0], e.Salt[:]...), e.ID[:]...)
	text = append(append(append(text, e.Network...), 0), e.Detail...)
	sum := sha256.Sum256(text)
	return [16]byte(sum[:16])
}

func (r *recorder) told(events []store.Event) {
	for _, e := range events {
		r.tell(e)
	}
}

// telling is what is told of thresholds that a payment crosses.
func (r *recorder) telling() store.Telling { return store.Telling{Mail: true, Log: r.mode != LogOff} }

// effects returns what the store is to do, of what a verb says.
func (r *recorder) effects(ctx context.Context, fx store.Effects) store.Effects {
	fx.Events = r.kept(ctx, fx.Events)
	if fx.Charge.Price != 0 {
		fx.Charge.Tell = r.telling()
	}
	return fx
}

// done tells the host of a verb that has happened: its events, and what its charge crossed.
func (r *recorder) done(events []store.Event, c store.Charge, receipt store.Receipt) {
	r.told(events)
	if receipt.Charged {
		r.crossed(LedgerEntry{Owner: c.Owner, Amount: -c.Price}, receipt.Balance)
	}
}

// crossed tells the host of what the store has written about thresholds.
func (r *recorder) crossed(e LedgerEntry, after Balance) {
	for _, level := range crossed(beforeEntry(after, e), after) {
		r.wake()
		r.tell(Event{Name: EventCreditAlert, At: r.now(), Account: e.Owner, Detail: level, Credits: after.Credits, Count: 1})
	}
}

func (r *recorder) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (Account, store.Receipt, error) {
	events := n.Events
	n.Effects = r.effects(ctx, n.Effects)
	x, receipt, err := r.errorsOf.CreateAccount(ctx, n, now)
	if err == nil {
		r.done(events, n.Charge, receipt)
	}
	return x, receipt, err
}

func (r *recorder) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (Account, store.Receipt, error) {
	events := c.Events
	c.Effects = r.effects(ctx, c.Effects)
	x, receipt, err := r.errorsOf.UpdateAccount(ctx, c, now)
	if err == nil {
		r.done(events, c.Charge, receipt)
	}
	return x, receipt, err
}

func (r *recorder) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	events := d.Events
	d.Events = r.kept(ctx, events)
	err := r.errorsOf.DeleteAccount(ctx, d, now)
	if err == nil {
		r.told(events)
	}
	return err
}

func (r *recorder) CreateSession(ctx context.Context, s store.NewSession, now time.Time) (store.Receipt, error) {
	events := s.Events
	s.Effects = r.effects(ctx, s.Effects)
	receipt, err := r.errorsOf.CreateSession(ctx, s, now)
	if err == nil {
		r.done(events, s.Charge, receipt)
	}
	return receipt, err
}

func (r *recorder) RotateSession(ctx context.Context, x store.Rotation, now time.Time) (store.Live, error) {
	moved, reused := x.Moved, x.Reused
	x.Moved, x.Reused = r.kept(ctx, moved), r.kept(ctx, reused)
	live, err := r.errorsOf.RotateSession(ctx, x, now)
	switch {
	case err == nil:
		r.told(moved)
	case errors.Is(err, ErrConflict):
		r.told(reused)
	}
	return live, err
}

func (r *recorder) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	events := t.Events
	t.Events = r.kept(ctx, events)
	err := r.errorsOf.TouchSession(ctx, t, now)
	if err == nil {
		r.told(events)
	}
	return err
}

func (r *recorder) RevokeSession(ctx context.Context, x store.Revocation, now time.Time) error {
	events := x.Events
	x.Events = r.kept(ctx, events)
	err := r.errorsOf.RevokeSession(ctx, x, now)
	if err == nil {
		r.told(events)
	}
	return err
}

func (r *recorder) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (Subject, error) {
	events := c.Events
	c.Events = r.kept(ctx, events)
	s, err := r.errorsOf.ConsumeSecret(ctx, c, now)
	if err == nil {
		for i := range events {
			events[i].Scope, events[i].Account = s.Account.Parent, s.Account.ID
		}
		r.told(events)
	}
	return s, err
}

func (r *recorder) ApplyCredit(ctx context.Context, p store.Posting) (LedgerEntry, Balance, bool, error) {
	events := p.Events
	p.Events, p.Tell = r.kept(ctx, events), r.telling()
	e, b, fresh, err := r.errorsOf.ApplyCredit(ctx, p)
	if err == nil && fresh {
		r.told(events)
		r.crossed(e, b)
	}
	return e, b, fresh, err
}

func (r *recorder) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	c.Tell, c.Log = r.telling(), r.mode != LogOff
	n, charged, err := r.errorsOf.CloseMonths(ctx, c, now)
	for _, x := range charged {
		r.tell(Event{Name: EventMonthClosed, At: now, Account: x.Owner, Credits: -x.Debit, Count: 1})
		r.crossed(LedgerEntry{Owner: x.Owner, Amount: -x.Debit}, x.Balance)
	}
	return n, charged, err
}

func (r *recorder) FinishMail(ctx context.Context, d store.Delivery) error {
	events := d.Events
	d.Events = r.kept(ctx, events)
	err := r.errorsOf.FinishMail(ctx, d)
	if err == nil {
		r.told(events)
	}
	return err
}

func (r *recorder) ResumeMail(ctx context.Context, x store.Resumption) error {
	events := x.Events
	x.Events = r.kept(ctx, events)
	err := r.errorsOf.ResumeMail(ctx, x)
	if err == nil {
		r.told(events)
	}
	return err
}

// clockIDs makes UUIDv7s of the one clock, ascending within a process: the order of ids is that of what they name, in
// the log, in account books, and among what was made in one millisecond. Nobody can guess one: their other half is of
// crypto/rand, which is asked for 64 of them at once.
type clockIDs struct {
	mu     sync.Mutex
	last   uint64
	room   [64 * 8]byte
	random []byte // of room, what no id has yet
}

// clockStep is how far back the clock must go for ids to follow it: a little is smoothed over, an hour is a clock that
// was wrong.
const clockStep = uint64(time.Minute/time.Millisecond) << 12

func (g *clockIDs) next(now time.Time) uuid.UUID {
	at := uint64(now.UnixMilli()) << 12
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last >= at && g.last-at < clockStep {
		at = g.last + 1
	}
	g.last = at
	if len(g.random) == 0 {
		rand.Read(g.room[:])
		g.random = g.room[:]
	}
	half := g.random[:8]
	g.random = g.random[8:]
	return idOf(at, [8]byte(half))
}

// idOf returns a UUIDv7 of a millisecond and a number of 12 bits within it (RFC 9562 6.2, method 1).
func idOf(n uint64, random [8]byte) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:8], n>>12<<16|0x7000|n&0xfff)
	copy(id[8:], random[:])
	id[8] = id[8]&0x3f | 0x80
	return id
}
