package tollkeeper_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// Ids ascend whatever the clock does within a minute, and share nothing of their random half, however many are made at
// once.
func TestIDsAscendAndShareNothing(t *testing.T) {
	next := tollkeeper.NewIDs()
	now := time.UnixMilli(1_800_000_000_000)
	last := uuid.Nil
	for i := range 10_000 {
		id := next(now.Add(-time.Duration(i%7) * time.Second))
		if id.Version() != 7 || id.Variant() != uuid.RFC4122 || id.String() <= last.String() {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
	halves := make([][]uint64, 8)
	var all sync.WaitGroup
	for i := range halves {
		all.Go(func() {
			for range 1000 {
				id := next(now)
				halves[i] = append(halves[i], uint64(id[8]&0x3f)<<56|uint64(id[9])<<48|uint64(id[10])<<40|uint64(id[11])<<32|
					uint64(id[12])<<24|uint64(id[13])<<16|uint64(id[14])<<8|uint64(id[15]))
			}
		})
	}
	all.Wait()
	random := slices.Concat(halves...)
	slices.Sort(random)
	if n := len(slices.Compact(random)); n != 8000 {
		t.Errorf("%d of 8000 are different", n)
	}
	if random[0] > 1<<55 || random[7999] < 1<<62-1<<55 {
		t.Errorf("they lie between %x and %x", random[0], random[7999])
	}
}
