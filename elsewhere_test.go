package tollkeeper_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// oldSystem knows one account and counts who asks.
type oldSystem struct {
	asked  atomic.Int64
	record tollkeeper.AccountRecord
	err    error
}

func (o *oldSystem) install(c *tollkeeper.Config) {
	c.Hooks.BeforePassword = func(_ context.Context, p tollkeeper.PasswordAttempt) (*tollkeeper.AccountRecord, error) {
		o.asked.Add(1)
		if o.err != nil || (p.Email != "ann@example.com" && p.Username != "ann.smith") || p.Password != "right there" {
			return nil, o.err
		}
		record := o.record
		return &record, nil
	}
}

func annThere() *oldSystem {
	return &oldSystem{record: tollkeeper.AccountRecord{
		ExternalID: "7", Email: "Ann@example.com", Username: "ann.smith", Name: "Ann", Role: tollkeeper.RoleGuest, EmailProven: true,
		PasswordHash: "nobody looks at it",
	}}
}

// Who is unknown here is asked of the old system once, and lives here from then on.
func TestAnAccountMovesAtItsFirstSignIn(t *testing.T) {
	old := annThere()
	story(t, func(w *world) {
		w.want(w.opens("ann@example.com", "wrong there"), tollkeeper.ErrInvalidCredentials)
		w.want(w.opens("bob@example.com", "right there"), tollkeeper.ErrInvalidCredentials)
		w.want(w.opens("no address", "right there"), tollkeeper.ErrInvalidCredentials)
		w.want(w.opens("ann@example.com", ""), tollkeeper.ErrInvalidCredentials)
		if n := old.asked.Load(); n != 2 {
			t.Errorf("asked %d times about two that could be there", n)
		}
		w.ok(w.opens("ann@example.com", "right there"))
		x := w.subjectOf("ann@example.com").Account
		if x.Email != "Ann@example.com" || x.Name != "Ann" || x.Role != tollkeeper.RoleGuest || x.EmailProvenAt.IsZero() || x.Password == "" {
			t.Errorf("%+v", x)
		}
		if e := w.lastWritten(x.ID, tollkeeper.EventAccountCreated); e.Method != "elsewhere" {
			t.Errorf("%+v", e)
		}
		old.err = errors.New("switched off")
		w.ok(w.opens("ann@example.com", "right there"))
		w.want(w.opens("ann@example.com", "wrong there"), tollkeeper.ErrInvalidCredentials)
		w.ok(w.Auth.Host().DeleteAccount(ctx, x.ID))
		old.err = nil
		w.want(w.opens("ann@example.com", "right there"), tollkeeper.ErrInvalidCredentials) // who was deleted here stays so
	}, unlimited, old.install)
}

func TestAnAccountMovesByItsUsername(t *testing.T) {
	old := annThere()
	story(t, func(w *world) {
		w.ok(errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Username: "Ann.Smith", Password: "right there"})))
		w.ok(w.opens("ann@example.com", "right there"))
		if n := old.asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
	}, unlimited, old.install)
}

// The hook says whom it knows in which scope: it is told where an account would be made.
func TestTheOldSystemIsToldOfTheScope(t *testing.T) {
	var asked []tollkeeper.PasswordAttempt
	story(t, func(w *world) {
		parent := w.parent("boss@example.com")
		for _, r := range []tollkeeper.SignInRequest{
			{Scope: tollkeeper.Scope{}}, {Scope: tollkeeper.Tenants, Audience: tollkeeper.AudienceOrganization},
			{Scope: tollkeeper.UnderKey(parent.PublicKey), Audience: tollkeeper.AudienceOrganization},
		} {
			r.Email, r.Password = "Ann@example.com", "right there"
			w.want(errOf(w.Auth.SignIn(ctx, r)), tollkeeper.ErrInvalidCredentials)
		}
		users, _ := tollkeeper.Scope{}.ID()
		if len(asked) != 3 || asked[0].Scope != users || asked[1].Scope != tollkeeper.Root || asked[2].Scope != parent.ID || asked[2].Email != "ann@example.com" {
			t.Errorf("%+v", asked)
		}
		r := tollkeeper.SignInRequest{Email: "ann@example.com", Password: "right there", Scope: tollkeeper.UnderKey("APK_AAAAAAAAAAAAAAAAAAAAAAAAAA")}
		w.want(errOf(w.Auth.SignIn(ctx, r)), tollkeeper.ErrUnknownParent)
		if len(asked) != 3 {
			t.Error("it is asked about the users of nobody")
		}
	}, unlimited, func(c *tollkeeper.Config) {
		c.Hooks.BeforePassword = func(_ context.Context, p tollkeeper.PasswordAttempt) (*tollkeeper.AccountRecord, error) {
			asked = append(asked, p)
			return nil, nil
		}
	})
}

