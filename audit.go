package tollkeeper

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// LogMode says which events the store keeps.
type LogMode int

// The modes. [Config.Events] is told of every event in each of them.
const (
	LogAll     LogMode = iota // every one, failures by sample
	LogChanges                // what changed an account, a session or a balance; no [EventSignIn], [EventRefreshed] or failures
	LogOff                    // none
)

// keeps reports whether the mode keeps such an event of a change.
func (m LogMode) keeps(n EventName) bool {
	return m == LogAll || m == LogChanges && n != EventSignIn && n != EventRefreshed
}

// EventQuery selects events, newest first.
type EventQuery struct {
	Account uuid.UUID   // those about one account. Zero: those of the whole scope that the caller rules
	Names   []EventName // at most 100. Nil: every one
	From    time.Time   // at or after
	To      time.Time   // before
	Limit   int         // 1..100. Zero: 50
	Cursor  string      // of the page before; bound to everything above
}

// EventPage is a page of the log.
type EventPage struct {
	Events []Event
	Next   string // cursor of the page with older ones; empty: there is none
}

// Events returns what happened: to the accounts of the scope that the caller rules, or to one account, which is the
// caller's own or one that they may act on. Who rules no scope sees their own. Sign-ins and refreshes are kept for 90
// days, everything else for 400; failures by sample, at most three a network and 600 a store in a minute, the rest
// counted in one ([Event].Count). [ErrLimitedSession], [ErrNotFound], [ErrInvalidLimit], [ErrInvalidCursor],
// [ErrInvalidInput] (names).
func (a *Authenticator) Events(ctx context.Context, by *Identity, q EventQuery) (EventPage, error) {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return EventPage{}, err
	}
	scope, err := scopeOf(by)
	switch {
	case q.Account == uuid.Nil && err != nil:
		q.Account = by.Account
	case q.Account != uuid.Nil && q.Account != by.Account:
		if _, err := a.target(ctx, by, store.Lookup{ID: q.Account}); err != nil {
			return EventPage{}, err
		}
	}
	return a.events(ctx, q, store.EventQuery{Scope: scope})
}

// Events returns what happened in the whole store, or to one account. Errors as of [Authenticator.Events].
func (h Host) Events(ctx context.Context, q EventQuery) (EventPage, error) {
	return h.auth.events(ctx, q, store.EventQuery{All: q.Account == uuid.Nil})
}

// EventsIn returns what happened to the accounts of one scope, or to the one of them that the query names.
// [ErrInvalidInput] (scope); [ErrUnknownParent]; [ErrNotFound]: no such account is there; other errors as of
// [Authenticator.Events].
func (h Host) EventsIn(ctx context.Context, in Scope, q EventQuery) (EventPage, error) {
	parent, err := h.auth.parentIn(ctx, in)
	if err != nil {
		return EventPage{}, err
	}
	if q.Account != uuid.Nil {
		s, err := h.Account(ctx, q.Account)
		if err == nil && s.Account.Parent != parent {
			err = ErrNotFound
		}
		if err != nil {
			return EventPage{}, err
		}
	}
	return h.auth.events(ctx, q, store.EventQuery{Scope: parent})
}

// eventsAsked is what selects a page of the log, as its cursor has it.
type eventsAsked struct {
	All     bool      `json:"w"`
	Scope   uuid.UUID `json:"s"`
	Account uuid.UUID `json:"a"`
	Names   string    `json:"n"`
	From    int64     `json:"f"`
	To      int64     `json:"t"`
	Limit   int       `json:"l"`
}

