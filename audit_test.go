package tollkeeper_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// audited is a store that counts changes which carry no event.
type audited struct {
	store.Store
	silent *[]string
}

func (s audited) see(verb string, events []store.Event) {
	if len(events) == 0 {
		*s.silent = append(*s.silent, verb)
	}
}

func (s audited) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	s.see("CreateAccount", n.Events)
	return s.Store.CreateAccount(ctx, n, now)
}

func (s audited) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	s.see("UpdateAccount", c.Events)
	return s.Store.UpdateAccount(ctx, c, now)
}

func (s audited) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	s.see("DeleteAccount", d.Events)
	return s.Store.DeleteAccount(ctx, d, now)
}

func (s audited) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	s.see("CreateSession", n.Events)
	return s.Store.CreateSession(ctx, n, now)
}

func (s audited) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	s.see("RotateSession", r.Moved)
	s.see("RotateSession", r.Reused)
	return s.Store.RotateSession(ctx, r, now)
}

func (s audited) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	if t.Proved {
		s.see("TouchSession", t.Events)
	}
	return s.Store.TouchSession(ctx, t, now)
}

func (s audited) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	s.see("RevokeSession", r.Events)
	return s.Store.RevokeSession(ctx, r, now)
}

func (s audited) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	s.see("ConsumeSecret", c.Events)
	return s.Store.ConsumeSecret(ctx, c, now)
}

func (s audited) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	s.see("ApplyCredit", p.Events)
	return s.Store.ApplyCredit(ctx, p)
}

// No change without its event: whatever a method changes, its event goes with the change.
func TestEveryChangeCarriesItsEvent(t *testing.T) {
	story(t, func(w *world) {
		var silent []string
		synctest.Wait() // the worker sleeps while its store is replaced
		w.store.Store = audited{w.store.Store, &silent}
		host := w.Auth.Host()
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		other := w.child(p, "second@example.com")
		member := w.parent("member@example.com")
		admin := w.firstAdmin()
		w.user("user@example.com")
		w.confirmed(c)
		w.EnrolFactor(c)
		c.Identity = nil
		w.ok(host.EndSessions(ctx, c.ID))
		_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{})
		w.ok(err)
		w.ok(host.AddMember(ctx, tollkeeper.Membership{Owner: p.ID, Member: member.ID}))
		w.ok(w.rename(other.Identity, "other_one"))
		w.ok(errOf(w.Auth.CreateAccount(ctx, p.Identity, tollkeeper.AccountSpec{Email: "made@example.com"})))
		w.ok(w.Auth.ResetFactors(ctx, p.Identity, c.ID))
		w.ok(w.Auth.ChangePassword(ctx, other.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9"}))
		w.ok(w.Auth.RequestEmailChange(ctx, other.Identity, tollkeeper.EmailChange{Email: "moved@example.com", Password: "another horse 9"}))
		moved := tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(w.LastToken("moved@example.com", tollkeeper.MailChangeEmail)), Password: "another horse 9"}
		w.ok(w.Auth.ConfirmEmailChange(ctx, moved))
		other.Email = "moved@example.com"
		w.ok(w.Auth.Reauthenticate(ctx, other.Identity, tollkeeper.Confirmation{Password: "another horse 9"}))
		_, err = w.verify(other, w.mailCode(other))
		w.ok(err)
		w.ok(w.requestReset(other))
		w.ok(w.reset(w.LastToken(other.Email, tollkeeper.MailReset), "one more horse 8"))
		_, err = w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: other.Email, Role: tollkeeper.RoleGuest})
		w.ok(err)
		w.ok(w.Auth.SetStatus(ctx, p.Identity, other.ID, tollkeeper.StatusDisabled))
		w.ok(w.Auth.RemoveAccount(ctx, p.Identity, other.ID))
		w.ok(w.Auth.SignOut(ctx, admin.Identity))
		_, err = host.Charge(ctx, p.ID, tollkeeper.OpSocial, "k")
		w.ok(err)
		_, err = host.Refund(ctx, p.ID, "k")
		w.ok(err)
		_, err = host.Grant(ctx, p.ID, 5, "k")
		w.ok(err)
		_, err = w.Auth.RotateTenantKey(ctx, p.Identity)
		w.ok(err)
		if len(silent) > 0 {
			t.Errorf("changes without an event: %v", silent)
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Refresh.Idle = time.Hour })
}

// names lists the events of a page.
func names(p tollkeeper.EventPage) (list []tollkeeper.EventName) {
	for _, e := range p.Events {
		list = append(list, e.Name)
	}
	return list
}

