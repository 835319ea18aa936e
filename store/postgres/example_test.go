package postgres_test

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// A process of a fleet. Its tables are in a schema of their own, and its pool is small because other processes have one.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	pool, err := pgxpool.New(ctx, "postgres://app@db/app?search_path=tollkeeper&pool_max_conns=4")
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	store := postgres.New(pool)
	if err := store.Migrate(ctx); err != nil {
		panic(err)
	}
	keys, err := tollkeeper.LoadOrCreateKeys("fleet.keys", store) // each process has a copy of the same file
	if err != nil {
		panic(err)
	}
	auth, err := tollkeeper.New(store, tollkeeper.Config{
		Secrets: keys,
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(ctx)
}
