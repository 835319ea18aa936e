package storetest_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/store/storetest"
)

func TestRun(t *testing.T) {
	t.Run("fresh stores", func(t *testing.T) {
		storetest.Run(t, func(*testing.T) store.Store { return memory.New() })
	})
	t.Run("a store that has been through it", func(t *testing.T) {
		shared := memory.New()
		for range 2 {
			storetest.Run(t, func(*testing.T) store.Store { return shared })
		}
	})
}

func TestRunAttempts(t *testing.T) {
	storetest.RunAttempts(t, func(*testing.T) store.AttemptStore { return memory.New() })
}

func TestCompare(t *testing.T) {
	met := storetest.Compare(t, 1, func(*testing.T) store.Store { return memory.New() })
	if met["CreateSession: ok"] == 0 || met["UpdateAccount: the last admin must stay"] == 0 {
		t.Errorf("met are %v", met)
	}
}
