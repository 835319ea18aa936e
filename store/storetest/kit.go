// Package storetest is the conformance kit of tollkeeper's stores: the contract of package store, stated in tests.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return memory.New() })
//	}
//
// Every sentence of the contract is a named subtest, and every verb that promises to be atomic is raced. The tests need
// no clock: every time they pass is fixed, in 1971, 2044 or 2300, so that a store that reads one is found out.
//
// Each test makes its own ids, addresses and keys and never takes the store for empty. So open may return the same
// store each time, also one that has been through the kit before; but nobody else may use it meanwhile.
//
// The random tests log their seed; with STORETEST_SEED in the environment they repeat it.
package storetest

import (
	"context"
	"testing"

	"github.com/tollkeeper/tollkeeper/store"
)

// Run states the whole contract of a Store. It calls open once per role; t is then the test of that role, and
// whatever open registers with t.Cleanup runs when the role is done.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	runStore(real{t}, func(t kitT) store.Store { return open(t.(real).T) })
}

// RunAttempts states the contract of an AttemptStore that is not a whole Store.
func RunAttempts(t *testing.T, open func(t *testing.T) store.AttemptStore) {
	k := &kit{kitT: real{t}, ctx: context.Background(), attempts: open(t)}
	k.run("attempts", attempts)
}

// kitT is what the kit needs of *testing.T: the kit is tested with another one, which records what failed.
type kitT interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Run(name string, f func(kitT)) bool
}

// real is *testing.T as a kitT.
type real struct{ *testing.T }

func (r real) Run(name string, f func(kitT)) bool {
	return r.T.Run(name, func(t *testing.T) { f(real{t}) })
}

// kit is one running test with its store.
type kit struct {
	kitT
	ctx      context.Context
	store    store.Store
	attempts store.AttemptStore
}

// run runs a subtest on the same store.
func (k *kit) run(name string, f func(*kit)) {
	k.kitT.Run(name, func(t kitT) {
		k := *k
		k.kitT = t
		f(&k)
	})
}

func runStore(t kitT, open func(kitT) store.Store) {
	roles := []struct {
		name string
		f    func(*kit)
	}{
		{"accounts", accounts},
		{"credentials", credentials},
		{"sessions", sessions},
		{"secrets", secrets},
		{"attempts", attempts},
		{"credits", credits},
		{"events", events},
		{"outbox", outbox},
		{"sweep", sweep},
		{"tolls", tolls},
		{"everywhere", everywhere},
		{"compare", compared},
	}
	for _, role := range roles {
		t.Run(role.name, func(t kitT) {
			s := open(t)
			role.f(&kit{kitT: t, ctx: context.Background(), store: s, attempts: s})
		})
	}
}
