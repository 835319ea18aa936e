package postgres_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper"
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

// TestRoundTrips: what a sign-in and a check of its token ask PostgreSQL for.
func TestRoundTrips(t *testing.T) {
	count := &trips{}
	for name, staleness := range map[string]time.Duration{"strict": 0, "within staleness": time.Minute} {
		t.Run(name, func(t *testing.T) {
			auth := counted(t, count, staleness)
			of := func(do func() error) int64 { // the least of some: the worker asks beside it
				least := int64(1 << 30)
				for range 3 {
					before := count.n.Load()
					if err := do(); err != nil {
						t.Fatal(err)
					}
					least = min(least, count.n.Load()-before)
				}
				return least
			}
			var signedIn tollkeeper.SignInResult
			signIn := func() (err error) {
				signedIn, err = auth.SignIn(t.Context(), tollkeeper.SignInRequest{Email: "ada@house.example", Password: "Tr0ub4dor&3x!"})
				return err
			}
			check := func() error { _, err := auth.Authenticate(t.Context(), signedIn.Token); return err }
			if n := of(signIn); n > 3 {
				t.Errorf("a sign-in takes %d round trips", n)
			}
			want := int64(1)
			if staleness > 0 {
				want = 0
			}
			if n := of(check); n != want {
				t.Errorf("Authenticate takes %d round trips, want %d", n, want)
			}
		})
	}
}

// counted is an Authenticator over a database whose trips are counted, with somebody who may sign in.
func counted(t *testing.T, count *trips, staleness time.Duration) *tollkeeper.Authenticator {
	t.Helper()
	c := database(t)
	migrated(t, c)
	c.ConnConfig.Tracer = count
	auth, err := tollkeeper.New(postgres.New(connect(t, c)), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "https://auth.example",
		Logger:    slog.New(slog.DiscardHandler),
		Tokens:    tollkeeper.Tokens{Staleness: staleness},
		Passwords: tollkeeper.Passwords{Hash: tollkeeper.Hash{Memory: 8, Time: 1, UnsafeForTests: true}},
		Mail:      tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	ok(t, err)
	t.Cleanup(func() { _ = auth.Close(context.Background()) })
	_, err = auth.Host().Bootstrap(t.Context(), tollkeeper.BootstrapRequest{Email: "ada@house.example", Password: "Tr0ub4dor&3x!"})
	ok(t, err)
	return auth
}
