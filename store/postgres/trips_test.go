package postgres_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// trips counts round trips: a statement is one, and so is a batch.
type trips struct{ n atomic.Int64 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// TestStatementsOfASignIn: one round trip, which is one statement, whatever comes with it.
func TestStatementsOfASignIn(t *testing.T) {
	c := database(t, "synchronous_commit=off")
	migrated(t, c)
	count := &trips{}
	c.ConnConfig.Tracer = count
	s := postgres.New(connect(t, c))
	p := parent(t, s, 1000)
	a := child(t, s, p)
	use := useOf(t, s, a)
	paid := func() store.NewSession { return signIn(a, p.ID, true) }
	free := paid()
	free.Charge = store.Charge{}
	logs, uses, capped := paid(), paid(), paid()
	logs.Events, uses.Events, capped.Events = logged(a), logged(a), logged(a)
	uses.Use, capped.Most = use, 100
	for name, n := range map[string]store.NewSession{"free": free, "paid": paid(), "logged": logs, "with a factor": uses, "capped": capped} {
		before := count.n.Load()
		_, err := s.CreateSession(t.Context(), n, at)
		ok(t, err)
		if n := count.n.Load() - before; n != 1 {
			t.Errorf("%s: %d round trips", name, n)
		}
	}
}
