// Package witness uses servers as many clients would, remembers what it was answered, and checks later that nothing of
// it is missing: the invariants of a server that is killed, or of several that share a database (SECURITY.md, I1–I7).
package witness

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Witness is any number of clients with one memory. It is safe for concurrent use.
type Witness struct {
	// Mail is where the servers put mail. Set it before the first Act.
	Mail *Mailbox

	// Excused tells which statuses a server may answer instead of what was asked for: such an answer promises nothing.
	// Nil: none. Set it before the first Act. No answer at all is always excused.
	Excused func(status int) bool

	client *http.Client
	turn   atomic.Uint64

	mu       sync.Mutex
	parents  []*account
	children []*account // with a password
	mailers  []*account // children that sign in by code: the first one takes their password away (R34)
	sessions []*session
	revoked  map[uuid.UUID]bool // sessions that were signed out, true: and so it was answered
	told     []string           // addresses that were promised a mail
	wrong    []string           // what should not have happened
}

// account is one that a server said it made.
type account struct {
	id     uuid.UUID
	email  string
	key    string
	parent *account // nil: it is one

	mailed bool // a mail was asked for: once only, because the rates count
	coded  bool // its code was tried: it works once
}

// payer is whose credits it uses.
func (a *account) payer() *account {
	if a.parent != nil {
		return a.parent
	}
	return a
}

// session is one that a server answered a token for.
type session struct {
	id       uuid.UUID
	token    string
	account  *account
	platform bool // of the platform family, else the organization's
	paid     bool // of a sign-in: it has cost a credit
}

// New makes a witness that has seen nothing.
func New() *Witness {
	return &Witness{
		client:  &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		revoked: map[uuid.UUID]bool{},
	}
}

// Next makes a witness that has seen nothing and goes on where this one ends: it makes other accounts, on the same
// servers.
func (w *Witness) Next() *Witness {
	next := New()
	next.Mail, next.Excused = w.Mail, w.Excused
	next.turn.Store(w.turn.Load())
	return next
}

// Seen says how much it has to remember.
func (w *Witness) Seen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("%d parents, %d children, %d sessions, %d sign-outs, %d mails", len(w.parents), len(w.children)+len(w.mailers), len(w.sessions), len(w.revoked), len(w.told))
}

func (w *Witness) note(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *Witness) blame(format string, args ...any) {
	w.note(func() { w.wrong = append(w.wrong, fmt.Sprintf(format, args...)) })
}

// pick returns one of a list, a different one each turn. The zero value: there is none.
func pick[T any](w *Witness, list *[]T, turn uint64) (one T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := uint64(len(*list)); n > 0 {
		one = (*list)[turn*2654435761%n]
	}
	return one
}
