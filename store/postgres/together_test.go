package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// job is what a process of TestProcessesShareAParent does.
type job struct {
	DSN, Database string
	Isolation     string
	Lanes         int
	Payer         uuid.UUID
	Accounts      []uuid.UUID
	Requests      int
}

const jobVariable = "TOLLKEEPER_TEST_JOB"

func TestMain(m *testing.M) {
	if text := os.Getenv(jobVariable); text != "" {
		os.Exit(work(text))
	}
	os.Exit(m.Run())
}

// work signs in as often as the job says, from 16 goroutines, and prints how often it was let.
func work(text string) int {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		println(err.Error())
		return 1
	}
	c, err := pgxpool.ParseConfig(j.DSN)
	if err != nil {
		println(err.Error())
		return 1
	}
	c.ConnConfig.Database = j.Database
	c.ConnConfig.RuntimeParams["default_transaction_isolation"] = j.Isolation
	c.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(context.Background(), c)
	if err != nil {
		println(err.Error())
		return 1
	}
	defer pool.Close()
	s := postgres.New(pool, postgres.SignInLanes(j.Lanes))
	var left, granted, failed atomic.Int64
	left.Store(int64(j.Requests))
	var workers sync.WaitGroup
	for w := range 16 {
		workers.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				r, err := s.CreateSession(context.Background(), signIn(store.Account{ID: j.Accounts[(w+int(n))%len(j.Accounts)]}, j.Payer, true), at)
				switch {
				case err == nil && r.Charged:
					granted.Add(1)
				case !errors.Is(err, store.ErrInsufficientCredits):
					failed.Add(1)
					println(err.Error())
				}
			}
		})
	}
	workers.Wait()
	os.Stdout.WriteString(strconv.FormatInt(granted.Load(), 10))
	return int(min(failed.Load(), 1))
}

