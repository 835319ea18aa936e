package tollkeeper

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// admit decides, from values alone, whether a proven account may have a session: its own status, its verification, the
// organization rules, then the status of who pays (docs/WIRE.md 1.1 rule 1).
func admit(s Subject, p attempt, verifyAll bool) error {
	if s.Stray {
		return ErrParentKeyNeeded
	}
	if s.Account.Status != StatusActive {
		return ErrInactive
	}
	if p.method != "sign-up" && mustVerify(s, verifyAll) && s.Account.EmailVerifiedAt.IsZero() {
		return ErrUnverified
	}
	if s.Child() {
		return admitChild(s)
	}
	if s.KeyOwner != nil {
		return admitWidget(s)
	}
	return nil
}

// mustVerify: a child inherits the setting of its parent's organization.
func mustVerify(s Subject, verifyAll bool) bool {
	return verifyAll || s.Organization != nil && s.Organization.VerificationRequired
}

func admitChild(s Subject) error {
	if s.Parent == nil || s.Parent.Status == StatusDeleted {
		return ErrParentGone
	}
	if s.Parent.Status != StatusActive {
		return ErrParentInactive
	}
	return nil
}

// admitWidget is a root account that signs in with somebody's key (docs/WIRE.md 1.1 rule 5). Organizations are compared
// by id.
func admitWidget(s Subject) error {
	own, owners := s.Account.OrganizationOwner, s.KeyOwner.OrganizationOwner
	switch {
	case own == uuid.Nil || s.Organization == nil:
		return ErrParentKeyUnwanted
	case owners == uuid.Nil:
		return ErrNoOrganization
	case own != owners:
		return ErrOrganizationMismatch
	case !slices.Contains(s.Organization.Authorized, own):
		return ErrOrganizationNotAuthorized
	case s.KeyOwner.Status != StatusActive:
		return ErrParentInactive
	}
	return nil
}

// signInCharge says who pays for a session, and whether they must (docs/WIRE.md 1.1 rules 3 and 5). It is the whole
// billing policy of signing in.
func (a *Authenticator) signInCharge(s Subject, sid uuid.UUID, p attempt) store.Charge {
	if a.cfg.Credits == nil || p.operation == "" {
		return store.Charge{}
	}
	price := a.cfg.Credits.Prices[p.operation]
	c := store.Charge{Owner: s.Account.ID, Key: "session:" + sid.String(), Entry: sid, Operation: p.operation, Price: price}
	switch {
	case s.Parent != nil && s.Parent.House:
		return store.Charge{}
	case s.Parent != nil:
		c.Owner, c.Required = s.Parent.ID, true
	case s.KeyOwner != nil:
		c.Owner, c.Required = s.KeyOwner.ID, true
	}
	if price == 0 {
		return store.Charge{}
	}
	return c
}

// limitation says why a session may only serve its own account. It is derived each time, so that it ends by itself.
func (a *Authenticator) limitation(l *store.Live, now time.Time) Limitation {
	if !l.Verified && (l.MustVerify || a.cfg.Accounts.RequireVerified) {
		return LimitedUnverified
	}
	if l.PasswordTemporary {
		return LimitedPassword
	}
	if a.cfg.Passwords.EnforceExpiry {
		if expired, _ := passwordAge(l.PasswordChangedAt, a.cfg.Passwords.Expiry, now); expired {
			return LimitedPassword
		}
	}
	if !l.HasFactor && (l.MustFactor || a.cfg.Factors.requires(l.Role)) {
		return LimitedSecondFactor
	}
	return Unlimited
}

// limitationOf is the limitation of a session that the account gets now.
func (a *Authenticator) limitationOf(s Subject, now time.Time) Limitation {
	l := store.Live{
		Role: s.Account.Role, PasswordChangedAt: s.Account.PasswordChangedAt, PasswordTemporary: s.Account.PasswordTemporary,
		Verified: !s.Account.EmailVerifiedAt.IsZero(), HasFactor: s.Account.Factors != 0,
	}
	if o := s.Organization; o != nil {
		l.MustVerify, l.MustFactor = o.VerificationRequired, o.FactorRequired
	}
	return a.limitation(&l, now)
}

func (p Factors) requires(r Role) bool {
	if p.Required {
		return true
	}
	for _, role := range p.RequiredRoles {
		if role == r {
			return true
		}
	}
	return false
}
