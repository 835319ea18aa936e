package tollkeeper

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// OrganizationDetails is what there is to say of a parent's organization.
type OrganizationDetails struct {
	Owner        uuid.UUID
	Organization Organization // with its defaults where there is none yet
	PublicKey    string       // the parent's
	TenantKey    SecretText   // jwtSecret; only for the parent itself
}

// OrganizationPatch changes what is not nil.
type OrganizationPatch struct {
	Name                 *string
	URL                  *string
	AuthURLs             AuthURLsPatch
	DomainRestriction    *bool
	VerificationRequired *bool
	FactorRequired       *bool
	Issuers              []IssuerSettings // each takes the place of the one of its name
	Authorized           *[]uuid.UUID
}

// AuthURLsPatch changes the pages that are not nil; empty takes one away.
type AuthURLsPatch struct {
	SignIn, SignUp, Verify, Reset, Update, Resend, Successful *string
}

// Organization returns what the caller may know of their organization: a parent with its tenant key, a child its
// parent's without.
func (a *Authenticator) Organization(ctx context.Context, by *Identity) (OrganizationDetails, error) {
	by = by.orNobody()
	find := func() (Subject, error) { return a.subject(ctx, store.Lookup{ID: by.Parent}) }
	if by.IsParent() {
		find = func() (Subject, error) { return a.selfNow(ctx, by) }
	}
	s, err := find()
	if errors.Is(err, ErrNotFound) {
		return OrganizationDetails{}, ErrInvalidToken
	}
	if err != nil {
		return OrganizationDetails{}, err
	}
	a.event(Event{Name: EventDetailsRead, Scope: by.Parent, Account: by.Account, Audience: by.Audience})
	if by.IsParent() && by.Limited == Unlimited {
		return a.detailsWithKey(s)
	}
	return details(s), nil
}

// OrganizationByKey returns what a parent's public key may show, which stands in every web page: never the tenant key.
// [ErrUnknownParent]: no account has the key; [ErrForbidden] with [Error.Field] "parent": it is a child's.
func (a *Authenticator) OrganizationByKey(ctx context.Context, publicKey string) (OrganizationDetails, error) {
	s, err := a.detailsReadOf(ctx, publicKey)
	if err != nil {
		return OrganizationDetails{}, err
	}
	return details(s), nil
}

// detailsReadOf returns the parent whose public key it is, and tells that its details were read.
func (a *Authenticator) detailsReadOf(ctx context.Context, publicKey string) (Subject, error) {
	s, err := a.keyHolder(ctx, publicKey)
	if err == nil {
		a.event(Event{Name: EventDetailsRead, Account: s.Account.ID, Audience: AudienceOrganization})
	}
	return s, err
}

// keyHolder returns the parent whose public key it is.
func (a *Authenticator) keyHolder(ctx context.Context, publicKey string) (Subject, error) {
	if !ValidPublicKey(publicKey) {
		return Subject{}, ErrUnknownParent
	}
	s, err := a.subject(ctx, store.Lookup{PublicKey: publicKey})
	switch {
	case errors.Is(err, ErrNotFound):
		return Subject{}, ErrUnknownParent
	case err == nil && s.Child():
		return Subject{}, ErrForbidden.WithField("parent")
	}
	return s, err
}

// details returns an organization with its defaults where there is none yet: domain restriction is on. The tenant key
// is left out.
func details(s Subject) OrganizationDetails {
	d := OrganizationDetails{Owner: s.Account.ID, PublicKey: s.Account.PublicKey, Organization: Organization{DomainRestriction: true}}
	if s.Organization != nil {
		d.Organization = *s.Organization
	}
	return d
}

// detailsWithKey is details with the tenant key.
func (a *Authenticator) detailsWithKey(s Subject) (d OrganizationDetails, err error) {
	d = details(s)
	d.TenantKey, err = a.tenantKeyText(&s.Account)
	return d, err
}

func (a *Authenticator) tenantKeyText(x *Account) (SecretText, error) {
	k, ok := a.tenantKey(x)
	if !ok {
		return "", ErrInternal.WithCause(errMasterMissing)
	}
	return SecretText(k.Text()), nil
}

// UpdateOrganization changes the caller's own organization, and makes it with the first change. [ErrForbidden] for a
// child and for a member of somebody else's organization; [ErrInvalidInput] with the field for a URL, name or list that
// breaks the rules, and for a client id that another organization has turned on ([Social].SharedClients). Until the
// parent has proven its mailbox, what it chooses lasts until the first proof that shows no session of it ([Dropped]).
func (a *Authenticator) UpdateOrganization(ctx context.Context, by *Identity, p OrganizationPatch) (OrganizationDetails, error) {
	by = by.orNobody()
	if err := tenant(by); err != nil {
		return OrganizationDetails{}, err
	}
	return a.updateOrganization(ctx, by.Account, p, func() (Subject, error) { return a.selfNow(ctx, by) })
}

