package sqlite_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/model"
	"github.com/tollkeeper/tollkeeper/store"
)

// TestModel tells the stories of the model of the whole library on SQLite.
func TestModel(t *testing.T) {
	model.Check(t, 1_000, false, func(t *testing.T) store.Store { return open(t, ":memory:") })
}
