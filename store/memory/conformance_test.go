package memory_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(*testing.T) tollkeeper.Store { return memory.New() })
}
