// Package memory is the reference store: everything in maps behind one mutex, for tests, for trials and for reading
// what the contract means. It forgets everything when the process ends.
package memory

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// Store keeps everything in memory. It meets the contract of [store.Store], is safe for concurrent use, starts no
// goroutine and needs no closing. Make it with [New].
//
// The discipline: exported verbs look at ctx, take mu (shared if they only read) and hold it to their end, so that each
// is one step. Nothing unexported locks. A verb first decides and then writes: below its first write nothing can fail.
// Rows enter and leave as deep copies. Rows of accounts stay for ever (tombstones), so pointers to them never dangle.
type Store struct {
	mu sync.RWMutex

	accounts  map[uuid.UUID]*account
	numbers   map[int64]*account
	keys      map[string]*account       // by public key
	strays    map[string][]*account     // children by email key, but those of houses
	clients   map[rules.Client]*account // whose organizations have them for themselves
	root      scope                     // the root accounts
	number    int64                     // the last one given
	abandoned []*account                // deleted parents whose children Sweep has still to erase

	sessions    map[uuid.UUID]*session
	sessionEnds ordered[stamped[*session]]

	pending ordered[pendingFactor]

	once     map[store.Digest]time.Time // what served once, and until when that is remembered
	onceEnds ordered[onceEnd]

	digests    map[store.Digest][]*secret // mostly one each: a digest is bound to its account
	secretEnds ordered[secretEnd]

	counters shelf[store.State]
	marks    shelf[rules.Mark] // and pardons

	open   ordered[stamped[*account]] // root accounts by the last month that was closed
	latest int                        // newest LatestMonth of a book
	paid   map[string]bool            // payments that entries stand for

	events             lines // all of them
	routine, kept      lines // apart, because Sweep keeps them for different times
	byScope, byAccount map[uuid.UUID]*lines

	mail map[uuid.UUID]*store.QueuedMail
	due  ordered[stamped[*store.QueuedMail]]
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		accounts: map[uuid.UUID]*account{},
		numbers:  map[int64]*account{},
		keys:     map[string]*account{},
		clients:  map[rules.Client]*account{},
		strays:   map[string][]*account{},
		sessions: map[uuid.UUID]*session{},
		paid:     map[string]bool{},
		once:     map[store.Digest]time.Time{},
		digests:  map[store.Digest][]*secret{},
		byScope:  map[uuid.UUID]*lines{}, byAccount: map[uuid.UUID]*lines{},
		counters: newShelf[store.State](),
		marks:    newShelf[rules.Mark](),
		mail:     map[uuid.UUID]*store.QueuedMail{},
	}
}
