package storetest_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/store/storetest"
)

// The test of a store is its constructor.
func ExampleRun() {
	_ = func(t *testing.T) {
		storetest.Run(t, func(*testing.T) store.Store { return memory.New() })
	}
}
