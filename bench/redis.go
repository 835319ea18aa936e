package bench

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	driver "github.com/redis/go-redis/v9"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/redis"
)

const (
	oneScript = "Take, 3 buckets, 64 callers, one script"
	twoTrips  = "the same in two round trips"
	watched   = "the same in two round trips that notice a race"
)

// openRedis compares the one script of a Take with reading and then writing, which loses updates, and with reading
// under WATCH, which does not.
func openRedis(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		o, err := driver.ParseURL(s.Redis)
		if err != nil {
			return err
		}
		o.PoolSize, o.ContextTimeoutEnabled = 64, true
		client := driver.NewClient(o)
		b.onClose(func() { _ = client.Close() })
		prefix := "bench:" + uuid.NewString() + ":"
		kept := redis.New(client, redis.Options{Prefix: prefix, Timeout: 20 * time.Second})
		if err := kept.Check(ctx); err != nil {
			return err
		}
		for _, c := range []struct {
			name string
			take func([]store.Bucket) error
		}{
			{oneScript, func(buckets []store.Bucket) error {
				_, err := kept.Take(ctx, buckets, moment())
				return err
			}},
			{twoTrips, func(buckets []store.Bucket) error {
				return readThenWrite(ctx, client, client.Pipelined, keysOf(prefix, buckets), buckets)
			}},
			{watched, func(buckets []store.Bucket) error {
				keys := keysOf(prefix, buckets)
				return client.Watch(ctx, func(tx *driver.Tx) error {
					return readThenWrite(ctx, tx, tx.TxPipelined, keys, buckets)
				}, keys...)
			}},
		} {
			b.Cases = append(b.Cases, Case{Name: c.name, Callers: 64, Do: takes(64, false, c.take)})
		}
		b.Targets = []Target{
			{What: "Take, 64 callers, one script to two round trips", Value: ratio(rate, oneScript, twoTrips), Unit: "×", Least: true, Aim: 1.8},
			{What: "the same to two that notice a race", Value: ratio(rate, oneScript, watched), Unit: "×", Least: true},
		}
		return nil
	})
}

func keysOf(prefix string, buckets []store.Bucket) []string {
	keys := make([]string, len(buckets))
	for i, b := range buckets {
		keys[i] = prefix + "other:" + string(b.Key[:])
	}
	return keys
}

// pipelined sends several commands as one, bound into a transaction or not.
type pipelined func(context.Context, func(driver.Pipeliner) error) ([]driver.Cmder, error)

// readThenWrite is the limiter as it is often written.
func readThenWrite(ctx context.Context, client driver.Cmdable, write pipelined, keys []string, buckets []store.Bucket) error {
	values, err := client.MGet(ctx, keys...).Result()
	if err != nil {
		return err
	}
	now := moment()
	_, err = write(ctx, func(p driver.Pipeliner) error {
		for i, b := range buckets {
			text, _ := values[i].(string)
			state, _ := b.Limit.Next(unpacked(text), now)
			p.Set(ctx, keys[i], packed(state), state.Expires.Sub(now))
		}
		return nil
	})
	return err
}

func packed(s store.State) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 24), uint64(s.N))
	b = binary.LittleEndian.AppendUint64(b, uint64(s.Until.UnixMilli()))
	return binary.LittleEndian.AppendUint64(b, uint64(s.Expires.UnixMilli()))
}

func unpacked(text string) store.State {
	if len(text) != 24 {
		return store.State{}
	}
	number := func(at int) int64 { return int64(binary.LittleEndian.Uint64([]byte(text[at : at+8]))) }
	return store.State{N: int(number(0)), Until: time.UnixMilli(number(8)), Expires: time.UnixMilli(number(16))}
}
