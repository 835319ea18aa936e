package tollkeeper

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper/internal/remember"
	"github.com/tollkeeper/tollkeeper/store"
)

const (
	staleBytes = 32 << 20
	staleCost  = 1 << 10
	staleSlots = 4096
)

// liveSessions answers sessions, from memory for as long as Config.Tokens.Staleness allows. A change made by this process
// counts at once, also against a look-up that began before it: each entry carries the change counts it was loaded under,
// and is good only while they stand.
type liveSessions struct {
	store     store.SessionStore
	staleness time.Duration
	kept      *remember.Cache[uuid.UUID, staleLive] // nil: each time from the store
	accounts  [staleSlots]atomic.Uint64             // changes of accounts, by hash
	parents   atomic.Uint64                         // changes of any root account: they reach its children
}

type staleLive struct {
	live            store.Live
	at              time.Time
	account, parent uint64
}

func newLiveSessions(s store.SessionStore, staleness time.Duration) *liveSessions {
	l := &liveSessions{store: s, staleness: staleness}
	if staleness > 0 {
		l.kept = remember.New[uuid.UUID, staleLive](staleBytes, func(seed maphash.Seed, id uuid.UUID) uint64 { return maphash.Bytes(seed, id[:]) })
	}
	return l
}

// get puts the session that a token of the account points to into live, which spares a copy of something large.
func (l *liveSessions) get(ctx context.Context, id, account uuid.UUID, now time.Time, live *store.Live) (err error) {
	if l.kept == nil {
		*live, err = l.store.Session(ctx, id, now)
		return err
	}
	mine, all := l.slot(account).Load(), l.parents.Load()
	if e, ok := l.kept.Get(id); ok && e.account == mine && e.parent == all && !now.Before(e.at) && now.Sub(e.at) < l.staleness {
		*live = e.live
		return nil
	}
	*live, err = l.store.Session(ctx, id, now)
	if err == nil && live.Session.Account == account {
		l.kept.Put(id, staleLive{live: *live, at: now, account: mine, parent: all}, staleCost)
	}
	return err
}

// sessionChanged voids what is remembered of an account's sessions.
func (l *liveSessions) sessionChanged(account uuid.UUID) { l.slot(account).Add(1) }

// accountChanged voids what is remembered of an account, and of everybody when it is a root account.
func (l *liveSessions) accountChanged(account, parent uuid.UUID) {
	l.slot(account).Add(1)
	if parent == Root {
		l.parents.Add(1)
	}
}

func (l *liveSessions) slot(account uuid.UUID) *atomic.Uint64 {
	return &l.accounts[binary.BigEndian.Uint16(account[14:])%staleSlots] // the random end of a UUIDv7
}