func TestEventsAreReadByWhoRules(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		c := w.child(p, "c@example.com")
		w.child(q, "c@example.com")
		for name, read := range map[string]struct {
			by   *tollkeeper.Identity
			q    tollkeeper.EventQuery
			want string
			err  error
		}{
			"a parent its children's":        {p.Identity, tollkeeper.EventQuery{}, "[sign_in sign_up]", nil},
			"a parent one child's":           {p.Identity, tollkeeper.EventQuery{Account: c.ID}, "[sign_in sign_up]", nil},
			"a parent its own":               {p.Identity, tollkeeper.EventQuery{Account: p.ID}, "[sign_in sign_up]", nil},
			"a child its own":                {c.Identity, tollkeeper.EventQuery{}, "[sign_in sign_up]", nil},
			"a child its own by one name":    {c.Identity, tollkeeper.EventQuery{Names: []tollkeeper.EventName{tollkeeper.EventSignUp}}, "[sign_up]", nil},
			"a child nobody else's":          {c.Identity, tollkeeper.EventQuery{Account: p.ID}, "[]", tollkeeper.ErrNotFound},
			"a parent no other one's child":  {q.Identity, tollkeeper.EventQuery{Account: c.ID}, "[]", tollkeeper.ErrNotFound},
			"nobody nothing":                 {nil, tollkeeper.EventQuery{}, "[]", tollkeeper.ErrInvalidToken},
			"nobody before the past":         {c.Identity, tollkeeper.EventQuery{To: time.Unix(1, 0)}, "[]", nil},
			"too many at once":               {c.Identity, tollkeeper.EventQuery{Limit: 101}, "[]", tollkeeper.ErrInvalidLimit},
			"with a cursor of somebody else": {c.Identity, tollkeeper.EventQuery{Cursor: "x"}, "[]", tollkeeper.ErrInvalidCursor},
		} {
			page, err := w.Auth.Events(ctx, read.by, read.q)
			w.want(err, read.err)
			if got := fmt.Sprint(names(page)); got != read.want {
				t.Errorf("%s: %s, want %s", name, got, read.want)
			}
		}
	}, unlimited)
}

func TestEventsComePageByPage(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		for range 10 {
			w.signIn(c)
		}
		var all []uuid.UUID
		q := tollkeeper.EventQuery{Limit: 5}
		for {
			page, err := w.Auth.Events(ctx, p.Identity, q)
			w.ok(err)
			for _, e := range page.Events {
				all = append(all, e.ID)
			}
			if page.Next == "" {
				break
			}
			q.Cursor = page.Next
			_, err = w.Auth.Events(ctx, p.Identity, tollkeeper.EventQuery{Limit: 6, Cursor: page.Next})
			w.want(err, tollkeeper.ErrInvalidCursor)
			_, err = w.Auth.Events(ctx, c.Identity, q)
			w.want(err, tollkeeper.ErrInvalidCursor)
		}
		for i := range all[1:] {
			if all[i].String() <= all[i+1].String() {
				t.Fatalf("not newest first: %v", all)
			}
		}
		if len(all) != 12 {
			t.Errorf("%d events", len(all))
		}
		page, err := w.Auth.Host().Events(ctx, tollkeeper.EventQuery{})
		if w.ok(err); len(page.Events) != 14 { // the parent's own sign-up and sign-in, too
			t.Errorf("the host sees %v", names(page))
		}
	}, unlimited)
}

func TestLogModes(t *testing.T) {
	for mode, want := range map[tollkeeper.LogMode]string{
		tollkeeper.LogAll:     "[sign_in_failed sign_in sign_up]",
		tollkeeper.LogChanges: "[sign_up]",
		tollkeeper.LogOff:     "[]",
	} {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			_, err := w.try(p, "wrong")
			w.want(err, tollkeeper.ErrInvalidCredentials)
			time.Sleep(2 * time.Second) // the worker writes failures
			page, err := w.Auth.Host().Events(ctx, tollkeeper.EventQuery{})
			w.ok(err)
			if got := fmt.Sprint(names(page)); got != want {
				t.Errorf("mode %d keeps %s, want %s", mode, got, want)
			}
			if len(w.Events()) != 3 {
				t.Errorf("mode %d: the host is told of %v", mode, w.Events())
			}
		}, unlimited, func(c *tollkeeper.Config) { c.Log = mode })
	}
}

