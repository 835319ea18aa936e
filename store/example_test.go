package store_test

import (
	"fmt"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// A store of counters keeps a State for each bucket, and asks its Limit what an attempt makes of it.
func ExampleLimit() {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	rate, state := store.Limit{Every: 20 * time.Second, Burst: 2}, store.State{}
	for range 3 {
		next, allowed := rate.Next(state, now)
		if allowed {
			state = next
		}
		fmt.Println(allowed)
	}
	_, allowed := rate.Next(state, now.Add(20*time.Second))
	fmt.Println("20 seconds later:", allowed)
	// Output:
	// true
	// true
	// false
	// 20 seconds later: true
}
