package console

import (
	"context"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// reach is the accounts of one scope, and what may be done with them by somebody's authority.
type reach struct {
	authority

	base   string    // before the paths of its pages, as [page.Site.URL] takes it
	scope  uuid.UUID // parent of the accounts
	whose  string    // the tenant whose accounts these are, where it is not the visitor; empty: nobody else's
	self   uuid.UUID // account of who acts; zero: it is none
	tenant bool      // there are an organization, a key and credits
	host   bool      // an operator acts
	whole  bool      // it is every scope, and only for the log
}

// authority is by which everything is done. Each method does what the core's of that name does, for one scope.
type authority interface {
	directory
	sessions
	credentials
	tenancy
	books
}

// directory is the accounts.
type directory interface {
	accounts(context.Context, tollkeeper.AccountQuery) (tollkeeper.AccountPage, error)
	account(context.Context, uuid.UUID) (tollkeeper.Subject, error) // ErrNotFound: it is in no such scope
	createAccount(context.Context, tollkeeper.AccountSpec) (tollkeeper.Account, error)
	removeAccount(context.Context, uuid.UUID) error
	setRole(context.Context, uuid.UUID, tollkeeper.Role) error
	setStatus(context.Context, uuid.UUID, tollkeeper.Status) error
}

// sessions is who is signed in, and what happened.
type sessions interface {
	sessions(context.Context, uuid.UUID) ([]tollkeeper.SessionInfo, error)
	endSession(ctx context.Context, account, session uuid.UUID) error
	endSessions(context.Context, uuid.UUID) error
	unlock(context.Context, uuid.UUID) error
	events(context.Context, tollkeeper.EventQuery) (tollkeeper.EventPage, error)
}

// credentials is what an account signs in with.
type credentials interface {
	factors(context.Context, uuid.UUID) ([]tollkeeper.FactorInfo, error)
	removeFactor(ctx context.Context, account, factor uuid.UUID) error
	resetFactors(context.Context, uuid.UUID) error
	identities(context.Context, uuid.UUID) ([]tollkeeper.Linked, error)
	removeIdentity(context.Context, uuid.UUID, tollkeeper.IssuedKey) error
}

// tenancy is what a parent has.
type tenancy interface {
	organization(context.Context) (tollkeeper.OrganizationDetails, error)
	updateOrganization(context.Context, tollkeeper.OrganizationPatch) error
	rotateKey(context.Context) (tollkeeper.SecretText, error)
	recent() error // ErrNotRecent: who acts has not proved of late who they are
}

// books is its credits.
type books interface {
	analysis(context.Context) (tollkeeper.CreditAnalysis, error)
	ledger(context.Context, tollkeeper.LedgerQuery) (tollkeeper.LedgerPage, error)
	usage(context.Context, tollkeeper.UsageQuery) ([]tollkeeper.DayUsage, error)
	months(context.Context, tollkeeper.BillingQuery) ([]tollkeeper.Month, error)
	grant(ctx context.Context, credits int64, key string) error
}

// ofSession is the reach of whoever is signed in.
func ofSession(base string) func(*console, *page.Visit) (reach, string, error) {
	return func(c *console, v *page.Visit) (reach, string, error) {
		by := v.By
		switch {
		case by == nil:
			return reach{}, v.SignInAgain(typedFields...), nil
		case by.Limited != tollkeeper.Unlimited:
			return reach{}, v.URL(c.others.Limited) + "?" + url.Values{"next": {v.View()}}.Encode(), nil
		}
		r := reach{authority: signedIn{v.Auth, by}, base: base, scope: by.Parent, self: by.Account}
		switch {
		case by.IsParent():
			r.scope, r.tenant = by.Account, true
		case !by.Admin():
			return reach{}, "", tollkeeper.ErrForbidden
		}
		return r, "", nil
	}
}

// ofOperator is one scope, by the authority of the host: that which the address names.
func ofOperator(_ *console, v *page.Visit) (r reach, instead string, err error) {
	name := v.R.PathValue("scope")
	r = reach{base: "/" + name, host: true}
	var in tollkeeper.Scope
	switch name {
	case scopeApp:
		r.scope, _ = in.ID()
	case scopeTenants:
		in = tollkeeper.Tenants
	default:
		if in, r.scope, r.whose, err = tenantOf(v, name); err != nil {
			return reach{}, "", err
		}
		r.tenant = true
	}
	r.authority, err = newOperator(v, in, r.scope, false)
	return r, "", err
}

// The names of the scopes that are no tenant's.
const (
	scopeApp     = "app"
	scopeTenants = "tenants"
)

// tenantOf returns the scope below a parent. [tollkeeper.ErrNotFound]: the name is that of no parent.
func tenantOf(v *page.Visit, name string) (in tollkeeper.Scope, parent uuid.UUID, whose string, err error) {
	parent, err = uuid.Parse(name)
	if err != nil || parent.String() != name {
		return in, uuid.Nil, "", tollkeeper.ErrNotFound
	}
	s, err := v.Auth.Host().Account(v.R.Context(), parent)
	if err == nil && (s.Child() || s.Account.House) {
		err = tollkeeper.ErrNotFound
	}
	if err != nil {
		return in, uuid.Nil, "", err
	}
	whose = s.Account.Email
	if s.Organization != nil && s.Organization.Name != "" {
		whose = s.Organization.Name + " – " + whose
	}
	return tollkeeper.Under(parent), parent, whose, nil
}

// ofWholeStore is every scope, for the pages that are about all of them.
func ofWholeStore(_ *console, v *page.Visit) (r reach, instead string, err error) {
	r = reach{host: true, whole: true}
	r.authority, err = newOperator(v, tollkeeper.Scope{}, uuid.Nil, true)
	return r, "", err
}

// pathOf is before the page of an account that this reach has met.
func (r *reach) pathOf(x *tollkeeper.Account) string {
	if !r.whole {
		return r.base + "/users/" + x.ID.String()
	}
	name := x.Parent.String()
	app, _ := tollkeeper.Scope{}.ID()
	switch x.Parent {
	case tollkeeper.Root:
		name = scopeTenants
	case app:
		name = scopeApp
	}
	return "/" + name + "/users/" + x.ID.String()
}

// proven is how old a proof may be for what cannot be taken back.
const proven = 5 * time.Minute
