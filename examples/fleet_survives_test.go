package examples_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// backWithin is how soon all processes must serve again once what they need does.
const backWithin = 5 * time.Second

// back waits until each process judges sign-ins again, and answers how long that took. Each is by somebody unknown:
// attempts count also while they cannot be judged, and would lock an account.
func (f *fleet) back(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	for _, s := range f.servers {
		for newVisitor().signIn(s.URL, f.nobody(), password).want(t, "a sign-in on the way back", 0, 401, 500, 503).status != 401 {
			if time.Since(start) > backWithin {
				t.Fatalf("not back after %v", backWithin)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	return time.Since(start).Round(time.Millisecond)
}

// nobody is another unknown child each time.
func (f *fleet) nobody() person {
	n := f.people.Add(1)
	return person{email: fmt.Sprintf("nobody%d@fleet.example", n), key: f.parent.key}
}

// replace puts another process in the place of one that is gone.
func (f *fleet) replace(t *testing.T, i int, args ...string) {
	t.Helper()
	f.servers[i] = f.program.Launch(f.t, append(f.args, args...)...) // it outlives this part of the test
	f.servers[i].Listening(t)
	f.proxy.Add(f.servers[i].URL)
}

// killedProcess: only what was under way there is lost, and what it had answered holds.
func (f *fleet) killedProcess(t *testing.T, i int) {
	c := f.child(t)
	v := newVisitor()
	v = v.with(v.signIn(f.servers[i].URL, c, password).want(t, "sign-in", 200).field("token"))
	f.without(func() { f.servers[i].Kill(t) })
	for range 2 * len(f.servers) {
		v.get(f.url+"/api/user/status").want(t, "the session, at the others", 200)
	}
	f.proxy.Remove(f.servers[i].URL)
	start := time.Now()
	f.replace(t, i)
	f.back(t)
	t.Logf("a process serves %v after its start", time.Since(start).Round(time.Millisecond))
	v.get(f.servers[i].URL+"/api/user/status").want(t, "the session, at the new one", 200)
}

// killedPostgres: nobody gets a wrong answer meanwhile, and everything holds that was answered before.
func (f *fleet) killedPostgres(t *testing.T) {
	c := f.child(t)
	v := newVisitor()
	live := v.with(v.signIn(f.url, c, password).want(t, "sign-in", 200).field("token"))
	ended := v.with(v.signIn(f.url, c, password).want(t, "sign-in", 200).field("token"))
	ended.post(f.url+"/api/user/signout", nil).want(t, "sign-out", 200)
	f.without(func() {
		f.Postgres.Crash(t)
		for _, s := range f.servers {
			newVisitor().signIn(s.URL, c, password).want(t, "the right password without PostgreSQL", 503)
		}
		for gone := time.Now(); time.Since(gone) < 2*time.Second; time.Sleep(20 * time.Millisecond) {
			for _, s := range f.servers {
				newVisitor().signIn(s.URL, f.nobody(), password).want(t, "sign-in without PostgreSQL", 503)
				live.get(s.URL+"/api/user/status").want(t, "a session without PostgreSQL", 503)
				ended.get(s.URL+"/api/user/status").want(t, "an ended one without PostgreSQL", 503)
				newVisitor().get(s.URL+"/authentiq/v1/heartbeat").want(t, "heartbeat without PostgreSQL", 503)
			}
		}
		f.Postgres.Start(t)
		t.Logf("all serve %v after PostgreSQL does", f.back(t))
	})
	for _, s := range f.servers {
		live.get(s.URL+"/api/user/status").want(t, "a session afterwards", 200)
		ended.get(s.URL+"/api/user/status").want(t, "an ended one afterwards", 401)
		newVisitor().signIn(s.URL, c, password).want(t, "sign-in afterwards", 200)
	}
}

// killedRedis: guesses are refused meanwhile; sessions, codes and credits do not depend on it. It comes back empty, as
// this one keeps nothing: that ends locks, and nothing else.
func (f *fleet) killedRedis(t *testing.T) {
	parent, owner := f.newPerson(t, f.url, "")
	c, _ := f.newPerson(t, f.url, parent.key)
	coded, _ := f.newPerson(t, f.url, parent.key)
	v, locked := newVisitor(), newVisitor()
	for range 5 {
		locked.guess(f.url, c, "Wrong4Kettle!Orbit").want(t, "a guess", 401)
	}
	locked.guess(f.url, c, password).want(t, "a locked one", 403)
	live := v.with(v.signIn(f.url, c, password).want(t, "sign-in", 200).field("token"))
	ended := v.with(v.signIn(f.url, c, password).want(t, "sign-in", 200).field("token"))
	code := f.code(t, coded)
	newVisitor().useCode(f.url, coded, code).want(t, "the code", 200)
	const left = 3000 - 2*5 - 3 // children and sign-ins
	f.without(func() {
		f.Redis.Crash(t)
		for _, s := range f.servers {
			newVisitor().guess(s.URL, c, password).want(t, "sign-in without Redis", 503)
			locked.guess(s.URL, c, password).want(t, "a locked one without Redis", 503)
			newVisitor().useCode(s.URL, coded, code).want(t, "a used code without Redis", 503)
			live.get(s.URL+"/api/user/status").want(t, "a session without Redis", 200)
		}
		ended.post(f.url+"/api/user/signout", nil).want(t, "sign-out without Redis", 200)
		for _, s := range f.servers {
			ended.get(s.URL+"/api/user/status").want(t, "a session that was ended without Redis", 401)
		}
		f.wantBalance(t, owner, left)
		time.Sleep(time.Second)
		f.Redis.Start(t)
		t.Logf("all serve %v after Redis does", f.back(t))
	})
	f.wantBalance(t, owner, left)
	newVisitor().useCode(f.url, coded, code).want(t, "a used code afterwards", 401)
	ended.get(f.url+"/api/user/status").want(t, "an ended session afterwards", 401)
	locked.guess(f.url, c, password).want(t, "a lock that an empty Redis has forgotten", 200)
}

// rollOut replaces one process after the other, twice, while all clients go on, without one failed request: first by
// such as may answer for sessions from memory, which is measured, then by strict ones. With that comes a new master key:
// first all learn it, then all use it.
func (f *fleet) rollOut(t *testing.T) {
	const stale = 500 * time.Millisecond
	f.writeKeys(t, slices.Insert(f.keys, 1, tollkeeper.NewMasterKey().Reveal()))
	f.replaceAll(t, "-staleness="+stale.String())
	c := f.child(t)
	var longest time.Duration
	for _, order := range orders {
		longest = max(longest, f.servesAfterSignOut(t, c, order, stale))
	}
	t.Logf("with -staleness=%v a session served up to %v after its sign-out elsewhere", stale, longest.Round(time.Millisecond))
	f.keys[0], f.keys[1] = f.keys[1], f.keys[0]
	f.writeKeys(t, f.keys)
	f.replaceAll(t)
}

// writeKeys sets the master keys of processes that start. The last one stays: digests are made with it.
func (f *fleet) writeKeys(t *testing.T, keys []string) {
	t.Helper()
	f.keys = keys
	write(t, f.program.Dir, "tollkeeper.secrets", strings.Join(keys, "\n"), 0o600)
}

func (f *fleet) replaceAll(t *testing.T, args ...string) {
	for i, s := range f.servers {
		f.proxy.Remove(s.URL)
		if end := s.Stop(t); end.Code != 0 || strings.Contains(end.Err, "panic") {
			t.Errorf("a process ends with %+v", end)
		}
		f.replace(t, i, args...)
	}
}

// servesAfterSignOut answers when the last request was sent that a third process served.
func (f *fleet) servesAfterSignOut(t *testing.T, c person, order [3]int, stale time.Duration) (last time.Duration) {
	one, two, three := f.servers[order[0]].URL, f.servers[order[1]].URL, f.servers[order[2]].URL
	v := newVisitor()
	v = v.with(v.signIn(one, c, password).want(t, "sign-in", 200).field("token"))
	v.get(three+"/api/user/status").want(t, "the session elsewhere", 200)
	v.post(two+"/api/user/signout", nil).want(t, "sign-out elsewhere", 200)
	ended := time.Now()
	v.get(two+"/api/user/status").want(t, "the session where it was ended", 401)
	for {
		sent := time.Since(ended)
		if v.get(three+"/api/user/status").want(t, "the session after its end", 200, 401).status == 401 {
			return last
		}
		if last = sent; last > stale {
			t.Fatalf("a session serves %v after its end, with staleness %v", last, stale)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// broken are queries that answer how many rows break an invariant of SECURITY.md, over everything that is there.
var broken = map[string]string{
	"I1, balance and ledger": `SELECT count(*) FROM credits c WHERE balance < 0 OR granted - used <> balance
		OR balance <> (SELECT coalesce(sum(amount), 0) FROM ledger l WHERE l.owner = c.owner)`,
	"I2, sign-in without session": `SELECT count(*) FROM ledger l WHERE op = 'sign-in'
		AND NOT EXISTS (SELECT 1 FROM sessions s WHERE 'session:' || s.id = l.key)`,
	"I2, child without debit": `SELECT count(*) FROM accounts a JOIN accounts p ON p.id = a.parent WHERE NOT p.house
		AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.owner = p.id AND l.key = 'account:' || a.id AND l.amount = -5)`,
	"I4, tries":    `SELECT count(*) FROM secrets WHERE tries > 5`,
	"I6, no admin": `SELECT count(*) FROM accounts h WHERE house AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.parent = h.id AND role = 'admin' AND status = 'active')`,
	"mail to do":   `SELECT count(*) FROM outbox`,
	"I7, twice":    `SELECT count(*) FROM (SELECT 1 FROM accounts WHERE email_key IS NOT NULL GROUP BY parent, email_key HAVING count(*) > 1) x`,
}

// check holds everything that was answered against the database: first through the servers, then without them.
func (f *fleet) check(t *testing.T) {
	f.witness.CheckAnswers(t, f.url)
	for _, s := range f.servers {
		if end := s.Stop(t); end.Code != 0 || strings.Contains(end.Err, "panic") {
			t.Errorf("a process ends with %+v", end)
		}
	}
	pool, err := pgxpool.New(t.Context(), f.Postgres.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	store := postgres.New(pool)
	f.witness.CheckStore(t, store, time.Now())
	f.witness.CheckMail(t, store, tollkeeper.Config{Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "http://localhost"})
	for name, query := range broken {
		rows, err := pool.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
		if err != nil || n != 0 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}
