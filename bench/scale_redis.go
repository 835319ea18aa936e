package bench

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	driver "github.com/redis/go-redis/v9"

	"github.com/tollkeeper/tollkeeper/store/redis"
)

// scaleRedis fills the one thing that is kept there: counters of attempts.
func scaleRedis(ctx context.Context, s Setup, rows int) (map[string]string, error) {
	o, err := driver.ParseURL(s.Redis)
	if err != nil {
		return nil, err
	}
	o.PoolSize, o.ContextTimeoutEnabled = 64, true
	client := driver.NewClient(o)
	defer client.Close()
	kept := redis.New(client, redis.Options{Prefix: "scale:" + uuid.NewString() + ":", Timeout: 20 * time.Second})
	before, err := usedMemory(ctx, client)
	if err != nil {
		return nil, err
	}
	p := new(population)
	took, err := crowded(rows/3, func(int) error { return p.attempt(ctx, kept.Take) })
	if err != nil {
		return nil, err
	}
	after, err := usedMemory(ctx, client)
	if err != nil {
		return nil, err
	}
	sizes, paces := newSheet("one of each", "memory of the server"), newPaces()
	sizes.row("counter of attempts", each(after-before, rows/3*3))
	paces.pace("counters of attempts, three at a time", rows/3*3, took)
	return map[string]string{"redis": sizes.String() + "\n" + paces.String()}, nil
}

func usedMemory(ctx context.Context, client *driver.Client) (int64, error) {
	info, err := client.Info(ctx, "memory").Result()
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(info, "used_memory:")
	text, _, _ := strings.Cut(rest, "\r")
	if !ok {
		return 0, fmt.Errorf("the server does not tell its memory")
	}
	return strconv.ParseInt(text, 10, 64)
}