func TestProcessesShareAParent(t *testing.T) {
	for _, isolation := range []string{"read committed", "serializable"} {
		t.Run(isolation, func(t *testing.T) {
			const credits = 240
			c := database(t, "synchronous_commit=off")
			s, pool := migrated(t, c)
			p := parent(t, s, credits)
			j := job{DSN: server(t), Database: c.ConnConfig.Database, Isolation: isolation, Payer: p.ID, Requests: 2 * credits / 4}
			for range 12 {
				j.Accounts = append(j.Accounts, child(t, s, p).ID)
			}
			granted := make([]int64, 4)
			var all sync.WaitGroup
			for i := range granted {
				j.Lanes = i % 3 // two of them commit each alone, and meet those that commit together
				text, err := json.Marshal(j)
				if err != nil {
					t.Fatal(err)
				}
				all.Go(func() {
					cmd := exec.CommandContext(t.Context(), os.Args[0])
					cmd.Env = append(os.Environ(), jobVariable+"="+string(text))
					cmd.Stderr = os.Stderr
					out, err := cmd.Output()
					if err != nil {
						t.Error(err)
						return
					}
					if granted[i], err = strconv.ParseInt(string(out), 10, 64); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			books(t, s, pool, p.ID, credits, granted[0]+granted[1]+granted[2]+granted[3])
		})
	}
}

// books checks that exactly so many credits became sessions and entries, and that none are left.
func books(t *testing.T, s *postgres.Store, pool *pgxpool.Pool, owner uuid.UUID, credits, granted int64) {
	t.Helper()
	b, err := s.Balance(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	n, sum := ledger(t, s, owner, store.OpSignIn)
	var sessions int64
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM sessions").Scan(&sessions); err != nil {
		t.Fatal(err)
	}
	if granted != credits || n != credits || sum != -credits || sessions != credits || b.Credits != 0 || b.SignIns != credits || b.Used != credits {
		t.Errorf("%d credits: %d granted, %d entries of %d, %d sessions, %+v", credits, granted, n, sum, sessions, b)
	}
}

// TestTogether is about what many sign-ins that are committed together are told.
func TestTogether(t *testing.T) {
	const credits, callers = 40, 64
	s, pool := migrated(t, database(t), postgres.SignInLanes(1))
	p := parent(t, s, credits)
	accounts := make([]store.Account, callers)
	for i := range accounts {
		accounts[i] = child(t, s, p)
	}
	held, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	if _, err := held.Exec(t.Context(), "BEGIN; SELECT 1 FROM credits FOR UPDATE"); err != nil { // so that the rest piles up
		t.Fatal(err)
	}
	balances := make([]int64, callers)
	var granted atomic.Int64
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			r, err := s.CreateSession(t.Context(), signIn(accounts[i], p.ID, true), at)
			switch {
			case err == nil:
				granted.Add(1)
				balances[i] = r.Balance.Credits
				if !r.Charged || r.Balance.Credits+r.Balance.Used != credits || r.Balance.SignIns != r.Balance.Used {
					t.Errorf("receipt %+v does not add up", r)
				}
			case !errors.Is(err, store.ErrInsufficientCredits):
				t.Error(err)
			}
			if err != nil {
				balances[i] = -1
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	if _, err := held.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	seen := map[int64]bool{}
	for _, b := range balances {
		if b >= 0 && seen[b] {
			t.Errorf("two were told that %d credits are left", b)
		}
		seen[b] = true
	}
	books(t, s, pool, p.ID, credits, granted.Load())
}

// TestWhoLeavesABatchTakesNobodyAlong gives up on most sign-ins of a batch while it is being committed. The others, who
// wait on, are let in.
func TestWhoLeavesABatchTakesNobodyAlong(t *testing.T) {
	const callers, patient = 64, 8
	c := database(t)
	c.MaxConns = 16
	s, pool := migrated(t, c, postgres.SignInLanes(1))
	p := parent(t, s, 1000)
	waiting := func(n int) { // until so many statements wait for the payer
		t.Helper()
		began := time.Now()
		for got := 0; got < n; time.Sleep(5 * time.Millisecond) {
			if time.Since(began) > 30*time.Second {
				t.Fatalf("%d statements wait for the payer, want %d", got, n)
			}
			const query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
			ok(t, pool.QueryRow(t.Context(), query).Scan(&got))
		}
		time.Sleep(100 * time.Millisecond) // for those that wait for them
	}
	accounts := make([]store.Account, callers)
	for i := range accounts {
		accounts[i] = child(t, s, p)
	}
	const hold = "BEGIN; SELECT 1 FROM credits FOR UPDATE"
	var held [2]*pgxpool.Conn // one after the other holds the payer, so that a whole batch waits for the second
	for i := range held {
		var err error
		held[i], err = pool.Acquire(t.Context())
		ok(t, err)
		defer held[i].Release()
	}
	_, err := held[0].Exec(t.Context(), hold)
	ok(t, err)
	hurried, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	begin := func(from, to, batches int) { // until so many batches wait for the payer
		for i := from; i < to; i++ {
			ctx := hurried
			if i >= callers-patient {
				ctx = t.Context()
			}
			all.Go(func() {
				_, err := s.CreateSession(ctx, signIn(accounts[i], p.ID, true), at)
				if err != nil && (ctx.Err() == nil || !errors.Is(err, context.Canceled)) {
					t.Errorf("caller %d of %d: %v", i, callers, err)
				}
			})
		}
		waiting(batches)
	}
	const apart = 8 // as many are no crowd, and have a lane to themselves
	begin(0, 1, 1)
	begin(1, apart, 1)
	begin(apart, apart+1, 2) // both lanes have begun with one
	begin(apart+1, callers, 2)
	second := make(chan error)
	go func() {
		_, err := held[1].Exec(t.Context(), hold)
		second <- err
	}()
	waiting(3)
	_, err = held[0].Exec(t.Context(), "COMMIT")
	ok(t, err)
	ok(t, <-second)
	waiting(2) // two batches
	leave()
	time.Sleep(100 * time.Millisecond)
	_, err = held[1].Exec(t.Context(), "COMMIT")
	ok(t, err)
	all.Wait()
}

// TestTogetherJudgesEach mixes every kind of request in what is committed together.
func TestTogetherJudgesEach(t *testing.T) {
	s, _ := migrated(t, database(t), postgres.SignInLanes(1))
	p, poor := parent(t, s, 1000), parent(t, s, 0)
	a, b := child(t, s, p), child(t, s, p)
	first := signIn(a, p.ID, true)
	if _, err := s.CreateSession(t.Context(), first, at); err != nil {
		t.Fatal(err)
	}
	old := signIn(a, p.ID, true)
	old.Session.Epoch = 7
	stranger := first
	stranger.Session.Account = b.ID
	free := signIn(b, uuid.Nil, false)
	free.Charge = store.Charge{}
	kinds := []struct {
		name    string
		n       func() store.NewSession
		want    error
		charged bool
	}{
		{"paid", func() store.NewSession { return signIn(b, p.ID, true) }, nil, true},
		{"again", func() store.NewSession { return first }, nil, true},
		{"paid under that key", func() store.NewSession {
			n := signIn(a, p.ID, true)
			n.Charge.Key = first.Charge.Key
			return n
		}, nil, true},
		{"of another epoch", func() store.NewSession { return old }, store.ErrNotFound, false},
		{"with the id of another account's", func() store.NewSession { return stranger }, store.Conflict{}, false},
		{"beyond the credits", func() store.NewSession { return signIn(a, poor.ID, true) }, store.ErrInsufficientCredits, false},
		{"if it can", func() store.NewSession { return signIn(a, poor.ID, false) }, nil, false},
		{"free", func() store.NewSession {
			n := free
			n.Session.ID = uuid.Must(uuid.NewV7())
			return n
		}, nil, false},
	}
	var all sync.WaitGroup
	for range 12 {
		for _, k := range kinds {
			all.Go(func() {
				r, err := s.CreateSession(t.Context(), k.n(), at)
				if !errors.Is(err, k.want) || r.Charged != k.charged {
					t.Errorf("%s: answers %+v, %v, want %v", k.name, r, err, k.want)
				}
			})
		}
	}
	all.Wait()
	if n, sum := ledger(t, s, p.ID, store.OpSignIn); n != 13 || sum != -13 {
		t.Errorf("%d entries of %d, want 13", n, sum)
	}
}
