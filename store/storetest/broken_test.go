package storetest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// recorder is a kitT that runs the tests on the way to one name and remembers which of them failed.
type recorder struct {
	name string
	only string
	*record
}

type record struct {
	mu     sync.Mutex
	ran    map[string]bool
	failed map[string]string
}

func (*recorder) Helper()             {}
func (*recorder) Logf(string, ...any) {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed[r.name] += fmt.Sprintf(format, args...)
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Run(name string, f func(kitT)) bool {
	path := strings.TrimPrefix(r.name+"/"+name, "/")
	if path != r.only && !strings.HasPrefix(r.only, path+"/") {
		return true
	}
	sub := &recorder{name: path, only: r.only, record: r.record}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				sub.Errorf("panic: %v", p)
			}
		}()
		r.mu.Lock()
		r.ran[path] = true
		r.mu.Unlock()
		f(sub)
	}()
	<-done
	return r.failed[path] == ""
}

// tried runs one test of the kit on a store.
func tried(name string, s store.Store) *record {
	r := &recorder{only: name, record: &record{ran: map[string]bool{}, failed: map[string]string{}}}
	runStore(r, func(kitT) store.Store { return s })
	return r.record
}

// TestBroken breaks a sound store in one way at a time and wants the test whose business that is to fail.
func TestBroken(t *testing.T) {
	for _, b := range brokenStores() {
		t.Run(b.name, func(t *testing.T) {
			sound := tried(b.caught, memory.New())
			if !sound.ran[b.caught] {
				t.Fatalf("there is no test %q", b.caught)
			}
			if len(sound.failed) > 0 {
				t.Fatalf("the sound store fails: %v", sound.failed)
			}
			broken := tried(b.caught, b.wrap(memory.New()))
			if broken.failed[b.caught] == "" {
				t.Fatalf("%q did not catch it; failed are %v", b.caught, broken.failed)
			}
			t.Log(broken.failed[b.caught])
		})
	}
}

// brokenStore is one way to break a store, and the test that must catch it.
type brokenStore struct {
	name   string
	caught string
	wrap   func(store.Store) store.Store
}

func brokenStores() []brokenStore {
	return slices.Concat(brokenAccounts, brokenCredentials, brokenUses, brokenEvents, brokenAlerts, brokenOrder, brokenEdges, brokenLists, brokenSessions, brokenSecrets, brokenAttempts,
		brokenCredits, brokenOutbox, brokenConsole, brokenQueues, brokenCompare)
}
