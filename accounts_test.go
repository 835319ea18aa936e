package tollkeeper_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// Who may act on whom: a parent on its children, an admin on their fellows, everyone on themselves, a limited session on
// nobody.
func TestMayActOn(t *testing.T) {
	parent, other, self, fellow := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	id := func(account, parent uuid.UUID, role tollkeeper.Role, limited tollkeeper.Limitation) *tollkeeper.Identity {
		return &tollkeeper.Identity{Account: account, Parent: parent, Role: role, Limited: limited}
	}
	account := func(id, parent uuid.UUID) *tollkeeper.Account { return &tollkeeper.Account{ID: id, Parent: parent} }
	admin, user, guest, root := tollkeeper.RoleAdmin, tollkeeper.RoleUser, tollkeeper.RoleGuest, tollkeeper.Root
	for _, c := range []struct {
		name   string
		by     *tollkeeper.Identity
		target *tollkeeper.Account
		want   bool
	}{
		{"oneself", id(self, parent, user, ""), account(self, parent), true},
		{"oneself, limited", id(self, parent, admin, tollkeeper.LimitedPassword), account(self, parent), false},
		{"a parent on itself", id(parent, root, user, ""), account(parent, root), true},
		{"a parent on its child", id(parent, root, user, ""), account(fellow, parent), true},
		{"a parent, limited, on its child", id(parent, root, user, tollkeeper.LimitedUnverified), account(fellow, parent), false},
		{"a parent on another's child", id(parent, root, admin, ""), account(fellow, other), false},
		{"a parent on another parent", id(parent, root, admin, ""), account(other, root), false},
		{"an admin on their fellow", id(self, parent, admin, ""), account(fellow, parent), true},
		{"an admin on their parent", id(self, parent, admin, ""), account(parent, root), false},
		{"an admin on another scope", id(self, parent, admin, ""), account(fellow, other), false},
		{"an admin on another parent", id(self, parent, admin, ""), account(other, root), false},
		{"an admin without their second factor", id(self, parent, admin, tollkeeper.LimitedSecondFactor), account(fellow, parent), false},
		{"a user on their fellow", id(self, parent, user, ""), account(fellow, parent), false},
		{"a guest on their fellow", id(self, parent, guest, ""), account(fellow, parent), false},
		{"a label on their fellow", id(self, parent, "owner", ""), account(fellow, parent), false},
		{"Admin is not admin", id(self, parent, "Admin", ""), account(fellow, parent), false},
		{"a child on its parent", id(self, parent, user, ""), account(parent, root), false},
	} {
		if got := tollkeeper.MayActOn(c.by, c.target); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// R74, R77: every role against every call and every target. What is out of the caller's scope is as absent as what is not there.
func TestScopes(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.tenant("p@example.com"), w.parent("q@example.com")
		child, stranger := w.child(p, "same@example.com"), w.child(q, "same@example.com")
		head, admin := w.child(p, "head@example.com"), w.firstAdmin()
		_, err := w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: head.Email, Role: tollkeeper.RoleAdmin})
		w.ok(err)
		head.Identity = w.Identity(head.Token)
		user := w.user("same@example.com")
		rules := map[authtest.Account][]authtest.Account{p: {child, head}, q: {stranger}, head: {child}, admin: {user}}
		all := map[string]authtest.Account{"p": p, "q": q, "child": child, "stranger": stranger, "head": head, "admin": admin, "user": user}
		for name, by := range all {
			for target, x := range all {
				may := false
				for _, below := range rules[by] {
					may = may || below == x
				}
				_, err := w.Auth.SetRole(ctx, by.Identity, tollkeeper.RoleChange{Email: x.Email, Role: "no such role"})
				if rules[by] == nil && codeOf(err) != "forbidden" {
					t.Errorf("%s sets a role: %v", name, err)
				}
				err = w.Auth.SetStatus(ctx, by.Identity, x.ID, tollkeeper.StatusActive) // changes nothing
				want := "not_found"
				if may {
					want = "ok"
				} else if by == x {
					want = "forbidden"
				}
				if codeOf(err) != want {
					t.Errorf("%s sets the status of %s: %v, want %s", name, target, err, want)
				}
				w.mayRule(name+" and "+target, by, x, rules[by] != nil, may)
				if may {
					continue
				}
				if err := w.Auth.RemoveAccount(ctx, by.Identity, x.ID); err == nil || codeOf(err) != "not_found" && codeOf(err) != "forbidden" {
					w.Fatalf("%s removes %s: %v", name, target, err)
				}
			}
			page, err := w.Auth.Accounts(ctx, by.Identity, tollkeeper.AccountQuery{})
			if rules[by] == nil {
				w.want(err, tollkeeper.ErrForbidden)
				continue
			}
			w.ok(err)
			for _, x := range page.Accounts {
				if scope := x.Parent; scope != by.ID && scope != by.Parent || x.Password != "" {
					t.Errorf("%s lists %v", name, x)
				}
			}
		}
		// By email, only the own scope is looked at.
		_, err = w.Auth.SetRole(ctx, q.Identity, tollkeeper.RoleChange{Email: "same@example.com", Role: tollkeeper.RoleGuest})
		w.ok(err)
		for who, want := range map[authtest.Account]tollkeeper.Role{child: tollkeeper.RoleUser, user: tollkeeper.RoleUser, stranger: tollkeeper.RoleGuest} {
			if got := w.Identity(who.Token).Role; got != want {
				t.Errorf("%s of %s: %s", who.Email, who.Parent, got)
			}
		}
		_, err = w.Auth.SetRole(ctx, q.Identity, tollkeeper.RoleChange{Email: head.Email, Role: tollkeeper.RoleGuest})
		w.want(err, tollkeeper.ErrNotFound)
	})
}

