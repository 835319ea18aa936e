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
