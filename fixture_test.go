package tollkeeper_test

import (
	"context"
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// password is that of every account.
const password = authtest.Password

// ctx is that of a request: a probe tells it from those of the worker and of the Kit.
var ctx = context.WithValue(context.Background(), asked{}, true)

// world is a Kit on a store that is watched and can fail.
type world struct {
	testing.TB
	*authtest.Kit
	store   *probe
	secrets []tollkeeper.MasterKey
}

// story runs f in a world of its own, in a bubble of synctest: its clock runs only while everybody waits. Tests of
// stories run beside each other, and the stories of one test in their order.
func story(t *testing.T, f func(w *world), edits ...func(*tollkeeper.Config)) {
	t.Helper()
	if _, known := beside.LoadOrStore(t, true); !known && !strings.Contains(t.Name(), "/") {
		t.Cleanup(func() { beside.Delete(t) })
		t.Parallel()
	}
	alone(t, f, edits...)
}

// alone is story for a test that measures what the whole process does.
func alone(t *testing.T, f func(w *world), edits ...func(*tollkeeper.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newWorld(t, edits...)) })
}

// beside are the tests that story has had run beside others.
var beside sync.Map

func newWorld(t testing.TB, edits ...func(*tollkeeper.Config)) *world {
	t.Helper()
	w := &world{TB: t, store: &probe{Store: memory.New()}}
	w.Kit = authtest.New(t, authtest.WithStore(w.store), authtest.WithIssuer(), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Now, c.Product = time.Now, "Acme"
		for _, edit := range edits {
			edit(c)
		}
		w.secrets = c.Secrets
	}))
	return w
}

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

// parent signs a parent up in the organization's family.
func (w *world) parent(email string) authtest.Account {
	w.Helper()
	return w.SignUp(email, password, inFamily(tollkeeper.AudienceOrganization))
}

// tenant is a parent that has proven its mailbox: what it has chosen may stand in mails to its children.
func (w *world) tenant(email string) authtest.Account {
	w.Helper()
	p := w.parent(email)
	w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
	w.Prove(p, p.Identity)
	return p
}

// child signs a child up in the organization's family.
func (w *world) child(of authtest.Account, email string) authtest.Account {
	w.Helper()
	return w.SignUpBelow(of, email, password, inFamily(tollkeeper.AudienceOrganization))
}

// firstAdmin makes the first admin of the app's own users, signed in.
func (w *world) firstAdmin() authtest.Account {
	w.Helper()
	admin := w.FirstAdmin()
	admin.Identity = w.SignedIn(admin, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceV1 })
	return admin
}

// user signs one of the app's own users up.
func (w *world) user(email string) authtest.Account {
	w.Helper()
	return w.SignUp(email, password, inFamily(tollkeeper.AudienceV1), func(r *tollkeeper.SignUpRequest) { r.Scope = tollkeeper.Scope{} })
}

// keyed names the scope of the account as the organization's family does, by the parent's key.
func keyed(a authtest.Account) tollkeeper.Scope {
	if a.ParentKey == "" {
		return tollkeeper.Tenants
	}
	return tollkeeper.UnderKey(a.ParentKey)
}

func inFamily(a tollkeeper.Audience) func(*tollkeeper.SignUpRequest) {
	return func(r *tollkeeper.SignUpRequest) { r.Audience = a }
}

// attempt is a sign-in of the account in the organization's family, with that password.
func attempt(a authtest.Account, password string) tollkeeper.SignInRequest {
	return tollkeeper.SignInRequest{Email: a.Email, Password: tollkeeper.Password(password), Scope: keyed(a), Audience: tollkeeper.AudienceOrganization}
}

func (w *world) try(a authtest.Account, password string) (tollkeeper.SignInResult, error) {
	return w.Auth.SignIn(ctx, attempt(a, password))
}

func (w *world) signIn(a authtest.Account) tollkeeper.SignInResult {
	w.Helper()
	res, err := w.try(a, password)
	w.ok(err)
	return res
}

var (
	sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)
	tokenLink = regexp.MustCompile(`https?://\S+[?&]token=[A-Za-z0-9_-]+`)
)

// from is a client of that address.
// home is where most people of the tests are.
var home = from("198.51.100.7")

func from(address string) tollkeeper.Client {
	return tollkeeper.Client{Addr: netip.MustParseAddr(address)}
}

// atOnce runs f n times in parallel and returns its errors.
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

// errOf returns the error of a call whose result does not matter.
func errOf[T any](_ T, err error) error { return err }