// tenant refuses whoever may not speak for a parent.
func tenant(by *Identity) error {
	switch {
	case !by.IsParent():
		return ErrForbidden
	case by.Limited != Unlimited:
		return by.Limited.refused()
	}
	return nil
}

// updateOrganization changes the organization of the owner that find returns.
func (a *Authenticator) updateOrganization(ctx context.Context, by uuid.UUID, p OrganizationPatch, find func() (Subject, error)) (d OrganizationDetails, err error) {
	err = a.retry(func() error {
		s, err := find()
		if err != nil {
			return err
		}
		if s.Child() || s.Account.OrganizationOwner != uuid.Nil && s.Account.OrganizationOwner != s.Account.ID {
			return ErrForbidden
		}
		o := Organization{DomainRestriction: true}
		if s.Account.Organization != nil {
			o = *s.Account.Organization
		}
		if o, err = p.apply(o); err != nil {
			return err
		}
		for i := range o.Issuers {
			if !slices.Contains(a.cfg.Social.SharedClients, o.Issuers[i].ClientID) && o.Issuers[i].Enabled && a.cfg.Social.isApps(o.Issuers[i]) {
				return ErrInvalidInput.WithField("issuers").WithMessage("Another organization has this client id")
			}
			o.Issuers[i].Shared = slices.Contains(a.cfg.Social.SharedClients, o.Issuers[i].ClientID)
		}
		c := store.Change{Account: s.Account}
		c.Account.OrganizationOwner, c.Account.Organization = s.Account.ID, &o
		e := about(&s.Account, EventOrganization)
		e.By = by
		c.Events = []Event{e}
		if s.Account, _, err = a.update(ctx, c, a.now()); isTaken(err, "client") {
			return ErrInvalidInput.WithField("issuers").WithMessage("Another organization has this client id").WithCause(err)
		} else if err != nil {
			return err
		}
		s.Organization = &o
		d, err = a.detailsWithKey(s)
		return err
	})
	return d, err
}

// isTaken reports whether another account has what the field names.
func isTaken(err error, field string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == ErrConflict.Code && e.Field == field
}

// Membership is a root account in another one's organization.
type Membership struct {
	Owner  uuid.UUID // whose organization it is
	Member uuid.UUID
}

