package tollkeeper

import (
	"errors"
	"time"

	"github.com/google/uuid"
)

// EventName says what happened.
type EventName string

// The events, for audit and metrics (SECURITY.md R84).
const (
	EventSignIn           EventName = "sign_in"
	EventSignInFailed     EventName = "sign_in_failed"  // no proof
	EventSignInRefused    EventName = "sign_in_refused" // a throttle, or the account's state; Code says which
	EventChallenge        EventName = "second_factor_asked"
	EventFactorFailed     EventName = "second_factor_failed"
	EventFactorChanged    EventName = "second_factor_changed"
	EventSignOut          EventName = "sign_out"
	EventSignUp           EventName = "sign_up"
	EventRefreshed        EventName = "refreshed"
	EventRefreshReused    EventName = "refresh_reused" // somebody has an old refresh token: the session ended
	EventSessionsEnded    EventName = "sessions_ended"
	EventPasswordChanged  EventName = "password_changed"
	EventResetAsked       EventName = "reset_asked"
	EventEmailVerified    EventName = "email_verified"
	EventEmailChanged     EventName = "email_changed"
	EventUsernameChanged  EventName = "username_changed"
	EventRoleChanged      EventName = "role_changed"
	EventStatusChanged    EventName = "status_changed"
	EventAccountDeleted   EventName = "account_deleted"
	EventOrganization     EventName = "organization_changed"
	EventDetailsRead      EventName = "organization_details_read"
	EventTenantKeyRotated EventName = "secret_rotated"
	EventCharged          EventName = "charged"
	EventCredited         EventName = "credited"
	EventCreditAlert      EventName = "credit_alert" // Detail: "low", "critical", "depleted"
	EventMailSent         EventName = "mail_sent"
	EventMailFailed       EventName = "mail_failed"  // it will be tried again
	EventMailDropped      EventName = "mail_dropped" // it will not
	EventBreachUnknown    EventName = "breach_check_unavailable"
	EventMonthClosed      EventName = "month_closed"
	EventAccountsImported EventName = "accounts_imported"
)

// Event is something that happened, with ids and codes only: no address, no password, no token.
type Event struct {
	Name     EventName
	At       time.Time
	Account  uuid.UUID // whom it is about; zero: unknown
	Parent   uuid.UUID
	By       uuid.UUID // who did it, where that is another
	Session  string    // keyed digest of the session's id, never the id
	Audience Audience
	Network  string // masked
	Method   string // "password", "code", …
	Code     Code   // of a refusal
	Detail   string // from a fixed set of words, or a key the host gave
	Credits  int64
}

// event tells the host. Its function may be slow or panic: only its own goroutine suffers.
func (a *Authenticator) event(e Event) {
	if a.cfg.Events == nil {
		return
	}
	e.At = a.now()
	defer func() {
		if r := recover(); r != nil {
			a.cfg.Logger.Error("tollkeeper: Config.Events panicked", "event", string(e.Name), "panic", r)
		}
	}()
	a.cfg.Events(e)
}

// codeOf returns the code of an error, CodeInternal's for one that is not ours.
func codeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ErrInternal.Code
}
