package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/crypto/argon2"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

const (
	monthSignIns  = 100_000_000
	monthRequests = 100 * monthSignIns
	monthSeconds  = 30 * 24 * 3600
)

// monthCosts is what a month is reckoned from.
type monthCosts struct {
	rows            int
	sizes           map[string][2]int64 // of so many rows in each table
	wal             ahead
	hash            float64 // nanoseconds of processor time
	signIn, request spent
	wire            float64 // bytes of a sign-in's request and answer, without TLS
}

// spent is nanoseconds of processor time for one operation: of this process, and of the database server.
type spent struct{ host, server float64 }

// scaleMonth measures what a sign-in and a request cost over HTTP on PostgreSQL, and reckons a month of them.
func scaleMonth(ctx context.Context, s Setup, pool *pgxpool.Pool, kept *postgres.Store, c monthCosts) (string, error) {
	began := processor()
	hashes := s.size(50, 1)
	for range hashes {
		argon2.IDKey([]byte(password), make([]byte, 16), 2, 19_456, 1, 32)
	}
	c.hash = float64(processor()-began) / float64(hashes)
	svc, err := newService(ctx, kept, func(c *tollkeeper.Config) {
		c.Credits = &tollkeeper.Credits{InitialCredits: 1 << 40}
		c.Tokens.Most = 10_000 // few people sign in often here
		c.Passwords.Hash = tollkeeper.Hash{UnsafeForTests: true, Derive: nearlyFree}
	})
	if err != nil {
		return "", err
	}
	defer svc.close()
	signIn, request, wire, err := svc.people(ctx, 64)
	if err != nil {
		return "", err
	}
	c.wire = wire
	if c.signIn, err = spend(ctx, pool, s.size(20_000, 64), signIn); err != nil {
		return "", err
	}
	if c.request, err = spend(ctx, pool, s.size(100_000, 64), request); err != nil {
		return "", err
	}
	return c.table(), nil
}

// nearlyFree stands for the hash, which is measured alone.
func nearlyFree(password, salt []byte, _, _ uint32, _ uint8, size uint32) []byte {
	sum := sha256.Sum256(append(bytes.Clone(salt), password...))
	return bytes.Repeat(sum[:], int(size)/len(sum)+1)[:size]
}

// people makes so many, each below a parent and in a network of their own. It returns a paid sign-in of each over HTTP,
// an authenticated request of each, and how many bytes a sign-in sends and gets.
func (s *service) people(ctx context.Context, n int) (signIn, request []func(int) error, wire float64, err error) {
	handler := httpadapter.RequireAuth(s.auth, httpadapter.Accept(tollkeeper.AudienceOrganization))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for i := range n {
		parent, token, err := s.person(ctx, i)
		if err != nil {
			return nil, nil, 0, err
		}
		body := fmt.Sprintf(`{"email":"person@mail.example","password":%q,"parentPublicKey":%q}`, password, parent.PublicKey)
		if i == 0 {
			if wire, err = s.weigh(body); err != nil {
				return nil, nil, 0, err
			}
		}
		post := httptest.NewRequestWithContext(ctx, http.MethodPost, "/auth/signin", strings.NewReader(body))
		post.Header.Set("Content-Type", "application/json")
		post.RemoteAddr = fmt.Sprintf("198.51.%d.1:1234", i)
		signIn = append(signIn, served(s.mux, post))
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := newDiscard()
		request = append(request, func(int) error {
			w.status = 0
			handler.ServeHTTP(w, r)
			return w.ok()
		})
	}
	return signIn, request, wire, nil
}

// person makes a parent and somebody below it, who is signed in.
func (s *service) person(ctx context.Context, i int) (parent tollkeeper.Account, token string, err error) {
	spec := tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: fmt.Sprintf("owner%d@tenant.example", i), Password: password, Verified: true}
	if parent, err = s.auth.Host().CreateAccount(ctx, spec); err != nil {
		return parent, "", err
	}
	spec.Scope, spec.Email = tollkeeper.Under(parent.ID), "person@mail.example"
	if _, err = s.auth.Host().CreateAccount(ctx, spec); err != nil {
		return parent, "", err
	}
	in := tollkeeper.SignInRequest{Scope: spec.Scope, Email: spec.Email, Password: password, Audience: tollkeeper.AudienceOrganization}
	session, err := s.auth.SignIn(ctx, in)
	return parent, string(session.Token), err
}

