package redis_test

import (
	"context"
	"log"
	"time"

	driver "github.com/redis/go-redis/v9"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/redis"
)

func ExampleNew() {
	client := driver.NewClient(&driver.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
	attempts := redis.New(client, redis.Options{
		RatesFailOpen: true,
		FailedOpen:    func(err error) { log.Print("rates are not counted: ", err) },
	})
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := attempts.Check(ctx); err != nil {
		log.Print(err)
		return
	}
	_ = tollkeeper.Config{Limits: tollkeeper.Limits{Attempts: attempts}} // and what else the service needs
}
