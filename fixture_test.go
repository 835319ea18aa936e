package tollkeeper_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

const password = "battery staple 7"

var ctx = context.WithValue(context.Background(), asked{}, true)

// option changes the Config of a world.
type option func(*tollkeeper.Config)

// world is an Authenticator over a memory store in a bubble of synctest, with a clock to move, its mail and its events.
type world struct {
	testing.TB
	auth   *tollkeeper.Authenticator
	config tollkeeper.Config
	store  *probe
	ahead  atomic.Int64 // of the bubble's clock, in nanoseconds
	mu     sync.Mutex
	mails  []tollkeeper.Message
	events []tollkeeper.Event
}

// story runs f in a world of its own, whose goroutines have all ended when it returns.
func story(t *testing.T, f func(w *world), options ...option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, options...)
		defer w.close()
		f(w)
	})
}

func newWorld(t testing.TB, options ...option) *world {
	w := &world{TB: t, store: &probe{Store: memory.New()}}
	w.config = tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Product: "Acme",
		Credits: &tollkeeper.Credits{},
		Passwords: tollkeeper.Passwords{
			Hash: tollkeeper.Hash{Memory: 64, Time: 1, Queue: 1000, Wait: time.Hour, UnsafeForTests: true},
		},
		Now:    w.now,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.mails = append(w.mails, m)
				return nil
			}),
		},
		Events: func(e tollkeeper.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		},
	}
	for _, o := range options {
		o(&w.config)
	}
	w.auth = w.another()
	return w
}

// another is a further process on the same store.
func (w *world) another(options ...option) *tollkeeper.Authenticator {
	w.Helper()
	c := w.config
	for _, o := range options {
		o(&c)
	}
	a, err := tollkeeper.New(w.store, c)
	w.ok(err)
	return a
}

func (w *world) close() { w.ok(w.auth.Close(ctx)) }

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// pass moves the clock without waiting for what happens meanwhile.
func (w *world) pass(d time.Duration) { w.ahead.Add(int64(d)) }

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("unexpected error: %v (%#v)", err, errors.Unwrap(err))
	}
}

// want compares an error with a sentinel; nil asks for success.
func (w *world) want(got, want error) {
	w.Helper()
	if want == nil {
		w.ok(got)
		return
	}
	if !errors.Is(got, want) {
		w.Fatalf("error %v, want %v", got, want)
	}
}

// person is an account with a live session.
type person struct {
	tollkeeper.SignUpResult
	*tollkeeper.Identity
	email string
	key   string // of the parent; empty for a parent
}

func (w *world) parent(email string) *person {
	w.Helper()
	return w.signUp(tollkeeper.SignUpRequest{Email: email, Password: password, Audience: tollkeeper.AudienceOrganization})
}

func (w *world) child(of *person, email string) *person {
	w.Helper()
	return w.signUp(tollkeeper.SignUpRequest{Email: email, Password: password, ParentKey: of.PublicKey, Audience: tollkeeper.AudienceOrganization})
}

func (w *world) signUp(r tollkeeper.SignUpRequest) *person {
	w.Helper()
	res, err := w.auth.SignUp(ctx, r)
	w.ok(err)
	return &person{res, w.identity(string(res.Token)), r.Email, r.ParentKey}
}

func (w *world) identity(token string) *tollkeeper.Identity {
	w.Helper()
	id, err := w.auth.Authenticate(ctx, tollkeeper.SecretText(token))
	w.ok(err)
	return id
}

// house makes a house with an admin, signed in.
func (w *world) house() *person {
	w.Helper()
	house, admin, err := w.auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@house.example", Password: password})
	w.ok(err)
	res, err := w.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: admin.Email, Password: password, Parent: house.ID, Audience: tollkeeper.AudienceV1})
	w.ok(err)
	return &person{SignUpResult: tollkeeper.SignUpResult{SignInResult: res}, Identity: w.identity(string(res.Token)), email: admin.Email}
}