// mayRule tries what is done by id, and changes nothing of an account without factors.
func (w *world) mayRule(who string, by, x authtest.Account, rules, may bool) {
	w.Helper()
	s, err := w.Auth.Host().Account(ctx, x.ID)
	w.ok(err)
	admin := by == x && s.Account.Role == tollkeeper.RoleAdmin // of their own scope, too
	beyond, others := "forbidden", "forbidden"
	if rules {
		beyond = "not_found"
		if by != x {
			others = "not_found"
		}
	}
	for verb, c := range map[string]struct {
		got       error
		may       bool
		ifMay     string
		otherwise string
	}{
		"account": {errOf(w.Auth.Account(ctx, by.Identity, x.ID)), may || by == x, "ok", "not_found"},
		"role":    {errOf(w.Auth.SetRole(ctx, by.Identity, tollkeeper.RoleChange{Account: x.ID, Email: "no email", Role: s.Account.Role})), may || admin, "ok", beyond},
		"factors": {w.Auth.ResetFactors(ctx, by.Identity, x.ID), may, "factor_state", others},
		"unlock":  {w.Auth.Unlock(ctx, by.Identity, x.ID), may, "ok", others},
	} {
		want := c.otherwise
		if c.may {
			want = c.ifMay
		}
		if codeOf(c.got) != want {
			w.Errorf("%s, %s: %v, want %s", who, verb, c.got, want)
		}
	}
}

// An account read by id shows what leads into it, and no secret.
func TestAccount(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		w.confirmed(c)
		w.EnrolFactor(c)
		w.Advance(6 * time.Minute)
		s, err := w.Auth.Account(ctx, p.Identity, c.ID)
		w.ok(err)
		if s.Account.Email != c.Email || len(s.Factors) != 1 || s.Factors[0].Label != "Authenticator" || s.Parent == nil || s.Parent.ID != p.ID {
			t.Errorf("%+v", s)
		}
		if s.Account.Password != "" || s.Parent.Password != "" || s.Factors[0].Sealed != nil {
			t.Error("a secret is shown")
		}
		stored, err := w.Auth.Host().Account(ctx, c.ID)
		if w.ok(err); stored.Account.Password == "" || stored.Parent.Password == "" {
			t.Error("what was shown was the store's own")
		}
		w.want(errOf(w.Auth.Account(ctx, p.Identity, uuid.New())), tollkeeper.ErrNotFound)
		w.want(errOf(w.Auth.Account(ctx, nil, c.ID)), tollkeeper.ErrInvalidToken)
	}, unlimited)
}

// A factor that waits for its first code is none yet.
func TestAccountHidesWhatWasBegun(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		w.confirmed(c)
		w.ok(errOf(w.Auth.EnrolFactor(ctx, w.SignedIn(c), tollkeeper.FactorEnrolment{Password: password})))
		s, err := w.Auth.Account(ctx, p.Identity, c.ID)
		if w.ok(err); len(s.Factors) != 0 {
			t.Errorf("%+v", s.Factors)
		}
	}, unlimited)
}

// Nobody removes their own account without the password.
func TestRemoveAccountIsForOthers(t *testing.T) {
	story(t, func(w *world) {
		p, admin := w.parent("p@example.com"), w.firstAdmin()
		w.want(w.Auth.RemoveAccount(ctx, p.Identity, p.ID), tollkeeper.ErrForbidden)
		w.want(w.Auth.RemoveAccount(ctx, admin.Identity, admin.ID), tollkeeper.ErrForbidden)
		w.Identity(p.Token)
		w.want(w.Auth.DeleteAccount(ctx, p.Identity, "wrong", tollkeeper.Client{}), tollkeeper.ErrInvalidCredentials)
		w.Identity(p.Token)
		w.ok(w.Auth.DeleteAccount(ctx, p.Identity, password, tollkeeper.Client{}))
		w.refuses("a deleted parent", p.Token)
		w.want(w.Auth.DeleteAccount(ctx, p.Identity, password, tollkeeper.Client{}), tollkeeper.ErrInvalidToken)
	})
}

func TestUnknownRoleIsToldBeforeBadEmail(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		_, err := w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: "no email", Role: "emperor"})
		w.want(err, tollkeeper.ErrInvalidInput)
		_, err = w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: "no email", Role: tollkeeper.RoleGuest})
		w.want(err, tollkeeper.ErrInvalidEmail)
	})
}

