package store_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func TestARateForgivesNothing(t *testing.T) {
	for _, c := range []struct {
		name     string
		limit    store.Limit
		kind     store.LimitKind
		forgives bool
	}{
		{"a rate", store.Limit{Every: time.Second, Burst: 3}, store.KindRate, false},
		{"a lock", store.Limit{Free: 3, Base: time.Second, Max: time.Minute, Window: time.Hour}, store.KindLock, true},
		{"a ceiling", store.Limit{Free: 3, Window: time.Hour}, store.KindCeiling, true},
	} {
		if got := c.limit.Kind(); got != c.kind || c.limit.Forgives() != c.forgives {
			t.Errorf("%s: kind %v, forgives %v", c.name, got, c.limit.Forgives())
		}
	}
}
