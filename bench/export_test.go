package bench

import (
	"context"

	"github.com/tollkeeper/tollkeeper/store/memory"
)

// Tokens is how many tokens are checked in turn.
const Tokens = moreThanRemembered

// Allocations is the figure of a sample as tables show it.
var Allocations = allocs

// FirstSight returns the case of first sight over the memory store, and what ends it.
func FirstSight(ctx context.Context) (do func(int) error, end func(), err error) {
	b, err := open(func(b *Bench) error { return b.addFirst(ctx, "memory", memory.New(), Tokens) })
	if err != nil {
		return nil, nil, err
	}
	return b.Cases[1].Do, b.Close, nil
}
