package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	driver "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/redis"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// reach bounds how long a database may take to answer at the start, its migration included.
const reach = 30 * time.Second

// openStore opens what -store names, brings its schema to this program's version, and returns how to close it.
func openStore(ctx context.Context, name string) (store.Store, func() error, error) {
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	switch kind, rest, _ := strings.Cut(name, ":"); {
	case name == "memory:":
		return memory.New(), func() error { return nil }, nil
	case kind == "sqlite" && rest != "":
		return openSQLite(ctx, rest)
	case kind == "postgres" || kind == "postgresql":
		return openPostgres(ctx, name)
	}
	return nil, nil, errors.New("-store: must be sqlite:FILE, memory: or a postgres:// URL")
}

func openSQLite(ctx context.Context, file string) (store.Store, func() error, error) {
	kept, err := sqlite.Open(file)
	if err != nil {
		return nil, nil, err
	}
	if err := kept.Migrate(ctx); err != nil {
		return nil, nil, errors.Join(err, kept.Close())
	}
	return kept, kept.Close, nil
}

func openPostgres(ctx context.Context, url string) (store.Store, func() error, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, nil, fmt.Errorf("-store: %w", err)
	}
	kept := postgres.New(pool)
	if err := kept.Migrate(ctx); err != nil {
		pool.Close()
		return nil, nil, fmt.Errorf("-store: %w", err)
	}
	return kept, func() error { pool.Close(); return nil }, nil
}

// openAttempts connects to the Redis server of -attempts. Empty: no store of its own.
func openAttempts(ctx context.Context, url string) (store.AttemptStore, func() error, error) {
	if url == "" {
		return nil, func() error { return nil }, nil
	}
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	o, err := driver.ParseURL(url)
	if err != nil {
		return nil, nil, fmt.Errorf("-attempts: %w", err)
	}
	logging.Disable() // it repeats, in lines of its own, the errors that it returns
	client := driver.NewClient(o)
	kept := redis.New(client, redis.Options{})
	if err := kept.Check(ctx); err != nil {
		return nil, nil, fmt.Errorf("-attempts: %w", errors.Join(err, client.Close()))
	}
	return kept, client.Close, nil
}
