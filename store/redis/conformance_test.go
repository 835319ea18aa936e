package redis_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/redis"
	"github.com/tollkeeper/tollkeeper/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.RunAttempts(t, func(t *testing.T) store.AttemptStore { return patient(t) })
}

// A cluster refuses scripts whose keys are not of one slot or not declared.
func TestConformanceInACluster(t *testing.T) {
	s := ownServer(t, "--cluster-enabled", "yes")
	s.do("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
	s.until("cluster_state:ok", "CLUSTER", "INFO")
	for _, prefix := range []string{"", "{eu}a:", "a{b"} {
		attempts := redis.New(s.cluster(), redis.Options{Prefix: prefix, Timeout: 20 * time.Second})
		if err := attempts.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		storetest.RunAttempts(t, func(*testing.T) store.AttemptStore { return attempts })
	}
}
