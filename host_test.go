package tollkeeper_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func TestHostFindsByEmail(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("same@example.com"), w.parent("q@example.com")
		c := w.child(p, "Same@Example.com")
		host := w.Auth.Host()
		for name, find := range map[string]struct {
			in    tollkeeper.Scope
			email string
			found uuid.UUID
			want  error
		}{
			"a parent":                   {tollkeeper.Tenants, "same@example.com", p.ID, nil},
			"a child":                    {tollkeeper.Under(p.ID), "same@example.com", c.ID, nil},
			"in another spelling":        {tollkeeper.Under(p.ID), "SAME@EXAMPLE.COM", c.ID, nil},
			"another parent's child":     {tollkeeper.Under(q.ID), "same@example.com", uuid.Nil, tollkeeper.ErrNotFound},
			"below a parent that is not": {tollkeeper.Under(uuid.New()), "same@example.com", uuid.Nil, tollkeeper.ErrNotFound},
			"by the parent's key":        {tollkeeper.UnderKey(p.PublicKey), "same@example.com", c.ID, nil},
			"by a key that is nobody's":  {tollkeeper.UnderKey(c.PublicKey), "same@example.com", uuid.Nil, tollkeeper.ErrNotFound},
			"by the parent's number":     {tollkeeper.UnderNumber(p.Number), "same@example.com", c.ID, nil},
			"among nobody yet":           {tollkeeper.Scope{}, "same@example.com", uuid.Nil, tollkeeper.ErrNotFound},
			"in no scope":                {tollkeeper.UnderNumber(0), "same@example.com", uuid.Nil, tollkeeper.ErrInvalidInput},
			"nobody":                     {tollkeeper.Tenants, "nobody@example.com", uuid.Nil, tollkeeper.ErrNotFound},
			"what is no address":         {tollkeeper.Tenants, "same@", uuid.Nil, tollkeeper.ErrInvalidEmail},
		} {
			s, err := host.FindByEmail(ctx, find.in, find.email)
			if !errors.Is(err, find.want) || s.Account.ID != find.found {
				t.Errorf("%s: %s, %v; want %s, %v", name, s.Account.ID, err, find.found, find.want)
			}
		}
		s, err := host.Account(ctx, c.ID)
		w.ok(err)
		if s.Account.Email != "Same@Example.com" || s.Parent == nil || s.Parent.ID != p.ID {
			t.Errorf("%+v", s)
		}
	})
}

func TestHostListsAccounts(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.parent("q@example.com")
		for i := range 5 {
			w.child(p, fmt.Sprintf("c%d@example.com", i))
		}
		host := w.Auth.Host()
		var emails []string
		query := tollkeeper.AccountQuery{Limit: 2}
		for more := true; more; more = query.Cursor != "" {
			page, err := host.Accounts(ctx, tollkeeper.Under(p.ID), query)
			w.ok(err)
			if page.Total != 5 || page.Limit != 2 {
				t.Errorf("%d of %d, limit %d", len(page.Accounts), page.Total, page.Limit)
			}
			for _, x := range page.Accounts {
				if emails = append(emails, x.Email[:2]); x.Password != "" {
					t.Errorf("%s comes with its hash", x.Email)
				}
			}
			query.Cursor = page.Next
		}
		if got := strings.Join(emails, " "); got != "c0 c1 c2 c3 c4" {
			t.Error(got)
		}

		parents, err := host.Accounts(ctx, tollkeeper.Tenants, tollkeeper.AccountQuery{Search: "P@"})
		w.ok(err)
		if len(parents.Accounts) != 1 || parents.Accounts[0].ID != p.ID || parents.Total != 0 {
			t.Errorf("the parents are %v, %d in total", parents.Accounts, parents.Total)
		}

		first, err := host.Accounts(ctx, tollkeeper.Under(p.ID), tollkeeper.AccountQuery{Limit: 2})
		w.ok(err)
		for name, list := range map[string]struct {
			in    tollkeeper.Scope
			query tollkeeper.AccountQuery
			want  error
		}{
			"a parent that is not":  {tollkeeper.Under(uuid.New()), tollkeeper.AccountQuery{}, tollkeeper.ErrNotFound},
			"a number that is not":  {tollkeeper.UnderNumber(999), tollkeeper.AccountQuery{}, tollkeeper.ErrUnknownParent},
			"no scope":              {tollkeeper.UnderKey(""), tollkeeper.AccountQuery{}, tollkeeper.ErrInvalidInput},
			"by number":             {tollkeeper.UnderNumber(p.Number), tollkeeper.AccountQuery{}, nil},
			"nobody yet":            {tollkeeper.Scope{}, tollkeeper.AccountQuery{}, nil},
			"too many at once":      {tollkeeper.Under(p.ID), tollkeeper.AccountQuery{Limit: 101}, tollkeeper.ErrInvalidLimit},
			"a cursor of nobody's":  {tollkeeper.Under(p.ID), tollkeeper.AccountQuery{Cursor: "x"}, tollkeeper.ErrInvalidCursor},
			"another list's cursor": {tollkeeper.Tenants, tollkeeper.AccountQuery{Limit: 2, Cursor: first.Next}, tollkeeper.ErrInvalidCursor},
			"a search of two lines": {tollkeeper.Under(p.ID), tollkeeper.AccountQuery{Search: "a\nb"}, tollkeeper.ErrInvalidInput},
		} {
			if _, err := host.Accounts(ctx, list.in, list.query); !errors.Is(err, list.want) {
				t.Errorf("%s: %v, want %v", name, err, list.want)
			}
		}
	})
}

