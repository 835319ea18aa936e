package tollkeeper_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// Who rules a scope makes accounts there and nowhere else, and does not speak for the owner of a mailbox.
func TestCreateAccountByWhoRulesTheScope(t *testing.T) {
	closed := func(c *tollkeeper.Config) {
		c.Accounts.SignUp = tollkeeper.SignUpModes{App: tollkeeper.SignUpClosed, Children: tollkeeper.SignUpClosed}
	}
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		head, child := w.Admin(p), w.Child(p)
		first := w.firstAdmin()
		head.Identity, child.Identity = w.SignedIn(head), w.SignedIn(child)
		spec := func(s tollkeeper.Scope) tollkeeper.AccountSpec {
			return tollkeeper.AccountSpec{Scope: s, Email: "n@example.com"}
		}
		limited := *p.Identity
		limited.Limited = tollkeeper.LimitedUnverified
		proven := spec(tollkeeper.Scope{})
		proven.Proven = true
		emperor := spec(tollkeeper.Scope{})
		emperor.Role = "emperor"
		for name, c := range map[string]struct {
			by    *tollkeeper.Identity
			spec  tollkeeper.AccountSpec
			scope uuid.UUID // where it then is
			want  error
			field string
		}{
			"a parent":                          {p.Identity, spec(tollkeeper.Scope{}), p.ID, nil, ""},
			"a parent by its key":               {p.Identity, spec(tollkeeper.UnderKey(p.PublicKey)), p.ID, nil, ""},
			"a parent by its number":            {p.Identity, spec(tollkeeper.UnderNumber(p.Number)), p.ID, nil, ""},
			"an admin":                          {head.Identity, spec(tollkeeper.Scope{}), p.ID, nil, ""},
			"an admin by their parent's id":     {head.Identity, spec(tollkeeper.Under(p.ID)), p.ID, nil, ""},
			"an admin of the app's users":       {first.Identity, spec(tollkeeper.Scope{}), first.Parent, nil, ""},
			"a parent elsewhere":                {p.Identity, spec(tollkeeper.UnderKey(q.PublicKey)), uuid.Nil, tollkeeper.ErrForbidden, "scope"},
			"a parent among the parents":        {p.Identity, spec(tollkeeper.Tenants), uuid.Nil, tollkeeper.ErrForbidden, "scope"},
			"an admin below nobody":             {head.Identity, spec(tollkeeper.UnderNumber(987654)), uuid.Nil, tollkeeper.ErrForbidden, "scope"},
			"an admin of the app's users below": {first.Identity, spec(tollkeeper.Under(p.ID)), uuid.Nil, tollkeeper.ErrForbidden, "scope"},
			"in no scope":                       {p.Identity, spec(tollkeeper.UnderKey("")), uuid.Nil, tollkeeper.ErrInvalidInput, "scope"},
			"a child":                           {child.Identity, spec(tollkeeper.Scope{}), uuid.Nil, tollkeeper.ErrForbidden, ""},
			"a limited session":                 {&limited, spec(tollkeeper.Scope{}), uuid.Nil, tollkeeper.ErrLimitedSession, ""},
			"nobody":                            {nil, spec(tollkeeper.Scope{}), uuid.Nil, tollkeeper.ErrLimitedSession, ""},
			"for the owner of the mailbox":      {p.Identity, proven, uuid.Nil, tollkeeper.ErrForbidden, "proven"},
			"an emperor":                        {p.Identity, emperor, uuid.Nil, tollkeeper.ErrInvalidInput, "role"},
			"no address":                        {p.Identity, tollkeeper.AccountSpec{Email: "no"}, uuid.Nil, tollkeeper.ErrInvalidEmail, ""},
			"a weak password":                   {p.Identity, tollkeeper.AccountSpec{Email: "n@example.com", Password: "password"}, uuid.Nil, tollkeeper.ErrWeakPassword, ""},
			"a taken address":                   {p.Identity, tollkeeper.AccountSpec{Email: child.Email}, uuid.Nil, tollkeeper.ErrEmailTaken, "email"},
		} {
			x, err := w.Auth.CreateAccount(ctx, c.by, c.spec)
			e, _ := errors.AsType[*tollkeeper.Error](err)
			if !errors.Is(err, c.want) || e != nil && c.field != "" && e.Field != c.field || x.Parent != c.scope {
				t.Errorf("%s: %v in %v, want %v %q in %v", name, err, x.Parent, c.want, c.field, c.scope)
			}
			if c.want != nil {
				continue
			}
			made := w.Events(tollkeeper.EventAccountCreated)
			if e := made[len(made)-1]; e.Account != x.ID || e.By != c.by.Account {
				t.Errorf("%s: %+v", name, e)
			}
			w.ok(w.Auth.Host().DeleteAccount(ctx, x.ID))
		}
	}, unlimited, closed)
}

// A parent pays for its child as for a sign-up, whoever makes it; the app's own users cost nothing.
func TestWhoPaysForAnAccountThatAnAdminMakes(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		head, first := w.Admin(p), w.firstAdmin()
		head.Identity = w.SignedIn(head)
		before := w.Balance(p).Used
		for i, by := range []authtest.Account{p, head, first} {
			_, err := w.Auth.CreateAccount(ctx, by.Identity, tollkeeper.AccountSpec{Email: []string{"a@example.com", "b@example.com", "c@example.com"}[i]})
			w.ok(err)
		}
		if used := w.Balance(p).Used - before; used != 2*5 {
			t.Errorf("%d credits for two children", used)
		}
		w.drain(p)
		w.want(errOf(w.Auth.CreateAccount(ctx, head.Identity, tollkeeper.AccountSpec{Email: "d@example.com"})), tollkeeper.ErrInsufficientCredits)
		w.want(errOf(w.Auth.Host().FindByEmail(ctx, tollkeeper.Under(p.ID), "d@example.com")), tollkeeper.ErrNotFound)
	}, unlimited)
}

// Who made the account chose its password, and shows none of it; the owner of the mailbox is rid of it by their first
// proof.
func TestTheFirstProofDropsWhatAnAdminChose(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		x, err := w.Auth.CreateAccount(ctx, p.Identity, tollkeeper.AccountSpec{Email: "c@example.com", Password: password, Temporary: true, Verified: true})
		w.ok(err)
		if x.Password != "" || x.EmailVerifiedAt.IsZero() || !x.EmailProvenAt.IsZero() || !x.PasswordTemporary {
			t.Errorf("%+v", x)
		}
		c := authtest.Account{Email: x.Email, ParentKey: p.PublicKey}
		if id := w.Identity(string(w.signIn(c).Token)); id.Limited != tollkeeper.LimitedPassword {
			t.Errorf("limited %q", id.Limited)
		}
		res, err := w.verify(c, w.mailCode(c))
		if w.ok(err); !res.Dropped.Password {
			t.Errorf("%+v", res.Dropped)
		}
		w.want(errOf(w.try(c, password)), tollkeeper.ErrInvalidCredentials)
	}, unlimited)
}