// Of many first sign-ins at once one makes the account, and all are in.
func TestManyMoveAsOne(t *testing.T) {
	old := annThere()
	story(t, func(w *world) {
		for _, err := range atOnce(8, func(int) error { return w.opens("ann@example.com", "right there") }) {
			w.ok(err)
		}
		if n := len(w.Events(tollkeeper.EventSignIn)); n != 8 {
			t.Errorf("%d sign-ins", n)
		}
	}, unlimited, old.install)
}

// A system that is away has not said that the password is wrong: nothing is counted, and the caller may try again.
func TestAnOldSystemThatIsAwayLocksNobody(t *testing.T) {
	old := annThere()
	old.err = errors.New("connection refused")
	story(t, func(w *world) {
		for range 30 {
			w.want(w.opens("ann@example.com", "right there"), tollkeeper.ErrUnavailable)
		}
		old.err = nil
		w.ok(w.opens("ann@example.com", "right there"))
		w.want(w.opens("ann@example.com", "wrong there"), tollkeeper.ErrInvalidCredentials)
	}, old.install)
}

// A guess at somebody whom the old system knows counts as one at anybody.
func TestGuessesAtAnOldAccountAreCounted(t *testing.T) {
	for _, answer := range []error{nil, tollkeeper.ErrInvalidCredentials, tollkeeper.ErrNotFound} {
		old := annThere()
		old.err = answer
		story(t, func(w *world) {
			locked := false
			for range 30 {
				err := w.opens("ann@example.com", "wrong there")
				locked = locked || errors.Is(err, tollkeeper.ErrLocked) || errors.Is(err, tollkeeper.ErrRateLimited)
			}
			if n := old.asked.Load(); !locked || n >= 30 {
				t.Errorf("%v: locked: %t, asked %d times", answer, locked, n)
			}
		}, old.install)
	}
}

// An answer about somebody else, or one that no import would take, is the host's mistake and lets nobody in.
func TestARecordOfSomebodyElseMakesNothing(t *testing.T) {
	for name, record := range map[string]tollkeeper.AccountRecord{
		"another address": {Email: "eve@example.com"},
		"no address":      {},
		"unknown role":    {Email: "ann@example.com", Role: "emperor"},
		"bad factor":      {Email: "ann@example.com", EmailProven: true, Factors: []tollkeeper.RecordFactor{{}}},
	} {
		t.Run(name, func(t *testing.T) {
			old := &oldSystem{record: record}
			story(t, func(w *world) {
				w.want(w.opens("ann@example.com", "right there"), tollkeeper.ErrInternal)
				if len(w.Events(tollkeeper.EventAccountCreated)) > 0 {
					t.Error("an account was made")
				}
			}, unlimited, old.install)
		})
	}
}

// Who has a name here is not moved onto it.
func TestAMoveTakesNobodysPlace(t *testing.T) {
	old := annThere()
	story(t, func(w *world) {
		w.ok(errOf(w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "other@example.com", Username: "taken", Password: password})))
		old.record.Username = "Taken"
		w.want(w.opens("ann@example.com", "right there"), tollkeeper.ErrInvalidCredentials)
	}, unlimited, old.install)
}
