package tollkeeper

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// Host is what the process itself may do, by its own authority: nobody's permission is asked, nothing is throttled; its
// [Host.Allow] throttles what is the host's own. Its methods stand apart from the [Authenticator]'s, which check what
// their caller may do, so that a handler cannot skip that check unnoticed. It is safe for concurrent use.
type Host struct {
	auth     *Authenticator
	operator string // who acts for it, named in the log
}

// Host returns what the process itself may do.
func (a *Authenticator) Host() Host { return Host{auth: a} }

// maxOperator is how long the name of an operator may be, in bytes.
const maxOperator = 64

// As returns a Host whose changes the log says this operator made ([Event].Operator), as the host names them: a line of
// 1 to 64 bytes. The name stays in the log when the account is deleted. [ErrInvalidInput] (operator).
func (h Host) As(operator string) (Host, error) {
	if operator == "" || !canon.ValidLine(operator, maxOperator) {
		return Host{}, ErrInvalidInput.WithField("operator").WithMessage("tollkeeper: an operator is a line of 1 to 64 bytes")
	}
	h.operator = operator
	return h, nil
}

// acting returns the context of a change, which tells the recorder of events who makes it.
func (h Host) acting(ctx context.Context) context.Context {
	if h.operator == "" {
		return ctx
	}
	return context.WithValue(ctx, operatorKey{}, h.operator)
}

type operatorKey struct{}

// operatorOf returns who acts for the host; empty: nobody is named.
func operatorOf(ctx context.Context) string {
	operator, _ := ctx.Value(operatorKey{}).(string)
	return operator
}

// Format names the type alone, as [Authenticator.Format] does.
func (Host) Format(f fmt.State, _ rune) { io.WriteString(f, "tollkeeper.Host") }

// LogValue names the type alone.
func (Host) LogValue() slog.Value { return slog.StringValue("tollkeeper.Host") }

// hostItself stands for the host where a method of the Authenticator has its caller: it is no account.
var hostItself = &Identity{}

// Account returns an account with its parent and organization. [ErrNotFound].
func (h Host) Account(ctx context.Context, id uuid.UUID) (Subject, error) {
	return h.auth.subject(ctx, store.Lookup{ID: id})
}

// somebody is Account, but for the parent of the app's own users, which is nobody's account and stays as it is.
func (h Host) somebody(ctx context.Context, id uuid.UUID) (Subject, error) {
	if id == houseID {
		return Subject{}, ErrForbidden
	}
	return h.Account(ctx, id)
}

// FindByEmail returns the account with that email in the scope. [ErrInvalidEmail]; [ErrInvalidInput] (scope);
// [ErrNotFound].
func (h Host) FindByEmail(ctx context.Context, in Scope, email string) (Subject, error) {
	if err := in.check(); err != nil {
		return Subject{}, err
	}
	key, err := emailKey(email)
	if err != nil {
		return Subject{}, err
	}
	return h.auth.subject(ctx, in.lookup(key))
}

// FindByUsername returns the account with that username, in any letter case, in the scope. [ErrInvalidUsername];
// [ErrInvalidInput] (scope); [ErrNotFound].
func (h Host) FindByUsername(ctx context.Context, in Scope, username string) (Subject, error) {
	if err := in.check(); err != nil {
		return Subject{}, err
	}
	key, err := usernameKey(username)
	if err != nil {
		return Subject{}, err
	}
	return h.auth.subject(ctx, in.lookupUsername(key))
}

// Accounts lists the accounts of the scope in order of creation; [Tenants] are listed without totals. The app's own
// users are an empty list before the first one. [ErrInvalidLimit]; [ErrInvalidCursor]; [ErrInvalidInput] (scope,
// search, role, status); [ErrUnknownParent], for a scope named by id [ErrNotFound]: there is no such parent.
func (h Host) Accounts(ctx context.Context, in Scope, q AccountQuery) (AccountPage, error) {
	parent, err := h.auth.parentIn(ctx, in)
	if err != nil {
		return AccountPage{}, err
	}
	return h.auth.list(ctx, parent, q)
}

// AccountSpec is an account that the host, or who rules its scope, makes for somebody.
type AccountSpec struct {
	Scope     Scope // for [Authenticator.CreateAccount] zero means the one that the caller rules
	Email     string
	Username  string
	Name      string
	Password  Password        // empty: none; the account signs in by mailed code or after a reset
	Temporary bool            // the password serves only to choose another one (R33)
	Role      Role            // zero: [RoleUser]
	Verified  bool            // who makes it vouches for the email
	Metadata  json.RawMessage // as of [Host.UpdateMetadata]; empty: none. The host only
	Proven    bool            // and that the mailbox's owner knows of the account: a first proof by mail drops nothing. The host only
}

// CreateAccount makes an account on the host's word, also where sign-up is closed: no throttle, no charge, no session,
// no mail. A new parent is granted the initial credits. Errors as of [Authenticator.SignUp].
func (h Host) CreateAccount(ctx context.Context, spec AccountSpec) (Account, error) {
	ctx = h.acting(ctx)
	a := h.auth
	now := a.now()
	x, err := a.specified(ctx, spec, now)
	if err != nil {
		return Account{}, err
	}
	return a.given(ctx, x, uuid.Nil, store.Charge{}, now)
}