// events returns a page of what of and q select.
func (a *Authenticator) events(ctx context.Context, q EventQuery, of store.EventQuery) (p EventPage, err error) {
	setZero(&q.Limit, 50)
	if q.Limit < 1 || q.Limit > 100 {
		return EventPage{}, ErrInvalidLimit
	}
	if !namesEvents(q.Names) {
		return EventPage{}, ErrInvalidInput.WithField("name").WithMessage("Send at most 100 names of events")
	}
	asked := eventsAsked{All: of.All, Scope: of.Scope, Account: q.Account, From: millis(q.From), To: millis(q.To), Limit: q.Limit}
	for _, n := range q.Names {
		asked.Names += string(n) + " "
	}
	behind, err := continued(a, sealEvents, q.Cursor, asked)
	if err != nil {
		return EventPage{}, err
	}
	of.Account, of.Names, of.From, of.To, of.Before, of.Limit = q.Account, slices.Clone(q.Names), q.From, q.To, behind.ID, q.Limit+1
	rows, err := a.store.ListEvents(ctx, of)
	if err != nil {
		return EventPage{}, err
	}
	p.Events, p.Next, err = cut(a, sealEvents, rows, q.Limit, asked, func(e *Event) store.Position { return store.Position{At: e.At, ID: e.ID} })
	return p, err
}

const mostNames = 100 // of events, in one query; the cursor carries them

// namesEvents reports whether there may be events of such names, which are words with underscores between them.
func namesEvents(names []EventName) bool {
	strange := func(r rune) bool { return !canon.IsAlphanumeric(r) && r != '_' }
	return len(names) <= mostNames && !slices.ContainsFunc(names, func(n EventName) bool {
		return n == "" || len(n) > 64 || strings.IndexFunc(string(n), strange) >= 0
	})
}

// event tells the host of something that no change in the store carries. Of these, failures go into the log by sample.
func (a *Authenticator) event(e Event) {
	now := a.now()
	a.recorder.complete(context.Background(), &e, now)
	a.announce(e)
	if a.cfg.Log == LogAll && isFailure(e.Name) {
		a.worker.samples.add(e, now)
	}
}

// noted writes an event of something that is no change, and tells the host: before it is done, so that it is not done
// unnoted.
func (a *Authenticator) noted(ctx context.Context, e Event) error {
	a.recorder.complete(ctx, &e, a.now())
	if a.cfg.Log.keeps(e.Name) {
		if err := a.store.AddEvents(ctx, []Event{e}); err != nil {
			return err
		}
	}
	a.announce(e)
	return nil
}

func isFailure(n EventName) bool {
	switch n {
	case EventSignInFailed, EventSignInRefused, EventFactorFailed, EventResetAsked, EventSignUpTried:
		return true
	}
	return false
}

// How many failures a minute have a row of their own.
const (
	samplesOfNetwork = 3
	samplesOfStore   = 600
	mostNetworks     = 10_000 // remembered of a minute
)

// samples keeps failures until the worker writes them. A row's id is made of its minute and one of 600 slots, so that
// no number of processes writes more rows; what finds its slot taken is counted there, and what is beyond a network's
// three in the one slot for the rest.
type samples struct {
	mu       sync.Mutex
	minute   time.Time
	networks map[string]int // failures of this minute that have rows
	due      map[uuid.UUID]*Event
}

func (s *samples) add(e Event, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if minute := now.Truncate(time.Minute); !minute.Equal(s.minute) {
		s.minute, s.networks = minute, map[string]int{}
	}
	slot := samplesOfStore
	if n, known := s.networks[e.Network]; n < samplesOfNetwork && (known || len(s.networks) < mostNetworks) {
		s.networks[e.Network]++
		h := sha256.Sum256([]byte(e.Network + "/" + strconv.Itoa(n)))
		slot = int(binary.BigEndian.Uint32(h[:])) % samplesOfStore
	}
	id := sampleID(s.minute, slot)
	if s.due[id] != nil {
		s.due[id].Count++
		return
	}
	if slot == samplesOfStore {
		e = Event{At: e.At, Name: e.Name, Count: 1}
	}
	if s.due == nil {
		s.due = map[uuid.UUID]*Event{}
	}
	e.ID = id
	if e.Commitment != [16]byte{} {
		e.Commitment = commitment(&e)
	}
	s.due[id] = &e
}

// sampleID is the same in every process.
func sampleID(minute time.Time, slot int) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:8], uint64(minute.UnixMilli())<<16|0x7000|uint64(slot))
	id[8] = 0x80
	return id
}

// take returns what is due, and forgets it.
func (s *samples) take() (list []Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.due {
		list = append(list, *e)
	}
	s.due = nil
	slices.SortFunc(list, func(x, y Event) int { return slices.Compare(x.ID[:], y.ID[:]) })
	return list
}
