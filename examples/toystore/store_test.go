package toystore_test

import (
	"os"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/examples/toystore"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/storetest"
)

func open(*testing.T) store.Store { return toystore.New() }

func TestContract(t *testing.T) { storetest.Run(t, open) }

// TestLongHistories compares with memory for as long as TOLLKEEPER_SOAK says.
func TestLongHistories(t *testing.T) {
	limit, err := time.ParseDuration(os.Getenv("TOLLKEEPER_SOAK"))
	if err != nil {
		t.Skip("TOLLKEEPER_SOAK is no time: the long test is not run")
	}
	for end := time.Now().Add(limit); time.Now().Before(end); {
		storetest.Compare(t, 10_000, open)
	}
}
