package examples_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
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
	time.Sleep(200 * time.Millisecond) // what was sent meanwhile is answered
	f.away.Store(false)
}

// reply is an answer.
type reply struct {
	status int
	body   []byte
}

// field answers what stands at a path of names in the JSON; "": nothing.
func (r reply) field(path ...string) string {
	var value any
	_ = json.Unmarshal(r.body, &value)
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	text, _ := value.(string)
	return text
}

// want fails the test at once unless the status is one of these.
func (r reply) want(t *testing.T, what string, statuses ...int) reply {
	t.Helper()
	if !slices.Contains(statuses, r.status) {
		t.Fatalf("%s: %d %s, want %d", what, r.status, r.body, statuses)
	}
	return r
}

// visitor is somebody on a network of his own, who may have a token.
type visitor struct{ network, token string }

var visitors = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func newVisitor() visitor {
	var b [3]byte
	_, _ = rand.Read(b[:])
	return visitor{network: fmt.Sprintf("172.%d.%d.%d", b[0], b[1], b[2])}
}

func (v visitor) with(token string) visitor { v.token = token; return v }

// get and post answer status 0 when nothing was answered.
func (v visitor) get(url string) reply { return v.ask(http.MethodGet, url, nil) }

func (v visitor) post(url string, body object) reply { return v.ask(http.MethodPost, url, body) }

type object map[string]any

func (v visitor) ask(method, url string, body object) reply {
	text, err := json.Marshal(body)
	if err != nil {
		return reply{body: []byte(err.Error())}
	}
	r, err := http.NewRequest(method, url, bytes.NewReader(text))
	if err != nil {
		return reply{body: []byte(err.Error())}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", v.network)
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	res, err := visitors.Do(r)
	if err != nil {
		return reply{body: []byte(err.Error())}
	}
	defer res.Body.Close()
	text, err = io.ReadAll(res.Body)
	if err != nil {
		return reply{body: []byte(err.Error())}
	}
	return reply{res.StatusCode, text}
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