func (a *Authenticator) specified(ctx context.Context, spec AccountSpec, now time.Time) (Account, error) {
	parent, err := a.parentIn(ctx, spec.Scope)
	if err != nil {
		return Account{}, err
	}
	x, err := a.newAccount(spec.Email, spec.Username, spec.Name, now)
	if err != nil {
		return x, err
	}
	if spec.Role != "" {
		if x.Role, err = a.role(spec.Role); err != nil {
			return x, err
		}
	}
	if err := checkMetadata(spec.Metadata); err != nil {
		return x, err
	}
	if spec.Password != "" {
		if err := a.checkNewPassword(ctx, spec.Password, x); err != nil {
			return x, err
		}
		if x.Password, err = a.hasher.hash(ctx, spec.Password); err != nil {
			return x, err
		}
	}
	x.Parent, x.PasswordTemporary, x.Metadata = parent, spec.Temporary, spec.Metadata
	if spec.Password == "" {
		x.PasswordTemporary, x.PasswordChangedAt = false, time.Time{} // there is none to be changed
	}
	if spec.Verified || spec.Proven {
		x.EmailVerifiedAt = now
	}
	if spec.Proven {
		x.EmailProvenAt = now
	}
	return x, nil
}

// given makes an account on the word of by, nobody for the host.
func (a *Authenticator) given(ctx context.Context, x Account, by uuid.UUID, c store.Charge, now time.Time) (Account, error) {
	n := store.NewAccount{Account: x}
	e := about(&x, EventAccountCreated)
	e.By = by
	n.Charge, n.Events = c, []Event{e}
	if x.Parent == Root {
		n.Grant = a.initialGrant(x.ID, now)
	}
	made, _, err := a.create(ctx, n, now)
	if err != nil {
		return Account{}, signUpError(err)
	}
	return made, nil
}

// SetRole gives an account a role, and reports whether that changed anything. Taking the role of admin away ends its
// sessions. Below a tenant whose mailbox is not proven the host alone makes an admin, who stays one when the mailbox's
// owner comes. [ErrInvalidInput] for an unknown role; [ErrNotFound]; [ErrLastAdmin]; [ErrForbidden] for the parent of
// the app's own users.
func (h Host) SetRole(ctx context.Context, id uuid.UUID, role Role) (changed bool, err error) {
	ctx = h.acting(ctx)
	return h.auth.setRole(ctx, hostItself, role, func() (Subject, error) { return h.somebody(ctx, id) })
}

// SetStatus lets an account sign in, or no longer; disabling ends its sessions. Parents, too, on whom nobody else may
// act. [ErrNotFound]; [ErrLastAdmin]; [ErrInvalidInput] for a status that is neither active nor disabled;
// [ErrForbidden] for the parent of the app's own users.
func (h Host) SetStatus(ctx context.Context, id uuid.UUID, status Status) error {
	ctx = h.acting(ctx)
	return h.auth.setStatus(ctx, uuid.Nil, status, func() (Subject, error) { return h.somebody(ctx, id) })
}

// EndSessions ends every session of an account at once. [ErrNotFound].
func (h Host) EndSessions(ctx context.Context, id uuid.UUID) error {
	ctx = h.acting(ctx)
	return h.auth.endSessions(ctx, id, hostItself, uuid.Nil)
}

// DeleteAccount deletes an account with its personal data; a parent's children go with it. [ErrNotFound];
// [ErrLastAdmin]; [ErrForbidden] for the parent of the app's own users.
func (h Host) DeleteAccount(ctx context.Context, id uuid.UUID) error {
	ctx = h.acting(ctx)
	s, err := h.somebody(ctx, id)
	if err != nil {
		return err
	}
	return h.auth.delete(ctx, s, uuid.Nil)
}

// Organization returns a parent's organization with its tenant key. [ErrNotFound]; [ErrForbidden] for a child.
func (h Host) Organization(ctx context.Context, parent uuid.UUID) (OrganizationDetails, error) {
	s, err := h.Account(ctx, parent)
	if err != nil {
		return OrganizationDetails{}, err
	}
	if s.Child() {
		return OrganizationDetails{}, ErrForbidden
	}
	return h.auth.detailsWithKey(s)
}

// UpdateOrganization changes a parent's organization, and makes it with the first change. [ErrNotFound]; [ErrForbidden]
// for a child, for a member of another one's organization and for the parent of the app's own users; [ErrInvalidInput]
// with the field. Of a parent whose mailbox is not proven ([AccountSpec].Proven) it lasts as long as what the parent
// itself chooses.
func (h Host) UpdateOrganization(ctx context.Context, parent uuid.UUID, p OrganizationPatch) (OrganizationDetails, error) {
	ctx = h.acting(ctx)
	return h.auth.updateOrganization(ctx, uuid.Nil, p, func() (Subject, error) { return h.somebody(ctx, parent) })
}

// UnsafeOrganizationByKey is [Authenticator.OrganizationByKey] with the tenant key, as the documented API returns it.
// Whoever reads a web page of the tenant can then sign tokens in its name; they open nothing but live sessions.
func (h Host) UnsafeOrganizationByKey(ctx context.Context, publicKey string) (OrganizationDetails, error) {
	ctx = h.acting(ctx)
	s, err := h.auth.detailsReadOf(ctx, publicKey)
	if err != nil {
		return OrganizationDetails{}, err
	}
	return h.auth.detailsWithKey(s)
}
