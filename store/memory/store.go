// Package memory is the reference store: everything in maps behind one mutex, for tests, for trials and for reading
// what the contract means. It forgets everything when the process ends.
package memory

import (
	"sync"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
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
	keys      map[string]*account   // by public key
	strays    map[string][]*account // children by email key, but those of houses
	root      scope                 // the root accounts
	number    int64                 // the last one given
	abandoned []*account            // deleted parents whose children Sweep has still to erase

	sessions    map[uuid.UUID]*session
	sessionEnds ordered[stamped[*session]]

	digests    map[store.Digest][]*secret // mostly one each: a digest is bound to its account
	secretEnds ordered[secretEnd]

	counters shelf
	marks    shelf // Expires is the end of the mark

	open ordered[stamped[*account]] // root accounts by the last month that was closed

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
		strays:   map[string][]*account{},
		sessions: map[uuid.UUID]*session{},
		digests:  map[store.Digest][]*secret{},
		counters: shelf{rows: map[store.Digest]*counter{}},
		marks:    shelf{rows: map[store.Digest]*counter{}},
		mail:     map[uuid.UUID]*store.QueuedMail{},
	}
}