// user makes a child of the house that an admin belongs to.
func (w *world) user(admin *person, email string) *person {
	w.Helper()
	return w.signUp(tollkeeper.SignUpRequest{Email: email, Password: password, Parent: admin.Parent, Audience: tollkeeper.AudienceV1})
}

// try signs in as p would, with that password.
func (w *world) try(p *person, password string) (tollkeeper.SignInResult, error) {
	return w.auth.SignIn(ctx, p.attempt(password))
}

func (p *person) attempt(password string) tollkeeper.SignInRequest {
	return tollkeeper.SignInRequest{Email: p.email, Password: tollkeeper.Password(password), ParentKey: p.key, Audience: tollkeeper.AudienceOrganization}
}

func (w *world) signIn(p *person) tollkeeper.SignInResult {
	w.Helper()
	res, err := w.try(p, password)
	w.ok(err)
	return res
}

// from is a client of that address.
func from(address string) tollkeeper.Client {
	return tollkeeper.Client{Addr: netip.MustParseAddr(address)}
}

// sent answers the mails to an address, when all that is due has gone out.
func (w *world) sent(to string, kinds ...tollkeeper.MailKind) (list []tollkeeper.Message) {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.mails {
		if m.To == to && (len(kinds) == 0 || slices.Contains(kinds, m.Kind)) {
			list = append(list, m)
		}
	}
	return list
}

func (w *world) lastMail(to string, kind tollkeeper.MailKind) tollkeeper.Message {
	w.Helper()
	list := w.sent(to, kind)
	if len(list) == 0 {
		w.Fatalf("no mail of kind %s to %s", kind, to)
	}
	return list[len(list)-1]
}

var (
	codeInMail = regexp.MustCompile(`\b[0-9]{6}\b`)
	linkInMail = regexp.MustCompile(`https?://\S+[?&]token=([A-Za-z0-9_-]+)`)
)

func (w *world) code(to string) string {
	w.Helper()
	return codeInMail.FindString(string(w.lastMail(to, tollkeeper.MailSignInCode).Text))
}

func (w *world) token(to string, kind tollkeeper.MailKind) string {
	w.Helper()
	found := linkInMail.FindStringSubmatch(string(w.lastMail(to, kind).Text))
	if found == nil {
		w.Fatalf("no link in the mail to %s", to)
	}
	return found[1]
}

// happened lists the events of that name; empty: all.
func (w *world) happened(name tollkeeper.EventName) (list []tollkeeper.Event) {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Name == name || name == "" {
			list = append(list, e)
		}
	}
	return list
}

// balance of a parent, which must be the sum of its ledger.
func (w *world) balance(p *person) tollkeeper.Balance {
	w.Helper()
	b, err := w.store.Store.Balance(ctx, p.Account)
	w.ok(err)
	sum := int64(0)
	for _, e := range w.ledger(p) {
		sum += e.Amount
	}
	if sum != b.Credits || b.Credits < 0 || b.Granted != b.Credits+b.Used {
		w.Fatalf("balance %+v, sum of the ledger %d", b, sum)
	}
	return b
}

func (w *world) ledger(p *person) []tollkeeper.LedgerEntry {
	w.Helper()
	rows, err := w.store.Store.ListCredits(ctx, p.Account, "", store.Page{Limit: 100_000})
	w.ok(err)
	return rows
}

// at once runs f n times in parallel and answers its errors.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// tally counts errors by code; success is "ok".
func tally(errs []error) map[string]int {
	n := map[string]int{}
	for _, err := range errs {
		n[codeOf(err)]++
	}
	return n
}

func codeOf(err error) string {
	if err == nil {
		return "ok"
	}
	if e, ok := errors.AsType[*tollkeeper.Error](err); ok {
		return string(e.Code)
	}
	return "foreign: " + err.Error()
}

func contains(s string, any ...string) bool {
	return slices.ContainsFunc(any, func(x string) bool { return strings.Contains(s, x) })
}

// signer makes an Authenticator for fuzzing, without a bubble.
func signer(f *testing.F) *world {
	w := newWorld(f)
	f.Cleanup(w.close)
	return w
}