// What the host does to an account, and what becomes of the account's session.
func TestHostChangesAccounts(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(h tollkeeper.Host, child authtest.Account) error
		event tollkeeper.EventName
		ends  bool
	}{
		"a role": {func(h tollkeeper.Host, c authtest.Account) error {
			changed, err := h.SetRole(ctx, c.ID, "GUEST")
			if again, _ := h.SetRole(ctx, c.ID, tollkeeper.RoleGuest); err == nil && (!changed || again) {
				return fmt.Errorf("changed %t, then %t", changed, again)
			}
			return err
		}, tollkeeper.EventRoleChanged, false},
		"no longer an admin": {func(h tollkeeper.Host, c authtest.Account) error {
			spec := tollkeeper.AccountSpec{Scope: tollkeeper.Under(c.Parent), Email: "other@example.com", Role: tollkeeper.RoleAdmin}
			if _, err := h.CreateAccount(ctx, spec); err != nil {
				return err
			}
			if _, err := h.SetRole(ctx, c.ID, tollkeeper.RoleAdmin); err != nil {
				return err
			}
			_, err := h.SetRole(ctx, c.ID, tollkeeper.RoleUser)
			return err
		}, tollkeeper.EventRoleChanged, true},
		"its status": {func(h tollkeeper.Host, c authtest.Account) error {
			return h.SetStatus(ctx, c.ID, tollkeeper.StatusDisabled)
		}, tollkeeper.EventStatusChanged, true},
		"its parent's status": {func(h tollkeeper.Host, c authtest.Account) error {
			return h.SetStatus(ctx, c.Parent, tollkeeper.StatusDisabled)
		}, tollkeeper.EventStatusChanged, true},
		"its sessions": {func(h tollkeeper.Host, c authtest.Account) error {
			return h.EndSessions(ctx, c.ID)
		}, tollkeeper.EventSessionsEnded, true},
		"its deletion": {func(h tollkeeper.Host, c authtest.Account) error {
			return h.DeleteAccount(ctx, c.ID)
		}, tollkeeper.EventAccountDeleted, true},
		"its parent's, alike": {func(h tollkeeper.Host, c authtest.Account) error {
			return h.DeleteAccount(ctx, c.Parent)
		}, tollkeeper.EventAccountDeleted, true},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				child := w.child(w.parent("p@example.com"), "c@example.com")
				w.ok(c.do(w.Auth.Host(), child))
				if _, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(child.Token)); (err != nil) != c.ends {
					t.Errorf("the session: %v, ended %t", err, c.ends)
				}
				told := w.Events(c.event)
				if len(told) == 0 || told[0].By != uuid.Nil {
					t.Errorf("told is %+v, want what the host did, as nobody", told)
				}
			})
		})
	}
}

