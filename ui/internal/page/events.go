package page

import "github.com/tollkeeper/tollkeeper"

// events are what a log tells of, in the order in which a filter lists them.
var events = []struct {
	name tollkeeper.EventName
	key  string
}{
	{tollkeeper.EventSignIn, "happened.sign-in"},
	{tollkeeper.EventSignInFailed, "happened.sign-in-failed"},
	{tollkeeper.EventSignInRefused, "happened.sign-in-refused"},
	{tollkeeper.EventChallenge, "happened.second-factor-asked"},
	{tollkeeper.EventFactorFailed, "happened.second-factor-failed"},
	{tollkeeper.EventFactorBegun, "happened.second-factor-begun"},
	{tollkeeper.EventFactorUsed, "happened.second-factor-used"},
	{tollkeeper.EventFactorChanged, "happened.second-factor-changed"},
	{tollkeeper.EventFactorRenamed, "happened.second-factor-renamed"},
	{tollkeeper.EventPasskeyCopied, "happened.passkey-copied"},
	{tollkeeper.EventRecoveryCodeUsed, "happened.recovery-code-used"},
	{tollkeeper.EventCodeUsed, "happened.code-used"},
	{tollkeeper.EventLinkUsed, "happened.sign-in-link-used"},
	{tollkeeper.EventIdentityLinked, "happened.identity-linked"},
	{tollkeeper.EventIdentityRemoved, "happened.identity-removed"},
	{tollkeeper.EventReauthenticated, "happened.reauthenticated"},
	{tollkeeper.EventSignOut, "happened.sign-out"},
	{tollkeeper.EventSignUp, "happened.sign-up"},
	{tollkeeper.EventSignUpTried, "happened.sign-up-tried"},
	{tollkeeper.EventSignUpRefused, "happened.sign-up-refused"},
	{tollkeeper.EventAccountCreated, "happened.account-created"},
	{tollkeeper.EventRefreshed, "happened.refreshed"},
	{tollkeeper.EventRefreshReused, "happened.refresh-reused"},
	{tollkeeper.EventUnlocked, "happened.unlocked"},
	{tollkeeper.EventSessionsEnded, "happened.sessions-ended"},
	{tollkeeper.EventPasswordChanged, "happened.password-changed"},
	{tollkeeper.EventPasswordRehashed, "happened.password-rehashed"},
	{tollkeeper.EventResetAsked, "happened.reset-asked"},
	{tollkeeper.EventEmailVerified, "happened.email-verified"},
	{tollkeeper.EventEmailProven, "happened.email-proven"},
	{tollkeeper.EventEmailDisowned, "happened.email-disowned"},
	{tollkeeper.EventEmailChanged, "happened.email-changed"},
	{tollkeeper.EventUsernameChanged, "happened.username-changed"},
	{tollkeeper.EventProfileChanged, "happened.profile-changed"},
	{tollkeeper.EventMetadataChanged, "happened.metadata-changed"},
	{tollkeeper.EventRoleChanged, "happened.role-changed"},
	{tollkeeper.EventStatusChanged, "happened.status-changed"},
	{tollkeeper.EventAccountUpdated, "happened.account-updated"},
	{tollkeeper.EventAccountDeleted, "happened.account-deleted"},
	{tollkeeper.EventOrganization, "happened.organization-changed"},
	{tollkeeper.EventMemberAdded, "happened.member-added"},
	{tollkeeper.EventDetailsRead, "happened.organization-details-read"},
	{tollkeeper.EventTenantKeyRotated, "happened.secret-rotated"},
	{tollkeeper.EventCharged, "happened.charged"},
	{tollkeeper.EventCredited, "happened.credited"},
	{tollkeeper.EventCreditAlert, "happened.credit-alert"},
	{tollkeeper.EventMailSent, "happened.mail-sent"},
	{tollkeeper.EventMailFailed, "happened.mail-failed"},
	{tollkeeper.EventMailDropped, "happened.mail-dropped"},
	{tollkeeper.EventMailRetried, "happened.mail-retried"},
	{tollkeeper.EventBreachUnknown, "happened.breach-check-unavailable"},
	{tollkeeper.EventMonthClosed, "happened.month-closed"},
	{tollkeeper.EventAccountsImported, "happened.accounts-imported"},
	{tollkeeper.EventAccountsExported, "happened.accounts-exported"},
}

// Event is what happened, in words that suit both whom it happened to and whoever looks after accounts; empty: it is an
// event of the host, or of a later version.
func (v *Visit) Event(name tollkeeper.EventName) string {
	for _, e := range events {
		if e.name == name {
			return v.T(e.key)
		}
	}
	return ""
}

// EventChoices are all events that there are words for, to choose one of.
func (v *Visit) EventChoices() (list []Choice) {
	for _, e := range events {
		list = append(list, Choice{Value: string(e.name), Text: v.T(e.key)})
	}
	return list
}
