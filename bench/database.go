package bench

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// database is an empty one of its own on the server.
type database struct {
	pool *pgxpool.Pool
	dsn  string
	drop func()
}

// connections is the size of the pool: four for each of two cores, as docs/PERFORMANCE.md says, and the clients of
// pgbench.
const connections = 8

// newDatabase makes one. Settings are key=value, for its connections.
func newDatabase(ctx context.Context, server string, settings ...string) (*database, error) {
	name := "bench_" + strings.ToLower(rand.Text())
	if err := execute(ctx, server, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	u, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	u.Path = "/" + name
	db := &database{dsn: u.String()}
	db.drop = func() {
		if db.pool != nil {
			db.pool.Close()
		}
		_ = execute(context.Background(), server, "DROP DATABASE "+name+" WITH (FORCE)")
	}
	c, err := pgxpool.ParseConfig(db.dsn)
	if err != nil {
		db.drop()
		return nil, err
	}
	c.MaxConns = connections
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		c.ConnConfig.RuntimeParams[key] = value
	}
	if db.pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
		db.drop()
		return nil, err
	}
	return db, nil
}

// server is the store over a database of its own, until the bench is closed.
func (b *Bench) server(ctx context.Context, dsn string, settings ...string) (*database, *postgres.Store, error) {
	db, err := newDatabase(ctx, dsn, settings...)
	if err != nil {
		return nil, nil, err
	}
	b.onClose(db.drop)
	kept := postgres.New(db.pool)
	return db, kept, kept.Migrate(ctx)
}

// lite is the store over that file, until the bench is closed.
func (b *Bench) lite(ctx context.Context, path string) (*sqlite.Store, error) {
	kept, err := sqlite.Open(path)
	if err != nil {
		return nil, err
	}
	b.onClose(func() { _ = kept.Close() })
	return kept, kept.Migrate(ctx)
}

func execute(ctx context.Context, dsn, sql string) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(context.Background())
	_, err = c.Exec(ctx, sql)
	return err
}

// queryText returns the one value of a query.
func queryText(ctx context.Context, dsn, sql string) (text string, err error) {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return "", err
	}
	defer c.Close(context.Background())
	err = c.QueryRow(ctx, sql).Scan(&text)
	return text, err
}
