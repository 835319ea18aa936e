package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/storetest"
)

// TestEveryStatementMayFail has each statement, or batch of statements, of each verb fail: the verb says so, and has
// done nothing.
func TestEveryStatementMayFail(t *testing.T) {
	storetest.CompareFaults(t, 1, func(t *testing.T) (store.Store, *storetest.Faults) {
		c := database(t, "synchronous_commit=off")
		migrated(t, c)
		f, traced := &faults{}, c.Copy()
		traced.ConnConfig.Tracer = f
		return postgres.New(connect(t, traced)), &f.Faults
	})
}

// faults end the context of a statement before it is sent. They leave out the look-up of a standing charge's receipt:
// that comes after the commit, so that a failure is told and undoes nothing.
type faults struct{ storetest.Faults }

func (f *faults) next(ctx context.Context, sql string) context.Context {
	if sql == postgres.Standing || !f.Next() {
		return ctx
	}
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
