package ui

import (
	"cmp"
	"net/url"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// did are the words for what happened to an account, to its owner.
var did = map[tollkeeper.EventName]string{
	tollkeeper.EventSignIn:           "did.sign-in",
	tollkeeper.EventSignInFailed:     "did.sign-in-failed",
	tollkeeper.EventSignInRefused:    "did.sign-in-refused",
	tollkeeper.EventChallenge:        "did.factor-asked",
	tollkeeper.EventFactorFailed:     "did.factor-failed",
	tollkeeper.EventFactorBegun:      "did.factor-begun",
	tollkeeper.EventFactorUsed:       "did.factor-used",
	tollkeeper.EventFactorChanged:    "did.factor-changed",
	tollkeeper.EventFactorRenamed:    "did.factor-renamed",
	tollkeeper.EventPasskeyCopied:    "did.passkey-copied",
	tollkeeper.EventRecoveryCodeUsed: "did.recovery-code-used",
	tollkeeper.EventCodeUsed:         "did.code-used",
	tollkeeper.EventLinkUsed:         "did.link-used",
	tollkeeper.EventIdentityLinked:   "did.identity-linked",
	tollkeeper.EventIdentityRemoved:  "did.identity-removed",
	tollkeeper.EventReauthenticated:  "did.proved",
	tollkeeper.EventSignOut:          "did.sign-out",
	tollkeeper.EventSignUp:           "did.sign-up",
	tollkeeper.EventSignUpTried:      "did.sign-up-tried",
	tollkeeper.EventAccountCreated:   "did.created",
	tollkeeper.EventRefreshed:        "did.refreshed",
	tollkeeper.EventRefreshReused:    "did.refresh-reused",
	tollkeeper.EventUnlocked:         "did.unlocked",
	tollkeeper.EventSessionsEnded:    "did.sessions-ended",
	tollkeeper.EventPasswordChanged:  "did.password-changed",
	tollkeeper.EventPasswordRehashed: "did.password-rehashed",
	tollkeeper.EventResetAsked:       "did.reset-asked",
	tollkeeper.EventEmailVerified:    "did.email-verified",
	tollkeeper.EventEmailProven:      "did.email-proven",
	tollkeeper.EventEmailDisowned:    "did.email-disowned",
	tollkeeper.EventEmailChanged:     "did.email-changed",
	tollkeeper.EventUsernameChanged:  "did.username-changed",
	tollkeeper.EventProfileChanged:   "did.profile-changed",
	tollkeeper.EventMetadataChanged:  "did.metadata-changed",
	tollkeeper.EventRoleChanged:      "did.role-changed",
	tollkeeper.EventStatusChanged:    "did.status-changed",
	tollkeeper.EventMailSent:         "did.mail-sent",
	tollkeeper.EventMailFailed:       "did.mail-failed",
	tollkeeper.EventMailDropped:      "did.mail-dropped",
	tollkeeper.EventAccountsImported: "did.created",
	tollkeeper.EventAccountsExported: "did.exported",
}

const eventsShown = 25

// showActivity is the own log, the newest first.
func showActivity(v *page.Visit) (page.Screen, string) {
	p, err := v.Auth.Events(v.R.Context(), v.By, tollkeeper.EventQuery{Account: v.By.Account, Limit: eventsShown, Cursor: v.Asked("after")})
	if err != nil {
		return broken(v, activityPath, err), ""
	}
	t := &page.Table{
		Caption: v.T("account.activity"), Empty: v.T("activity.none"),
		Columns: []page.Column{{Text: v.T("activity.when")}, {Text: v.T("activity.what")}, {Text: v.T("sessions.place")}},
	}
	for i := range p.Events {
		e := &p.Events[i]
		what := page.Cell{Text: v.T(cmp.Or(did[e.Name], "did.other"))}
		if e.By != (tollkeeper.Event{}).By && e.By != v.By.Account {
			what.Soft = v.T("activity.by-another")
		}
		t.Rows = append(t.Rows, page.Row{Cells: []page.Cell{moment(v, e.At), what, {Text: placeOf(v, e.Network)}}})
	}
	if v.Asked("after") != "" {
		t.Pages = append(t.Pages, v.Link(activityPath, v.T("activity.newest")))
	}
	if p.Next != "" {
		t.Pages = append(t.Pages, page.Link{URL: v.URL(activityPath) + "?" + url.Values{"after": {p.Next}}.Encode(), Text: v.T("activity.older")})
	}
	return ofAccount(v, activityPath, page.Screen{Lead: []string{v.T("activity.lead")}, Sections: []page.Section{{Table: t}}}), ""
}