func TestSetRole(t *testing.T) {
	story(t, func(w *world) {
		admin := w.firstAdmin()
		u := w.user("u@example.com")
		for _, c := range []struct {
			role    tollkeeper.Role
			changed bool
			want    error
		}{
			{"user", false, nil}, {"GUEST", true, nil}, {"guest", false, nil}, {"Admin", true, nil}, {"editor", true, nil},
			{"owner", false, tollkeeper.ErrInvalidInput}, {"", false, tollkeeper.ErrInvalidInput}, {"admin\x00", false, tollkeeper.ErrInvalidInput},
			{"\u212aeditor", false, tollkeeper.ErrInvalidInput},
		} {
			changed, err := w.Auth.SetRole(ctx, admin.Identity, tollkeeper.RoleChange{Email: "U@example.com", Role: c.role})
			w.want(err, c.want)
			if changed != c.changed {
				t.Errorf("%q changed: %t", c.role, changed)
			}
		}
		if r := w.Events(tollkeeper.EventRoleChanged); len(r) != 3 || r[2].Detail != "editor" || r[2].By != admin.ID {
			t.Errorf("%+v", r)
		}
		_, err := w.Auth.SetRole(ctx, admin.Identity, tollkeeper.RoleChange{Email: "nobody@example.com", Role: "user"})
		w.want(err, tollkeeper.ErrNotFound)
		_, err = w.Auth.SetRole(ctx, admin.Identity, tollkeeper.RoleChange{Email: admin.Email, Role: "user"})
		w.want(err, tollkeeper.ErrLastAdmin)
		_ = u
	}, func(c *tollkeeper.Config) { c.Accounts.Labels = []tollkeeper.Role{"editor"} })
}

// R76, I6: two admins demote, disable and remove each other, at once, again and again: one stays.
func TestOneAdminStays(t *testing.T) {
	against := map[string]func(w *world, by, x authtest.Account) error{
		"demote": func(w *world, by, x authtest.Account) error {
			_, err := w.Auth.SetRole(ctx, by.Identity, tollkeeper.RoleChange{Email: x.Email, Role: tollkeeper.RoleUser})
			return err
		},
		"disable": func(w *world, by, x authtest.Account) error {
			return w.Auth.SetStatus(ctx, by.Identity, x.ID, tollkeeper.StatusDisabled)
		},
		"remove": func(w *world, by, x authtest.Account) error { return w.Auth.RemoveAccount(ctx, by.Identity, x.ID) },
		"leave": func(w *world, by, _ authtest.Account) error {
			return w.Auth.DeleteAccount(ctx, by.Identity, password, tollkeeper.Client{})
		},
	}
	for name, do := range against {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				first := w.firstAdmin()
				for round := range 25 {
					second := w.user(fmt.Sprintf("second%d@example.com", round))
					_, err := w.Auth.SetRole(ctx, first.Identity, tollkeeper.RoleChange{Email: second.Email, Role: tollkeeper.RoleAdmin})
					w.ok(err)
					second.Identity = w.Identity(second.Token)
					pair := []authtest.Account{first, second}
					errs := atOnce(2, func(i int) error { return do(w, pair[i], pair[1-i]) })
					admins := 0
					for _, x := range pair {
						if s, err := w.Auth.Host().Account(ctx, x.ID); err == nil && s.Account.Role == tollkeeper.RoleAdmin && s.Account.Status == tollkeeper.StatusActive {
							admins++
							first = x
						}
					}
					if got := tally(errs); admins != 1 || got["ok"] != 1 || got["last_admin"] != 1 {
						w.Fatalf("%d admins, %v", admins, got)
					}
					w.Advance(time.Hour)
				}
			}, unlimited)
		})
	}
}

func TestSetStatus(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		for _, status := range []tollkeeper.Status{"", "deleted", "Active", "locked"} {
			w.want(w.Auth.SetStatus(ctx, p.Identity, c.ID, status), tollkeeper.ErrInvalidInput)
			w.want(w.Auth.Host().SetStatus(ctx, c.ID, status), tollkeeper.ErrInvalidInput)
		}
		w.want(w.Auth.SetStatus(ctx, p.Identity, p.ID, tollkeeper.StatusDisabled), tollkeeper.ErrForbidden)
		w.want(w.Auth.SetStatus(ctx, p.Identity, uuid.New(), tollkeeper.StatusDisabled), tollkeeper.ErrNotFound)
		w.want(w.Auth.Host().SetStatus(ctx, uuid.New(), tollkeeper.StatusDisabled), tollkeeper.ErrNotFound)
		w.ok(w.Auth.SetStatus(ctx, p.Identity, c.ID, tollkeeper.StatusDisabled))
		w.ok(w.Auth.SetStatus(ctx, p.Identity, c.ID, tollkeeper.StatusDisabled))
		w.ok(w.Auth.SetStatus(ctx, p.Identity, c.ID, tollkeeper.StatusActive))
		w.signIn(c)
	})
}