// weigh returns the bytes of a sign-in's request and of its answer.
func (s *service) weigh(body string) (float64, error) {
	r := httptest.NewRequest(http.MethodPost, "/auth/signin", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return 0, fmt.Errorf("a sign-in was answered with %d", w.Code)
	}
	var sent, got bytes.Buffer
	r.Body = http.NoBody
	err := errors.Join(r.Write(&sent), w.Result().Write(&got))
	return float64(sent.Len() + len(body) + got.Len()), err
}

// spend lets each of the callers do its own n times together, and returns what one took.
func spend(ctx context.Context, pool *pgxpool.Pool, n int, do []func(int) error) (spent, error) {
	server, err := serverTime(ctx, pool.Config().ConnString())
	if err != nil {
		return spent{}, err
	}
	before, began := server(), processor()
	errs := make(chan error, len(do))
	for _, call := range do {
		go func() {
			var err error
			for i := 0; i < n/len(do) && err == nil; i++ {
				err = call(0)
			}
			errs <- err
		}()
	}
	for range do {
		err = errors.Join(err, <-errs)
	}
	used := processor() - began
	if err != nil {
		return spent{}, err
	}
	after := server()
	done := float64(n / len(do) * len(do))
	return spent{float64(used) / done, float64(after-before) / done}, nil
}

// table reckons the month. N is its sign-ins.
func (c monthCosts) table() string {
	t := newSheet("a month of "+thousands(monthSignIns)+" sign-ins", "of one", "reckoned as", "in the month")
	hours := func(n, nanoseconds float64) string { return figures(n*nanoseconds/3600e9) + " core-hours" }
	cpu := func(what, n string, count, nanoseconds float64) {
		t.row(what, duration(nanoseconds), n+" × time ÷ 3600 s", hours(count, nanoseconds))
	}
	cpu("password hash, x/crypto", "N", monthSignIns, c.hash)
	cpu("the rest of a paid sign-in over HTTP, this program", "N", monthSignIns, c.signIn.host)
	cpu("the same, PostgreSQL", "N", monthSignIns, c.signIn.server)
	cpu("an authenticated request, strict, this program", "100 N", monthRequests, c.request.host)
	cpu("the same, PostgreSQL", "100 N", monthRequests, c.request.server)
	bytes := func(what, formula string, one, count float64) { t.row(what, size(one), formula, size(one*count)) }
	bytes("write-ahead log, pages written since the checkpoint", "N × bytes", c.wal.warm, monthSignIns)
	bytes("write-ahead log, at worst: every page whole", "N × bytes", c.wal.cold, monthSignIns)
	for _, x := range []struct {
		what, table, formula string
		rows                 float64
	}{
		{"sessions of 24 hours", "sessions", "N ÷ 30 × 2 days × bytes", monthSignIns / 30 * 2},
		{"sessions with refresh tokens of 30 days", "sessions", "N ÷ 30 × 31 days × bytes", monthSignIns / 30 * 31},
		{"sign-ins in the log, 91 days", "events", "N ÷ 30 × 91 days × bytes", monthSignIns / 30 * 91},
		{"ledger, which grows by", "ledger", "N × bytes, for good", monthSignIns},
		{"accounts, at 10 sign-ins a month each", "accounts", "N ÷ 10 × bytes", monthSignIns / 10},
	} {
		of := c.sizes[x.table]
		bytes("disk: "+x.what, x.formula, float64(of[0]+of[1])/float64(c.rows), x.rows)
	}
	bytes("network, without TLS", "N × bytes", c.wire, monthSignIns)
	average := float64(monthSignIns) / monthSeconds
	t.row("rate, average", "", "N ÷ 2,592,000 s", figures(average)+" a second")
	t.row("rate at a peak of ten times that", "", "", figures(10*average)+" a second")
	t.row("cores at that peak for hash and the rest, this program", "", "rate × time", figures(10*average*(c.hash+c.signIn.host)/1e9))
	t.row("cores at that peak, PostgreSQL", "", "rate × time", figures(10*average*c.signIn.server/1e9))
	t.row("cores at that peak for requests, both", "", "100 × rate × time", figures(1000*average*(c.request.host+c.request.server)/1e9))
	return t.String()
}
