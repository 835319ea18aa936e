package postgres_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/storetest"
)

// TestEveryStatementMayFail has each statement, or batch of statements, of each verb fail: the verb says so, and has
// done nothing.
func TestEveryStatementMayFail(t *testing.T) {
	storetest.CompareFaults(t, 1, func(t *testing.T) (store.Store, storetest.Faults) {
		c := database(t, "synchronous_commit=off")
		migrated(t, c)
		f, traced := &faults{}, c.Copy()
		traced.ConnConfig.Tracer = f
		return postgres.New(connect(t, traced)), f
	})
}

// faults end the context of a statement before it is sent.
type faults struct {
	mu     sync.Mutex
	left   int
	failed bool
}

func (f *faults) Fail(n int) (failed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	failed = f.failed
	f.left, f.failed = n, false
	return failed
}

// next counts a statement. It leaves out the look-up of a standing charge's receipt: that comes after the commit, so that
// a failure is told and undoes nothing.
func (f *faults) next(ctx context.Context, sql string) context.Context {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 || sql == postgres.Standing {
		return ctx
	}
	if f.left--; f.left > 0 {
		return ctx
	}
	f.failed = true
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func (f *faults) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return f.next(ctx, d.SQL)
}

func (f *faults) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (f *faults) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return f.next(ctx, "")
}

func (f *faults) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (f *faults) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