// AddMember puts a root account into an owner's organization. The host has asked the member. [ErrNotFound];
// [ErrNoOrganization]: the owner has none; [ErrConflict]: the member belongs to one already; [ErrForbidden] for a child
// or a house.
func (h Host) AddMember(ctx context.Context, m Membership) error {
	ctx = h.acting(ctx)
	a := h.auth
	o, err := h.Account(ctx, m.Owner)
	if err != nil {
		return err
	}
	if o.Child() || o.Account.Organization == nil {
		return ErrNoOrganization
	}
	return a.retry(func() error {
		s, err := h.somebody(ctx, m.Member)
		if err != nil {
			return err
		}
		switch s.Account.OrganizationOwner {
		case m.Owner:
			return nil
		case uuid.Nil:
		default:
			return ErrConflict.WithField("organization")
		}
		if s.Child() {
			return ErrForbidden
		}
		c := store.Change{Account: s.Account}
		c.Account.OrganizationOwner = m.Owner
		c.Events = []Event{about(&s.Account, EventMemberAdded)}
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}

// RotateTenantKey gives the caller, a parent, a new tenant key. Tokens of the old one end: the caller's own sessions
// and those of its children in the organization family, because their rows name the old key.
func (a *Authenticator) RotateTenantKey(ctx context.Context, by *Identity) (key SecretText, err error) {
	by = by.orNobody()
	if err := tenant(by); err != nil {
		return "", err
	}
	return a.rotateTenantKey(ctx, by.Account, func() (Subject, error) { return a.selfNow(ctx, by) })
}

// RotateTenantKey gives a parent a new tenant key, as [Authenticator.RotateTenantKey] does. [ErrNotFound];
// [ErrForbidden] for a child and for the parent of the app's own users.
func (h Host) RotateTenantKey(ctx context.Context, parent uuid.UUID) (SecretText, error) {
	ctx = h.acting(ctx)
	return h.auth.rotateTenantKey(ctx, uuid.Nil, func() (Subject, error) {
		s, err := h.somebody(ctx, parent)
		if err == nil && s.Child() {
			err = ErrForbidden
		}
		return s, err
	})
}

func (a *Authenticator) rotateTenantKey(ctx context.Context, by uuid.UUID, find func() (Subject, error)) (key SecretText, err error) {
	err = a.retry(func() error {
		s, err := find()
		if err != nil {
			return err
		}
		c := store.Change{Account: s.Account, EndSessions: true}
		c.Account.KeyMaster, c.Account.KeyVersion = a.keys.CurrentMaster(), s.Account.KeyVersion+1
		e := about(&s.Account, EventTenantKeyRotated)
		e.By = by
		c.Events = []Event{e}
		if s.Account, _, err = a.update(ctx, c, a.now()); err != nil {
			return err
		}
		key, err = a.tenantKeyText(&s.Account)
		return err
	})
	return key, err
}

// apply returns the organization with what the patch changes, checked.
func (p OrganizationPatch) apply(o Organization) (Organization, error) {
	set(&o.Name, p.Name)
	set(&o.URL, p.URL)
	o.AuthURLs = p.AuthURLs.apply(o.AuthURLs)
	set(&o.DomainRestriction, p.DomainRestriction)
	set(&o.VerificationRequired, p.VerificationRequired)
	set(&o.FactorRequired, p.FactorRequired)
	o.Issuers = slices.Clone(o.Issuers)
	for _, s := range p.Issuers {
		o.Issuers = slices.DeleteFunc(o.Issuers, func(e IssuerSettings) bool { return e.Issuer == s.Issuer })
		o.Issuers = append(o.Issuers, s)
	}
	if p.Authorized != nil {
		o.Authorized = slices.Clone(*p.Authorized)
	}
	o.UpdateCount++
	return o, checkOrganization(o)
}

func (p AuthURLsPatch) apply(u AuthURLs) AuthURLs {
	set(&u.SignIn, p.SignIn)
	set(&u.SignUp, p.SignUp)
	set(&u.Verify, p.Verify)
	set(&u.Reset, p.Reset)
	set(&u.Update, p.Update)
	set(&u.Resend, p.Resend)
	set(&u.Successful, p.Successful)
	return u
}

func set[T any](v *T, to *T) {
	if to != nil {
		*v = *to
	}
}

// checkOrganization checks the rules of docs/WIRE.md 1.2 and 1.6: every URL https (http for localhost), auth URLs under
// the organization's domain. Names are data: markup in them is escaped where it is shown.
func checkOrganization(o Organization) error {
	if !canon.ValidLine(o.Name, 256) {
		return ErrInvalidInput.WithField("organizationName").WithMessage("Organization name must be at most 256 bytes without control characters")
	}
	domain := ""
	if o.URL != "" {
		u, ok := canon.WebURL(o.URL)
		if !ok || u.RawQuery != "" || u.Fragment != "" {
			return ErrInvalidInput.WithField("organizationUrl").WithMessage("Organization URL must be an https URL")
		}
		domain = u.Hostname()
	}
	for _, text := range allURLs(o.AuthURLs) {
		if text == "" {
			continue
		}
		u, ok := canon.WebURL(text)
		if !ok || domain == "" || !canon.Under(u.Hostname(), domain) {
			return ErrInvalidInput.WithField("authUrls").WithMessage("Auth URLs must be https URLs under the organization's domain")
		}
	}
	if !validIssuers(o.Issuers) {
		return ErrInvalidInput.WithField("issuers").WithMessage("Sign-in by an issuer needs its name and a client id of at most 256 bytes")
	}
	if len(o.Authorized) > 1000 {
		return ErrInvalidInput.WithField("authorizedOrganizations").WithMessage("At most 1,000 organizations can be authorized")
	}
	return nil
}

const mostIssuers = 20 // of a scope

// validIssuers reports whether a scope may turn these on.
func validIssuers(list []IssuerSettings) bool {
	for i, s := range list {
		twice := slices.ContainsFunc(list[:i], func(e IssuerSettings) bool { return e.Issuer == s.Issuer })
		if s.Issuer == "" || twice || !canon.ValidLine(s.Issuer, 256) || !canon.ValidLine(s.ClientID, 256) || s.Enabled && s.ClientID == "" {
			return false
		}
	}
	return len(list) <= mostIssuers
}

func allURLs(u AuthURLs) []string {
	return []string{u.SignIn, u.SignUp, u.Verify, u.Reset, u.Update, u.Resend, u.Successful}
}
