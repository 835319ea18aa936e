package examples_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/examples/internal/proc"
	"github.com/tollkeeper/tollkeeper/examples/internal/roundrobin"
	"github.com/tollkeeper/tollkeeper/examples/internal/services"
	"github.com/tollkeeper/tollkeeper/examples/internal/witness"
)

// fleet is three servers behind a proxy, with what they share.
type fleet struct {
	services.Servers
	t       *testing.T // of the whole test
	program proc.Program
	args    []string
	servers [3]*proc.Server
	keys    []string // master keys, the first signs
	proxy   roundrobin.Proxy
	url     string // of the proxy
	mails   *witness.Mailbox
	witness *witness.Witness
	away    atomic.Bool // something is, so 5xx are excused
	people  atomic.Int64
	parent  person // with credits
}

// newFleet starts all three at once on an empty database.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	dir := t.TempDir()
	f := &fleet{t: t, program: in(t, dir), witness: witness.New(), mails: witness.NewMailbox(filepath.Join(dir, "mail"))}
	f.Servers = services.Start(t, "..")
	f.args = []string{anyPort, "-store=" + f.Postgres.URL, "-attempts=" + f.Redis.URL, "-mail-dir=mail", "-trusted-proxies=127.0.0.1"}
	f.writeKeys(t, []string{tollkeeper.NewMasterKey().Reveal(), tollkeeper.NewMasterKey().Reveal()})
	for i := range f.servers {
		f.servers[i] = f.program.Launch(t, f.args...)
	}
	for _, s := range f.servers {
		s.Listening(t)
		f.proxy.Add(s.URL)
	}
	front := httptest.NewServer(&f.proxy)
	t.Cleanup(front.Close)
	f.url = front.URL
	f.parent, _ = f.newPerson(t, f.url, "")
	f.witness.Mail = witness.NewMailbox(filepath.Join(dir, "mail"))
	f.witness.Excused = func(status int) bool { return status >= 500 && f.away.Load() }
	return f
}

// load lets so many clients do things, with pauses, so that a small machine can follow, and answers how to end that.
func (f *fleet) load(clients int) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				f.witness.Act(f.url)
				time.Sleep(30 * time.Millisecond)
			}
		})
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// without calls do while something is away, and excuses 5xx until a moment after it.
func (f *fleet) without(do func()) {
	f.away.Store(true)
	do()
	time.Sleep(500 * time.Millisecond) // what was sent meanwhile is answered
	f.away.Store(false)
}

// person is an account with its parent's public key, or its own.
type person struct{ name, email, key string }

// newPerson signs somebody up at a server; key is the parent's, "" makes a parent.
func (f *fleet) newPerson(t *testing.T, base, key string) (person, string) {
	t.Helper()
	name := fmt.Sprintf("p%d", f.people.Add(1))
	p := person{name: name, email: name + "@fleet.example", key: key}
	body := object{"username": name, "email": p.email, "password": password}
	if key != "" {
		body["parentPublicKey"] = key
	}
	made := newVisitor().post(base+"/auth/signup", body).want(t, "sign-up of "+p.email, 200)
	if key == "" {
		p.key = made.field("data", "data", "publicKey")
	}
	return p, made.field("data", "token")
}

// child makes a parent with one.
func (f *fleet) child(t *testing.T) person {
	t.Helper()
	parent, _ := f.newPerson(t, f.url, "")
	c, _ := f.newPerson(t, f.url, parent.key)
	return c
}

// signIn is one of a child at its parent's platform.
func (v visitor) signIn(base string, p person, password string) reply {
	return v.post(base+"/api/user/signin", object{"email": p.email, "password": password, "PlatformId": p.key})
}

// atOnce asks n times at the same time, each time another process, and answers how often it was answered which status.
func (f *fleet) atOnce(n int, ask func(base string, i int) reply) map[int]int {
	return atOnce(f.servers[:], n, ask)
}

func atOnce(servers []*proc.Server, n int, ask func(base string, i int) reply) map[int]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	counts := map[int]int{}
	for i := range n {
		all.Go(func() {
			r := ask(servers[i%len(servers)].URL, i)
			mu.Lock()
			defer mu.Unlock()
			counts[r.status]++
		})
	}
	all.Wait()
	return counts
}
