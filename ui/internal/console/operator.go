package console

import (
	"context"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// operator is the authority of the host over one scope, by whom the guard named. What they change is in the log with
// that name.
type operator struct {
	h     tollkeeper.Host
	in    tollkeeper.Scope
	scope uuid.UUID // its id
	whole bool      // the log is that of the store
}

// newOperator refuses whom nobody named: [tollkeeper.ErrForbidden].
func newOperator(v *page.Visit, in tollkeeper.Scope, scope uuid.UUID, whole bool) (authority, error) {
	h, err := v.Auth.Host().As(v.Operator)
	if err != nil {
		return nil, tollkeeper.ErrForbidden.WithCause(err)
	}
	return operator{h: h, in: in, scope: scope, whole: whole}, nil
}

func (o operator) accounts(ctx context.Context, q tollkeeper.AccountQuery) (tollkeeper.AccountPage, error) {
	return o.h.Accounts(ctx, o.in, q)
}

// account is one of the scope: the address names both, and they must fit.
func (o operator) account(ctx context.Context, id uuid.UUID) (tollkeeper.Subject, error) {
	found, err := o.h.Account(ctx, id)
	if err == nil && (!o.whole && found.Account.Parent != o.scope || found.Account.House) {
		err = tollkeeper.ErrNotFound
	}
	return found, err
}

func (o operator) createAccount(ctx context.Context, spec tollkeeper.AccountSpec) (tollkeeper.Account, error) {
	spec.Scope = o.in
	return o.h.CreateAccount(ctx, spec)
}

func (o operator) removeAccount(ctx context.Context, id uuid.UUID) error {
	return o.h.DeleteAccount(ctx, id)
}

func (o operator) setRole(ctx context.Context, id uuid.UUID, role tollkeeper.Role) error {
	_, err := o.h.SetRole(ctx, id, role)
	return err
}

func (o operator) setStatus(ctx context.Context, id uuid.UUID, status tollkeeper.Status) error {
	return o.h.SetStatus(ctx, id, status)
}

func (o operator) sessions(ctx context.Context, id uuid.UUID) ([]tollkeeper.SessionInfo, error) {
	return o.h.Sessions(ctx, id)
}

func (o operator) endSession(ctx context.Context, account, session uuid.UUID) error {
	return o.h.EndSession(ctx, account, session)
}

func (o operator) endSessions(ctx context.Context, id uuid.UUID) error {
	return o.h.EndSessions(ctx, id)
}

func (o operator) unlock(ctx context.Context, id uuid.UUID) error { return o.h.Unlock(ctx, id) }

func (o operator) events(ctx context.Context, q tollkeeper.EventQuery) (tollkeeper.EventPage, error) {
	if o.whole {
		return o.h.Events(ctx, q)
	}
	return o.h.EventsIn(ctx, o.in, q)
}

func (o operator) factors(ctx context.Context, id uuid.UUID) ([]tollkeeper.FactorInfo, error) {
	return o.h.Factors(ctx, id)
}

func (o operator) removeFactor(ctx context.Context, account, factor uuid.UUID) error {
	return o.h.RemoveFactor(ctx, account, factor)
}

func (o operator) resetFactors(ctx context.Context, id uuid.UUID) error {
	return o.h.ResetFactors(ctx, id)
}

func (o operator) identities(ctx context.Context, id uuid.UUID) ([]tollkeeper.Linked, error) {
	return o.h.Identities(ctx, id)
}

func (o operator) removeIdentity(ctx context.Context, id uuid.UUID, of tollkeeper.IssuedKey) error {
	return o.h.RemoveIdentity(ctx, id, of)
}

func (o operator) organization(ctx context.Context) (tollkeeper.OrganizationDetails, error) {
	return o.h.Organization(ctx, o.scope)
}

func (o operator) updateOrganization(ctx context.Context, p tollkeeper.OrganizationPatch) error {
	_, err := o.h.UpdateOrganization(ctx, o.scope, p)
	return err
}

func (o operator) rotateKey(ctx context.Context) (tollkeeper.SecretText, error) {
	return o.h.RotateTenantKey(ctx, o.scope)
}

// recent leaves to the guard how fresh a proof is.
func (operator) recent() error { return nil }

func (o operator) analysis(ctx context.Context) (tollkeeper.CreditAnalysis, error) {
	return o.h.CreditAnalysis(ctx, o.scope)
}

func (o operator) ledger(ctx context.Context, q tollkeeper.LedgerQuery) (tollkeeper.LedgerPage, error) {
	return o.h.Ledger(ctx, o.scope, q)
}

func (o operator) usage(ctx context.Context, q tollkeeper.UsageQuery) ([]tollkeeper.DayUsage, error) {
	return o.h.Usage(ctx, o.scope, q)
}

func (o operator) months(ctx context.Context, q tollkeeper.BillingQuery) ([]tollkeeper.Month, error) {
	return o.h.BillingHistory(ctx, o.scope, q)
}

func (o operator) grant(ctx context.Context, credits int64, key string) error {
	_, err := o.h.Grant(ctx, o.scope, credits, key)
	return err
}
