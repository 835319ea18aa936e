package tollkeeper_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/model"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// TestModel tells random stories of the whole library, with faults and clocks that jump, and checks after each step
// what must have changed, what must be told of it, and SECURITY.md section 3. TOLLKEEPER_SOAK is how long it lasts.
func TestModel(t *testing.T) {
	model.Check(t, 3_000, true, func(*testing.T) store.Store { return memory.New() })
}
