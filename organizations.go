package tollkeeper

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// Organization answers what the caller may know of his organization: a parent with his jwtSecret, a child its parent's
// without.
func (a *Authenticator) Organization(ctx context.Context, by *Identity) (OrganizationDetails, error) {
	by = by.orNobody()
	id := by.Account
	if !by.IsParent() {
		id = by.Parent
	}
	s, err := a.subject(ctx, store.Lookup{ID: id})
	if errors.Is(err, ErrNotFound) {
		return OrganizationDetails{}, ErrInvalidToken
	}
	if err != nil {
		return OrganizationDetails{}, err
	}
	a.event(Event{Name: EventDetailsRead, Account: by.Account, Parent: by.Parent, Audience: by.Audience})
	return a.details(s, by.IsParent() && by.Limited == Unlimited)
}

// OrganizationByKey answers what a parent's public key may show, which stands in every web page: never the secret.
// ErrUnknownParent: no account has the key; ErrForbidden with Field "parent": it is a child's.
func (a *Authenticator) OrganizationByKey(ctx context.Context, publicKey string) (OrganizationDetails, error) {
	return a.byKey(ctx, publicKey, false)
}

func (a *Authenticator) byKey(ctx context.Context, publicKey string, secret bool) (OrganizationDetails, error) {
	s, err := a.keyHolder(ctx, publicKey)
	if err != nil {
		return OrganizationDetails{}, err
	}
	a.event(Event{Name: EventDetailsRead, Account: s.Account.ID, Audience: AudienceOrganization})
	return a.details(s, secret)
}

// keyHolder answers the parent whose public key it is.
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

// details answers an organization with its defaults where there is none yet: domain restriction is on.
func (a *Authenticator) details(s Subject, secret bool) (OrganizationDetails, error) {
	d := OrganizationDetails{Owner: s.Account.ID, PublicKey: s.Account.PublicKey, Organization: Organization{DomainRestriction: true}}
	if s.Organization != nil {
		d.Organization = *s.Organization
	}
	if secret {
		k, ok := a.keys.ofAccount(&s.Account)
		if !ok {
			return d, ErrInternal.WithCause(errMasterMissing)
		}
		d.TenantKey = SecretText(k.text)
	}
	return d, nil
}

// OriginAllowed reports whether a page of that origin may use an organization's key (docs/WIRE.md 1.2): with the domain
// restriction on, its host must be the organization's or below it; while the organization has no URL, only the origin of
// Config.BaseURL and localhost. "null" and whatever is no web origin never may.
func (a *Authenticator) OriginAllowed(o Organization, origin string) bool {
	u, ok := canon.Origin(origin)
	if !ok {
		return false
	}
	if !o.DomainRestriction {
		return true
	}
	base := o.URL
	if base == "" {
		base = a.cfg.BaseURL
	}
	own, err := url.Parse(base)
	if err != nil {
		return false
	}
	if o.URL == "" {
		return canon.IsLocalhost(u.Hostname()) || u.Scheme == own.Scheme && u.Host == own.Host
	}
	secure := u.Scheme == "https" || canon.IsLocalhost(u.Hostname())
	return secure && canon.Under(canon.Lower(u.Hostname()), canon.Lower(own.Hostname()))
}

// OriginRequest is a page that wants to use a parent's public key.
type OriginRequest struct {
	PublicKey string
	Origin    string // as the header names it
}

// OriginAllowedFor is [Authenticator.OriginAllowed] for the organization of a parent's public key. It is no reading of
// details and emits no event. [ErrUnknownParent]; [ErrForbidden] with Field "parent" for a child's key.
func (a *Authenticator) OriginAllowedFor(ctx context.Context, r OriginRequest) (bool, error) {
	s, err := a.keyHolder(ctx, r.PublicKey)
	if err != nil {
		return false, err
	}
	d, err := a.details(s, false)
	return err == nil && a.OriginAllowed(d.Organization, r.Origin), err
}

