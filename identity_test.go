package tollkeeper_test

import (
	"context"
	"log/slog"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// A host's handler that forgot to ask who calls hands on no Identity, or an empty one. It gets an error, no panic, and nothing
// of the root scope, whose id is zero, too.
func TestIdentityOfNobodyIsRefusedEverywhere(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		tried := 0
		for _, nobody := range []*tollkeeper.Identity{nil, {}} {
			for name, method := range reflect.ValueOf(w.Auth).Methods() {
				in, asks := arguments(method.Type(), p.Email, nobody)
				if !asks {
					continue
				}
				tried++
				out := call(t, name.Name, method, in)
				if out != nil && out[len(out)-1].IsNil() && (name.Name != "Sessions" || out[0].Len() > 0) {
					t.Errorf("%s(%v) = %v: no error", name.Name, nobody, out)
				}
			}
		}
		if tried < 40 {
			t.Fatalf("only %d calls were tried", tried)
		}
	})
}

// arguments fills what a method takes: itself where it asks who calls, and otherwise what comes as far as possible.
func arguments(method reflect.Type, email string, by *tollkeeper.Identity) (in []reflect.Value, asks bool) {
	for kind := range method.Ins() {
		switch kind {
		case reflect.TypeFor[context.Context]():
			in = append(in, reflect.ValueOf(ctx))
		case reflect.TypeFor[*tollkeeper.Identity]():
			in, asks = append(in, reflect.ValueOf(by)), true
		case reflect.TypeFor[string]():
			in = append(in, reflect.ValueOf(email))
		case reflect.TypeFor[tollkeeper.Role]():
			in = append(in, reflect.ValueOf(tollkeeper.RoleAdmin))
		case reflect.TypeFor[tollkeeper.Status]():
			in = append(in, reflect.ValueOf(tollkeeper.StatusDisabled))
		case reflect.TypeFor[time.Duration]():
			in = append(in, reflect.ValueOf(time.Hour))
		default:
			in = append(in, reflect.Zero(kind))
		}
	}
	return in, asks
}

func call(t *testing.T, name string, method reflect.Value, in []reflect.Value) (out []reflect.Value) {
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s panics: %v", name, r)
		}
	}()
	return method.Call(in)
}

// A limited session beside a link is worth what it is worth elsewhere: one that must enrol a factor proves the mailbox
// first, one that must choose a password does not, and neither moves the account.
func TestLimitedSessionBesideALink(t *testing.T) {
	for name, c := range map[string]struct {
		spec   tollkeeper.AccountSpec
		proves error
	}{
		"second factor": {tollkeeper.AccountSpec{Role: tollkeeper.RoleAdmin}, nil},
		"password":      {tollkeeper.AccountSpec{Temporary: true}, tollkeeper.ErrLimitedSession},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				c.spec.Email, c.spec.Password = "limited@home.example", password
				x, err := w.Auth.Host().CreateAccount(ctx, c.spec)
				w.ok(err)
				id := w.SignedIn(authtest.Account{ID: x.ID, Parent: x.Parent, Email: x.Email, Password: password})
				if id.Limited == tollkeeper.Unlimited {
					w.Fatal("the session is not limited")
				}
				w.ok(w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: x.Email}))
				link := tollkeeper.SecretText(w.LastToken(x.Email, tollkeeper.MailVerify))
				w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: link, By: id})), c.proves)

				s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: x.ID})
				w.ok(err)
				w.ok(w.Store.QueueMail(ctx, []store.QueuedMail{{
					ID: uuid.New(), Kind: tollkeeper.MailChangeEmail, Lookup: store.Lookup{ID: x.ID}, To: "new@home.example", DueAt: w.Now(),
					Args: map[string]string{"epoch": strconv.FormatInt(s.Account.Epoch, 10), "from": s.Account.EmailKey},
				}}))
				w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: x.Email})) // which wakes the worker
				link = tollkeeper.SecretText(w.LastToken("new@home.example", tollkeeper.MailChangeEmail))
				w.want(w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: link, By: id}), tollkeeper.ErrLimitedSession)
			}, func(c *tollkeeper.Config) { c.Factors.RequiredRoles = []tollkeeper.Role{tollkeeper.RoleAdmin} })
		})
	}
}

// The warning comes once, so that one about a client that has an address would hide the one about a host that passes none.
func TestStepsOfASecondFactorKnowTheClient(t *testing.T) {
	log := &lockedBuffer{}
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) }))
	a, here := k.Parent(), tollkeeper.Client{Addr: netip.MustParseAddr("203.0.113.7")}
	by := k.SignedIn(a, func(r *tollkeeper.SignInRequest) { r.Client = here })
	e, err := k.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Password: password, Client: here})
	if err != nil {
		t.Fatal(err)
	}
	code := func() tollkeeper.SecretText {
		k.Advance(time.Minute)
		return tollkeeper.SecretText(k.FactorCode(authtest.Factor{Seed: string(e.Seed)}))
	}
	confirm := func(c tollkeeper.Client) error { return errOf(k.Auth.ConfirmFactor(ctx, by, code(), c)) }
	if err := confirm(here); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); strings.Contains(text, "no address") {
		t.Fatal("warned of a client that has one:", text)
	}
	_ = confirm(tollkeeper.Client{})
	if !strings.Contains(log.String(), "no address") {
		t.Fatal("did not warn of a client that has none")
	}
}