// A list of names is bounded in number and in form, since its cursor carries it and each store looks for it.
func TestNamesOfEventsAreBounded(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.signIn(w.child(p, "c@example.com"))
		for _, names := range [][]tollkeeper.EventName{
			make([]tollkeeper.EventName, 101), slices.Repeat([]tollkeeper.EventName{tollkeeper.EventSignIn}, 101),
			{""}, {"sign in"}, {"sign_in\x00"}, {"sign_in\xff"}, {tollkeeper.EventName(strings.Repeat("a", 65))},
		} {
			_, err := w.Auth.Events(ctx, p.Identity, tollkeeper.EventQuery{Names: names})
			w.want(err, tollkeeper.ErrInvalidInput)
		}
		page, err := w.Auth.Events(ctx, p.Identity, tollkeeper.EventQuery{Names: slices.Repeat([]tollkeeper.EventName{tollkeeper.EventSignUp}, 100)})
		if w.ok(err); len(page.Events) == 0 {
			t.Error("a hundred names find nothing")
		}
	}, unlimited)
}

// Failures go into the log by sample: three a network and 600 a store in a minute, the rest counted, however many
// processes there are.
func TestFailuresAreSampled(t *testing.T) {
	fail := func(w *world, auth *tollkeeper.Authenticator, email string, n int) {
		in := tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: email, Password: "wrong", Client: tollkeeper.Client{Addr: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})}}
		_, err := auth.SignIn(ctx, in)
		if err == nil {
			w.Fatal("signed in")
		}
	}
	rows := func(w *world) (rows int, counted int64) {
		time.Sleep(2 * time.Second)
		q := tollkeeper.EventQuery{Limit: 100}
		for {
			page, err := w.Auth.Host().Events(ctx, q)
			w.ok(err)
			for _, e := range page.Events {
				rows, counted = rows+1, counted+e.Count
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return rows, counted
			}
		}
	}
	t.Run("of one network", func(t *testing.T) {
		story(t, func(w *world) {
			second := w.Another().Auth
			for i := range 50 {
				fail(w, w.Auth, fmt.Sprintf("a%d@example.com", i), 1)
				fail(w, second, fmt.Sprintf("b%d@example.com", i), 1)
			}
			if n, counted := rows(w); n > 4 || n < 2 || counted != 100 {
				t.Errorf("%d rows for %d failures", n, counted)
			}
		}, unlimited)
	})
	t.Run("of many networks", func(t *testing.T) {
		story(t, func(w *world) {
			for i := range 2000 {
				fail(w, w.Auth, fmt.Sprintf("a%d@example.com", i), i)
			}
			if n, counted := rows(w); n > 601 || n < 400 || counted != 2000 {
				t.Errorf("%d rows for %d failures", n, counted)
			}
		}, unlimited)
	})
}

// The fact of an event outlives its account; what tells of a person does not.
func TestDeletionErasesWhatTellsOfAPerson(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		in := tollkeeper.SignInRequest{Email: c.Email, Password: password, Scope: keyed(c), Client: from("192.0.2.1")}
		_, err := w.Auth.SignIn(ctx, in)
		w.ok(err)
		events := func() []tollkeeper.Event {
			page, err := w.Auth.Events(ctx, p.Identity, tollkeeper.EventQuery{Names: []tollkeeper.EventName{tollkeeper.EventSignIn}})
			w.ok(err)
			return page.Events
		}
		before := events()
		if before[0].Network != "192.0.2.1/32" || before[0].Commitment == [16]byte{} {
			t.Fatalf("%+v", before[0])
		}
		w.ok(w.Auth.RemoveAccount(ctx, p.Identity, c.ID))
		after := events()
		if len(after) != len(before) || after[0].Network != "" || after[0].Salt != [16]byte{} || after[0].Commitment != before[0].Commitment {
			t.Errorf("%+v", after)
		}
	}, unlimited)
}

// An export is no change, and yet what left the house: the log has it before a line is written, or nothing leaves.
func TestAnExportStandsInTheLog(t *testing.T) {
	story(t, func(w *world) {
		host := w.Auth.Host()
		p := w.Parent()
		child := w.Child(p)
		var out strings.Builder
		_, err := host.ExportAccounts(ctx, tollkeeper.UnderKey(p.PublicKey), &out, tollkeeper.ExportOptions{})
		w.ok(err)
		page, err := host.Events(ctx, tollkeeper.EventQuery{Names: []tollkeeper.EventName{tollkeeper.EventAccountsExported}})
		w.ok(err)
		if len(page.Events) != 1 || page.Events[0].Scope != p.ID || !contains(out.String(), child.Email) {
			t.Errorf("%+v", page.Events)
		}
		out.Reset()
		w.store.Store = mute{w.store.Store}
		_, err = host.ExportAccounts(ctx, tollkeeper.UnderKey(p.PublicKey), &out, tollkeeper.ExportOptions{})
		w.want(err, tollkeeper.ErrUnavailable)
		if out.Len() > 0 {
			t.Error("what left is nowhere written")
		}
	})
}

// mute is a store whose log takes nothing by itself.
type mute struct{ store.Store }

func (mute) AddEvents(context.Context, []store.Event) error { return errDriver }