// UpdateOrganization changes the caller's own organization, and makes it with the first change. [ErrForbidden] for a child
// and for a member of somebody else's organization; [ErrInvalidInput] with the field for a URL, name or list that breaks the
// rules.
func (a *Authenticator) UpdateOrganization(ctx context.Context, by *Identity, p OrganizationPatch) (OrganizationDetails, error) {
	by = by.orNobody()
	if err := tenant(by); err != nil {
		return OrganizationDetails{}, err
	}
	return a.updateOrganization(ctx, p, func() (Subject, error) { return a.self(ctx, by) })
}

// tenant refuses whoever may not speak for a parent.
func tenant(by *Identity) error {
	switch {
	case !by.IsParent():
		return ErrForbidden
	case by.Limited != Unlimited:
		return ErrLimitedSession
	}
	return nil
}

// updateOrganization changes the organization of the owner that find returns.
func (a *Authenticator) updateOrganization(ctx context.Context, p OrganizationPatch, find func() (Subject, error)) (d OrganizationDetails, err error) {
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
		c := store.Change{Account: s.Account}
		c.Account.OrganizationOwner, c.Account.Organization = s.Account.ID, &o
		if s.Account, _, err = a.update(ctx, c, a.now()); err != nil {
			return err
		}
		s.Organization = &o
		d, err = a.details(s, true)
		return err
	})
	if err == nil {
		a.event(Event{Name: EventOrganization, Account: d.Owner})
	}
	return d, err
}

// Membership is a root account in another one's organization.
type Membership struct {
	Owner  uuid.UUID // whose organization it is
	Member uuid.UUID
}

// AddMember puts a root account into an owner's organization. The host has asked the member.
// [ErrNotFound]; [ErrNoOrganization]: the owner has none; [ErrConflict]: the member belongs to one already; [ErrForbidden]
// for a child or a house.
func (h Host) AddMember(ctx context.Context, m Membership) error {
	a := h.auth
	o, err := h.Account(ctx, m.Owner)
	if err != nil {
		return err
	}
	if o.Child() || o.Account.Organization == nil {
		return ErrNoOrganization
	}
	return a.retry(func() error {
		s, err := h.Account(ctx, m.Member)
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
		if s.Child() || s.Account.House {
			return ErrForbidden
		}
		c := store.Change{Account: s.Account}
		c.Account.OrganizationOwner = m.Owner
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}

// RotateTenantKey gives the caller, a parent, a new tenant key. Tokens of the old one end: the caller's own sessions and
// those of its children in the organization family, because their rows name the old key.
func (a *Authenticator) RotateTenantKey(ctx context.Context, by *Identity) (key SecretText, err error) {
	by = by.orNobody()
	if err := tenant(by); err != nil {
		return "", err
	}
	err = a.retry(func() error {
		s, err := a.self(ctx, by)
		if err != nil {
			return err
		}
		c := store.Change{Account: s.Account, EndSessions: true}
		c.Account.KeyMaster, c.Account.KeyVersion = a.keys.currentMaster(), s.Account.KeyVersion+1
		if s.Account, _, err = a.update(ctx, c, a.now()); err != nil {
			return err
		}
		k, ok := a.keys.ofAccount(&s.Account)
		if !ok {
			return ErrInternal.WithCause(errMasterMissing)
		}
		key = SecretText(k.text)
		return nil
	})
	if err == nil {
		a.event(Event{Name: EventTenantKeyRotated, Account: by.Account})
	}
	return key, err
}

// apply answers the organization with what the patch changes, checked.
func (p OrganizationPatch) apply(o Organization) (Organization, error) {
	set(&o.Name, p.Name)
	set(&o.URL, p.URL)
	o.AuthURLs = p.AuthURLs.apply(o.AuthURLs)
	set(&o.DomainRestriction, p.DomainRestriction)
	set(&o.VerificationRequired, p.VerificationRequired)
	set(&o.FactorRequired, p.FactorRequired)
	set(&o.Google, p.Google)
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
