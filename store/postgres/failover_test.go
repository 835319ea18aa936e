package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// TestFailover promotes a standby twice under load, in one process with one pool. First the old primary is fenced while
// it is connected to: it stays up and lets everybody read. Then the new one is killed, and comes back as it was, fenced.
// Nothing that was answered is lost, nothing is charged twice, and after some seconds everything goes on.
func TestFailover(t *testing.T) {
	first := newPrimary(t)
	first.do("CREATE DATABASE app")
	second, third := first.another(), first.another()
	pool, err := pgxpool.New(t.Context(), cluster("app", first, second, third))
	ok(t, err)
	t.Cleanup(pool.Close)
	s := postgres.New(pool)
	ok(t, s.Migrate(t.Context()))
	second.follow(first)
	l := newTraffic(t, s)
	l.begin()
	l.goesOn("before")

	first.do("ALTER SYSTEM SET default_transaction_read_only = on")
	first.do("SELECT pg_reload_conf()")
	second.promote()
	l.goesOn("after the first was fenced")

	third.follow(second)
	l.goesOn("with another standby")
	second.kill()
	third.promote()
	l.goesOn("after the second was killed")
	second.start("default_transaction_read_only=on")
	failed := l.failed.Load()
	l.goesOn("while the second is back")
	if n := l.failed.Load() - failed; n > 0 {
		t.Errorf("%d errors because of a server that came back and only reads", n)
	}
	l.end()
}

// traffic is what people and the host do meanwhile, with what they were answered.
type traffic struct {
	t        *testing.T
	kit      *authtest.Kit
	parent   authtest.Account
	children []authtest.Account
	stop     chan struct{}
	all      sync.WaitGroup
	answered atomic.Int64 // of any kind
	failed   atomic.Int64

	mu       sync.Mutex
	sessions []tollkeeper.SignInResult // by whoever got one
	charged  map[string]int            // keys that were answered, with how often they were sent
}

const (
	grantedCredits = 1_000_000
	opAPI          = tollkeeper.Operation("api")
)

func newTraffic(t *testing.T, s store.Store) *traffic {
	t.Helper()
	l := &traffic{t: t, stop: make(chan struct{}), charged: map[string]int{}}
	l.kit = authtest.New(t, authtest.WithStore(s), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Refresh = tollkeeper.Refresh{Idle: time.Hour, Grace: time.Minute}
		c.Tokens.Most = 10_000
		c.Credits.InitialCredits = grantedCredits
		c.Credits.Prices = map[tollkeeper.Operation]int64{tollkeeper.OpSignIn: 1, opAPI: 1}
		c.Limits = tollkeeper.Limits{ // the clock stands still, and what becomes of an attempt may stay unknown
			SignIn: map[tollkeeper.Audience][]tollkeeper.Limit{tollkeeper.AudienceOrganization: {{Every: time.Millisecond, Burst: 1_000_000}}},
			Lock:   tollkeeper.Limit{Free: 1_000_000, Base: time.Second, Max: time.Second, Window: time.Second},
		}
		c.Limits.PairCeiling = tollkeeper.Limit{Free: 1_000_000, Window: time.Second}
		c.Limits.AccountCeiling, c.Limits.EmailCeiling = c.Limits.PairCeiling, c.Limits.PairCeiling
	}))
	l.parent = l.kit.Parent()
	for range 4 {
		l.children = append(l.children, l.kit.Child(l.parent))
	}
	return l
}

// begin starts everybody: four who sign in, two who refresh, two who charge.
func (l *traffic) begin() {
	for _, c := range l.children {
		l.every(func(ctx context.Context) { l.signIn(ctx, c) })
	}
	for range 2 {
		first := l.kit.SignIn(l.children[0])
		l.every(func(ctx context.Context) { l.refresh(ctx, &first) })
	}
	for who := range 2 {
		n := 0
		l.every(func(ctx context.Context) {
			n++
			l.charge(fmt.Sprintf("call:%d:%d", who, n))
		})
	}
}

// every does it again and again, each time with two seconds.
func (l *traffic) every(do func(context.Context)) {
	l.all.Go(func() {
		for {
			select {
			case <-l.stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			do(ctx)
			cancel()
		}
	})
}

// saw counts an answer. An error is that nobody knows, and nothing else.
func (l *traffic) saw(what string, err error) bool {
	if err == nil {
		l.answered.Add(1)
		return true
	}
	l.failed.Add(1)
	if !errors.Is(err, tollkeeper.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
		l.t.Errorf("%s: %v", what, err)
	}
	return false
}

func (l *traffic) signIn(ctx context.Context, c authtest.Account) {
	r, err := l.kit.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: c.Scope(), Email: c.Email, Password: tollkeeper.Password(c.Password), Audience: tollkeeper.AudienceOrganization})
	if l.saw("sign-in", err) {
		l.mu.Lock()
		l.sessions = append(l.sessions, r)
		l.mu.Unlock()
	}
}

// refresh shows the token of before again when nobody knows what became of it: that is no reuse.
func (l *traffic) refresh(ctx context.Context, last *tollkeeper.SignInResult) {
	r, err := l.kit.Auth.Refresh(ctx, last.Refresh, tollkeeper.Client{})
	if l.saw("refresh", err) {
		*last = r
	}
}

// charge asks with one key until there is an answer.
func (l *traffic) charge(key string) {
	for n := 1; ; n++ {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		_, err := l.kit.Auth.Host().Charge(ctx, l.parent.ID, opAPI, key)
		cancel()
		if l.saw("charge", err) {
			l.mu.Lock()
			l.charged[key] = n
			l.mu.Unlock()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// goesOn wants two hundred answers within some seconds.
func (l *traffic) goesOn(when string) {
	l.t.Helper()
	start, from, failed := time.Now(), l.answered.Load(), l.failed.Load()
	for l.answered.Load() < from+200 {
		if time.Since(start) > 15*time.Second {
			l.t.Fatalf("%s: %d answers in %v, %d errors", when, l.answered.Load()-from, time.Since(start), l.failed.Load()-failed)
		}
		time.Sleep(10 * time.Millisecond)
	}
	l.t.Logf("%s: 200 answers after %v, %d errors", when, time.Since(start).Round(time.Millisecond), l.failed.Load()-failed)
}

// end holds what was answered against what stands.
func (l *traffic) end() {
	close(l.stop)
	l.all.Wait()
	entries := map[string]int{}
	sum := int64(0)
	for _, e := range l.kit.Ledger(l.parent) {
		entries[e.Key]++
		sum += e.Amount
	}
	again := 0
	for key, sent := range l.charged {
		if n := entries["host:"+key]; n != 1 {
			l.t.Errorf("%s was answered and stands %d times", key, n)
		}
		if sent > 1 {
			again++
		}
	}
	for _, r := range l.sessions {
		id, err := l.kit.Auth.Authenticate(context.Background(), r.Token)
		if err != nil {
			l.t.Errorf("a session that was answered is lost: %v", err)
			continue
		}
		if entries["session:"+id.Session.String()] != 1 {
			l.t.Errorf("session %v is charged %d times", id.Session, entries["session:"+id.Session.String()])
		}
	}
	for key, n := range entries {
		if n != 1 {
			l.t.Errorf("%s stands %d times", key, n)
		}
	}
	if b := l.kit.Balance(l.parent); b.Credits != sum {
		l.t.Errorf("balance %d, sum of the ledger %d", b.Credits, sum)
	}
	l.t.Logf("%d sign-ins and %d charges answered, %d of them sent again; %d errors", len(l.sessions), len(l.charged), again, l.failed.Load())
}
