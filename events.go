package tollkeeper

import (
	"errors"

	"github.com/tollkeeper/tollkeeper/store"
)

// Event is something that happened, with ids and codes: no address, no password, no token. It is written to the store
// in the step that did it, and [Config.Events] is told afterwards.
type Event = store.Event

// EventName says what happened.
type EventName = store.EventName

// The events, for audit and metrics (SECURITY.md R84).
const (
	EventSignIn                     = store.EventSignIn
	EventSignInFailed     EventName = "sign_in_failed"  // no proof
	EventSignInRefused    EventName = "sign_in_refused" // a throttle, or the account's state; Code says which
	EventChallenge        EventName = "second_factor_asked"
	EventFactorFailed     EventName = "second_factor_failed"
	EventFactorBegun      EventName = "second_factor_begun"
	EventFactorUsed       EventName = "second_factor_used" // apart from a sign-in
	EventFactorChanged    EventName = "second_factor_changed"
	EventFactorRenamed    EventName = "second_factor_renamed"
	EventPasskeyCopied    EventName = "passkey_copied" // two authenticators seem to have one: its counter did not grow
	EventRecoveryCodeUsed EventName = "recovery_code_used"
	EventCodeUsed         EventName = "code_used"
	EventLinkUsed         EventName = "sign_in_link_used"
	EventIdentityLinked   EventName = "identity_linked" // Detail: the issuer
	EventIdentityRemoved  EventName = "identity_removed"
	EventReauthenticated  EventName = "reauthenticated"
	EventSignOut          EventName = "sign_out"
	EventSignUp           EventName = "sign_up"
	EventSignUpTried      EventName = "sign_up_tried"   // with the address of this account, which nobody was told
	EventSignUpRefused    EventName = "sign_up_refused" // by [Hooks.BeforeSignUp]; Code says how
	EventAccountCreated   EventName = "account_created" // by the host, or by By
	EventAccountUpdated   EventName = "account_updated" // by an import that takes what differs
	EventRefreshed                  = store.EventRefreshed
	EventRefreshReused    EventName = "refresh_reused" // somebody has an old refresh token: the session ended
	EventUnlocked         EventName = "unlocked"       // its locks and ceilings were pardoned, by an admin or the host
	EventSessionsEnded    EventName = "sessions_ended"
	EventPasswordChanged  EventName = "password_changed"
	EventPasswordRehashed EventName = "password_rehashed" // the same password, at the present cost
	EventResetAsked       EventName = "reset_asked"
	EventEmailVerified    EventName = "email_verified"
	EventEmailProven      EventName = "email_proven"   // Detail "dropped": what was set up before is gone
	EventEmailDisowned    EventName = "email_disowned" // its owner said that the account is not theirs
	EventEmailChanged     EventName = "email_changed"
	EventUsernameChanged  EventName = "username_changed"
	EventProfileChanged   EventName = "profile_changed" // Detail: "name", "locale" or both
	EventMetadataChanged  EventName = "metadata_changed"
	EventRoleChanged      EventName = "role_changed"
	EventStatusChanged    EventName = "status_changed"
	EventAccountDeleted   EventName = "account_deleted"
	EventOrganization     EventName = "organization_changed"
	EventMemberAdded      EventName = "member_added"
	EventDetailsRead      EventName = "organization_details_read"
	EventTenantKeyRotated EventName = "secret_rotated"
	EventCharged          EventName = "charged"
	EventCredited         EventName = "credited"
	EventCreditAlert                = store.EventCreditAlert
	EventMailSent         EventName = "mail_sent"
	EventMailFailed       EventName = "mail_failed"  // it will be tried again
	EventMailDropped      EventName = "mail_dropped" // it will not; Code says why: see [MailRefused]
	EventMailRetried      EventName = "mail_retried" // by the host, before it was due
	EventBreachUnknown    EventName = "breach_check_unavailable"
	EventMonthClosed                = store.EventMonthClosed
	EventAccountsImported EventName = "accounts_imported" // beside one of each account
	EventAccountsExported EventName = "accounts_exported" // begun
)

// about is an event about the account.
func about(x *Account, name EventName) Event {
	return Event{Name: name, Scope: x.Parent, Account: x.ID}
}

// announce tells the host. Its function may be slow or panic: only its own goroutine suffers.
func (a *Authenticator) announce(e Event) {
	if a.cfg.Events == nil {
		return
	}
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
