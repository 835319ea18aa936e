package tollkeeper

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper/store"
)

// What a notice tells (R36). None holds a secret or a link to follow.
const (
	noticePassword = "password"
	noticeRole     = "role"
	noticeEmail    = "email"
	noticeFactor   = "factor"
	noticeNetwork  = "network"
	noticeReuse    = "reuse"
)

// notice is the mail that goes, in the same step as the change, to the account's address as it was before it.
func (a *Authenticator) notice(s Subject, what string) []store.QueuedMail {
	if a.cfg.Mail.Notices.Off || s.Account.Email == "" {
		return nil
	}
	return []store.QueuedMail{{
		ID: newID(), Kind: MailNotice, Lookup: store.Lookup{ID: s.Account.ID}, To: s.Account.Email, DueAt: a.now(),
		Args: map[string]string{argNotice: what},
	}}
}

var noticeSpace = uuid.MustParse("b8b3a1a4-0a75-5d0e-9d3f-3ad9d5d3c2a7")

// noticeNewNetwork tells the owner of a sign-in from a network not seen before: at most one mail per account, network and day.
func (a *Authenticator) noticeNewNetwork(ctx context.Context, s Subject, session Session) {
	if a.cfg.Mail.Notices.NewNetworkOff || session.Network == "" {
		return
	}
	for _, m := range a.notice(s, noticeNetwork) {
		day := session.CreatedAt.Format(time.DateOnly)
		m.ID = uuid.NewSHA1(noticeSpace, []byte(s.Account.ID.String()+session.Network+day))
		m.Args[argNetwork], m.Args[argTime] = session.Network, session.CreatedAt.Format("2 January 2006, 15:04 UTC")
		a.queueBestEffort(ctx, m)
	}
}
