package console

import (
	"context"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// signedIn is the authority of an account over its scope. The core says what it may do.
type signedIn struct {
	auth *tollkeeper.Authenticator
	by   *tollkeeper.Identity
}

func (s signedIn) accounts(ctx context.Context, q tollkeeper.AccountQuery) (tollkeeper.AccountPage, error) {
	return s.auth.Accounts(ctx, s.by, q)
}

// account is one of the scope: the caller's own one is, too, only if it lives there.
func (s signedIn) account(ctx context.Context, id uuid.UUID) (tollkeeper.Subject, error) {
	found, err := s.auth.Account(ctx, s.by, id)
	if err == nil && found.Account.Parent == tollkeeper.Root {
		err = tollkeeper.ErrNotFound
	}
	return found, err
}

func (s signedIn) createAccount(ctx context.Context, spec tollkeeper.AccountSpec) (tollkeeper.Account, error) {
	return s.auth.CreateAccount(ctx, s.by, spec)
}

func (s signedIn) removeAccount(ctx context.Context, id uuid.UUID) error {
	return s.auth.RemoveAccount(ctx, s.by, id)
}

func (s signedIn) setRole(ctx context.Context, id uuid.UUID, role tollkeeper.Role) error {
	_, err := s.auth.SetRole(ctx, s.by, tollkeeper.RoleChange{Account: id, Role: role})
	return err
}

func (s signedIn) setStatus(ctx context.Context, id uuid.UUID, status tollkeeper.Status) error {
	return s.auth.SetStatus(ctx, s.by, id, status)
}

func (s signedIn) sessions(ctx context.Context, id uuid.UUID) ([]tollkeeper.SessionInfo, error) {
	return s.auth.SessionsOf(ctx, s.by, id)
}

func (s signedIn) endSession(ctx context.Context, account, session uuid.UUID) error {
	return s.auth.EndSessionOf(ctx, s.by, account, session)
}

func (s signedIn) endSessions(ctx context.Context, id uuid.UUID) error {
	return s.auth.EndSessions(ctx, s.by, id)
}

func (s signedIn) unlock(ctx context.Context, id uuid.UUID) error {
	return s.auth.Unlock(ctx, s.by, id)
}

func (s signedIn) events(ctx context.Context, q tollkeeper.EventQuery) (tollkeeper.EventPage, error) {
	return s.auth.Events(ctx, s.by, q)
}

func (s signedIn) factors(ctx context.Context, id uuid.UUID) ([]tollkeeper.FactorInfo, error) {
	return s.auth.FactorsOf(ctx, s.by, id)
}

func (s signedIn) removeFactor(ctx context.Context, account, factor uuid.UUID) error {
	return s.auth.RemoveFactorOf(ctx, s.by, account, factor)
}

func (s signedIn) resetFactors(ctx context.Context, id uuid.UUID) error {
	return s.auth.ResetFactors(ctx, s.by, id)
}

func (s signedIn) identities(ctx context.Context, id uuid.UUID) ([]tollkeeper.Linked, error) {
	return s.auth.IdentitiesOf(ctx, s.by, id)
}

func (s signedIn) removeIdentity(ctx context.Context, id uuid.UUID, of tollkeeper.IssuedKey) error {
	return s.auth.RemoveIdentityOf(ctx, s.by, id, of)
}

func (s signedIn) organization(ctx context.Context) (tollkeeper.OrganizationDetails, error) {
	return s.auth.Organization(ctx, s.by)
}

func (s signedIn) updateOrganization(ctx context.Context, p tollkeeper.OrganizationPatch) error {
	_, err := s.auth.UpdateOrganization(ctx, s.by, p)
	return err
}

func (s signedIn) rotateKey(ctx context.Context) (tollkeeper.SecretText, error) {
	return s.auth.RotateTenantKey(ctx, s.by)
}

func (s signedIn) recent() error { return s.auth.RequireRecent(s.by, proven) }

func (s signedIn) analysis(ctx context.Context) (tollkeeper.CreditAnalysis, error) {
	return s.auth.CreditAnalysis(ctx, s.by)
}

func (s signedIn) ledger(ctx context.Context, q tollkeeper.LedgerQuery) (tollkeeper.LedgerPage, error) {
	return s.auth.Ledger(ctx, s.by, q)
}

func (s signedIn) usage(ctx context.Context, q tollkeeper.UsageQuery) ([]tollkeeper.DayUsage, error) {
	return s.auth.Usage(ctx, s.by, q)
}

func (s signedIn) months(ctx context.Context, q tollkeeper.BillingQuery) ([]tollkeeper.Month, error) {
	return s.auth.BillingHistory(ctx, s.by, q)
}

// grant is for operators: nobody gives credits to themselves.
func (s signedIn) grant(context.Context, int64, string) error { return tollkeeper.ErrForbidden }
