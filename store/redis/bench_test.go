package redis_test

import (
	"context"
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	driver "github.com/redis/go-redis/v9"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/redis"
)

// BenchmarkTake compares, with three buckets and 64 goroutines, one script with a limiter that reads and then writes, in
// two round trips, which loses updates, and with one that watches what it read, which does not. No key is contended.
func BenchmarkTake(b *testing.B) {
	client, prefix := shared(b)
	attempts := redis.New(client, redis.Options{Prefix: prefix, Timeout: 20 * time.Second})
	limits := []store.Limit{{Free: 1 << 30, Window: time.Minute}, {Free: 1 << 30, Window: time.Minute}, {Every: time.Minute, Burst: 1 << 16}}
	takes := map[string]func(context.Context, []store.Bucket) error{
		"script": func(ctx context.Context, buckets []store.Bucket) error {
			_, err := attempts.Take(ctx, buckets, time.Now())
			return err
		},
		"two round trips": func(ctx context.Context, buckets []store.Bucket) error {
			return readAndWrite(ctx, client, client.Pipelined, keysOf(prefix, buckets), buckets, time.Now())
		},
		"watched": func(ctx context.Context, buckets []store.Bucket) error {
			keys := keysOf(prefix, buckets)
			return client.Watch(ctx, func(tx *driver.Tx) error {
				return readAndWrite(ctx, tx, tx.TxPipelined, keys, buckets, time.Now())
			}, keys...)
		},
	}
	for name, take := range takes {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(64 / runtime.GOMAXPROCS(0))
			b.RunParallel(func(p *testing.PB) {
				buckets := []store.Bucket{bucket(limits[0]), bucket(limits[1]), bucket(limits[2])}
				for p.Next() {
					if err := take(b.Context(), buckets); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "takes/s")
		})
	}
}

func keysOf(prefix string, buckets []store.Bucket) []string {
	keys := make([]string, len(buckets))
	for i, b := range buckets {
		keys[i] = prefix + "other:" + string(b.Key[:])
	}
	return keys
}

type pipelined func(context.Context, func(driver.Pipeliner) error) ([]driver.Cmder, error)

func readAndWrite(ctx context.Context, client driver.Cmdable, write pipelined, keys []string, buckets []store.Bucket, now time.Time) error {
	values, err := client.MGet(ctx, keys...).Result()
	if err != nil {
		return err
	}
	_, err = write(ctx, func(p driver.Pipeliner) error {
		for i, b := range buckets {
			var s store.State
			if v, ok := values[i].(string); ok && len(v) == 24 {
				number := func(at int) int64 { return int64(binary.LittleEndian.Uint64([]byte(v[at : at+8]))) }
				s = store.State{N: int(number(0)), Until: time.UnixMilli(number(8)), Expires: time.UnixMilli(number(16))}
			}
			s, _ = b.Limit.Next(s, now)
			value := make([]byte, 0, 24)
			for _, n := range []int64{int64(s.N), s.Until.UnixMilli(), s.Expires.UnixMilli()} {
				value = binary.LittleEndian.AppendUint64(value, uint64(n))
			}
			p.Set(ctx, keys[i], value, s.Expires.Sub(now))
		}
		return nil
	})
	return err
}