func TestHostIsRefused(t *testing.T) {
	story(t, func(w *world) {
		admin := w.firstAdmin()
		owner, member := w.parent("owner@example.com"), w.parent("member@example.com")
		child := w.child(owner, "c@example.com")
		name, plain := "Acme", "http://acme.example"
		host, named := w.Auth.Host(), tollkeeper.OrganizationPatch{Name: &name}
		_, err := host.UpdateOrganization(ctx, owner.ID, named)
		w.ok(err)
		w.ok(host.AddMember(ctx, tollkeeper.Membership{Owner: owner.ID, Member: member.ID}))
		role := func(id uuid.UUID, r tollkeeper.Role) error { _, err := host.SetRole(ctx, id, r); return err }
		update := func(id uuid.UUID, p tollkeeper.OrganizationPatch) error {
			_, err := host.UpdateOrganization(ctx, id, p)
			return err
		}
		read := func(id uuid.UUID) error { _, err := host.Organization(ctx, id); return err }
		find := func(id uuid.UUID) error { _, err := host.Account(ctx, id); return err }
		nobody := uuid.New()
		for what, got := range map[string]struct{ err, want error }{
			"nobody":                            {find(nobody), tollkeeper.ErrNotFound},
			"the role of nobody":                {role(nobody, tollkeeper.RoleUser), tollkeeper.ErrNotFound},
			"the status of nobody":              {host.SetStatus(ctx, nobody, tollkeeper.StatusDisabled), tollkeeper.ErrNotFound},
			"the sessions of nobody":            {host.EndSessions(ctx, nobody), tollkeeper.ErrNotFound},
			"the deletion of nobody":            {host.DeleteAccount(ctx, nobody), tollkeeper.ErrNotFound},
			"the organization of nobody":        {read(nobody), tollkeeper.ErrNotFound},
			"a change of nobody's organization": {update(nobody, named), tollkeeper.ErrNotFound},
			"an unknown role":                   {role(child.ID, "emperor"), tollkeeper.ErrInvalidInput},
			"an unknown status":                 {host.SetStatus(ctx, child.ID, "asleep"), tollkeeper.ErrInvalidInput},
			"a tombstone by hand":               {host.SetStatus(ctx, child.ID, tollkeeper.StatusDeleted), tollkeeper.ErrInvalidInput},
			"the last admin's role":             {role(admin.ID, tollkeeper.RoleUser), tollkeeper.ErrLastAdmin},
			"the last admin's status":           {host.SetStatus(ctx, admin.ID, tollkeeper.StatusDisabled), tollkeeper.ErrLastAdmin},
			"the last admin's deletion":         {host.DeleteAccount(ctx, admin.ID), tollkeeper.ErrLastAdmin},
			"a child's organization":            {read(child.ID), tollkeeper.ErrForbidden},
			"a change of it":                    {update(child.ID, named), tollkeeper.ErrForbidden},
			"a change by a member":              {update(member.ID, named), tollkeeper.ErrForbidden},
			"a page without TLS":                {update(owner.ID, tollkeeper.OrganizationPatch{URL: &plain}), tollkeeper.ErrInvalidInput},
		} {
			if !errors.Is(got.err, got.want) {
				t.Errorf("%s: %v, want %v", what, got.err, got.want)
			}
		}
	})
}

func TestHostHoldsTheTenantKey(t *testing.T) {
	story(t, func(w *world) {
		p, host, url := w.parent("p@example.com"), w.Auth.Host(), "https://acme.example"
		made, err := host.UpdateOrganization(ctx, p.ID, tollkeeper.OrganizationPatch{URL: &url})
		w.ok(err)
		read, err := host.Organization(ctx, p.ID)
		w.ok(err)
		byKey, err := host.UnsafeOrganizationByKey(ctx, p.PublicKey)
		w.ok(err)
		public, err := w.Auth.OrganizationByKey(ctx, p.PublicKey)
		w.ok(err)
		key := w.signIn(p).TenantKey
		for name, d := range map[string]tollkeeper.OrganizationDetails{"changed": made, "read": read, "by its key": byKey} {
			if d.TenantKey != key || d.Organization.URL != url || d.Owner != p.ID {
				t.Errorf("%s: %+v", name, d)
			}
		}
		if public.TenantKey != "" {
			t.Error("anybody gets the tenant key")
		}
	})
}

// Rates hold for requests of others: what the process does by itself goes on where each of them would be refused.
func TestHostIsNotThrottled(t *testing.T) {
	story(t, func(w *world) {
		p, host := w.Parent(), w.Auth.Host()
		_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "a@example.com", Password: password, Client: from("192.0.2.1")})
		w.ok(err)
		_, err = w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "b@example.com", Password: password, Client: from("192.0.2.1")})
		w.want(err, tollkeeper.ErrRateLimited)
		for i := range 50 {
			x, err := host.CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Under(p.ID), Email: fmt.Sprintf("n%d@example.com", i), Password: password})
			w.ok(err)
			_, err = host.FindByEmail(ctx, tollkeeper.Under(p.ID), x.Email)
			w.ok(err)
			_, err = host.SetRole(ctx, x.ID, tollkeeper.RoleGuest)
			w.ok(err)
			w.ok(host.EndSessions(ctx, x.ID))
			w.ok(host.DeleteAccount(ctx, x.ID))
		}
		if b := w.Balance(p); b.Used != 0 {
			t.Errorf("the parent paid %d credits for what the host did", b.Used)
		}
	}, func(c *tollkeeper.Config) { c.Limits.SignUp = []tollkeeper.Limit{tollkeeper.Rate(1, time.Hour)} })
}
