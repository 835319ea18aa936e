package memory_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/timing"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func TestTiming(t *testing.T) { timing.Run(t, memory.New()) }
