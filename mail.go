package tollkeeper

import (
	"context"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/letter"
	"github.com/tollkeeper/tollkeeper/internal/random"
	"github.com/tollkeeper/tollkeeper/store"
)

// Mailer delivers one message. It may be called from several goroutines. An error means: try again later. A mailer that
// fails, hangs or panics delays its own mail only; it never changes an answer.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// MailerFunc makes a Mailer of a function.
type MailerFunc func(ctx context.Context, m Message) error

// Send calls f.
func (f MailerFunc) Send(ctx context.Context, m Message) error { return f(ctx, m) }

// Message is one mail, ready to send. No field holds CR, LF or NUL but Text and HTML.
type Message struct {
	ID      string // of the outbox row, the same when it is sent again: a Message-ID without its domain
	Kind    MailKind
	To      string // one address, as the account holder typed it
	Subject string
	Text    SecretText
	HTML    SecretText
}

// Keys of QueuedMail.Args.
const (
	argAudience = "audience"
	argAsker    = "asker"
	argPath     = "path"
	argNotice   = "notice"
	argNetwork  = "network"
	argTime     = "time"
	argLevel    = "level"
	argCredits  = "credits"
	argEpoch    = "epoch"
	argFrom     = "from"
	argPassword = "password"   // of a dropped one: not empty
	argLinked   = "identities" // how many were dropped
	argKey      = "key"        // of a tenant that has another one: not empty
)

const (
	resetTTL     = 30 * time.Minute
	shortLinkTTL = 15 * time.Minute
	longLinkTTL  = 24 * time.Hour
)

// outgoing is a mail before it is rendered.
type outgoing struct {
	to     string
	secret store.Secret // to be stored before it is sent; zero: none
	data   letter.Data
}

// letterFor decides what the account is told. False: nothing, because it is not active or there is nothing left to do.
func (a *Authenticator) letterFor(s Subject, m store.QueuedMail) (outgoing, bool) {
	now, out := a.now(), a.addressed(s, m)
	if out.to == "" || admitMail(s) != nil && m.Kind != MailNotice {
		return out, false
	}
	switch m.Kind {
	case MailSignInCode:
		out.data = out.data.WithoutNumbers()
		out.data.Code = random.Code()
		out.secret = a.mailed(s, store.PurposeSignIn, s.Account.EmailKey, out.data.Code, CodeTTL, now)
		_, _ = hex.Decode(out.secret.Asker[:], []byte(m.Args[argAsker]))
	case MailReset:
		token := random.Token()
		out.secret = a.mailed(s, store.PurposeReset, "", token, resetTTL, now)
		out.data.Link = a.links(s, a.cfg.Mail.Links.Reset, resetPage(s), "").Link(token)
	case MailSignUpTried:
		token := random.Token()
		out.secret = a.mailed(s, store.PurposeReset, "", token, resetTTL, now)
		out.data.Link = a.links(s, a.cfg.Mail.Links.Reset, resetPage(s), "").Link(token)
		out.data.SignIn = a.signInPage(s)
	case MailVerify:
		if !s.Account.EmailProvenAt.IsZero() {
			return out, false
		}
		token, ttl := random.Token(), longLinkTTL
		if m.Args[argAudience] == string(AudienceOrganization) {
			token, ttl = random.ShortToken(), shortLinkTTL
		}
		out.secret = a.mailed(s, store.PurposeVerify, "", token, ttl, now)
		out.data.Link = a.verifyLinks(s, m.Args[argPath]).Link(token)
	case MailChangeEmail:
		if overtaken(m, s.Account) {
			return out, false
		}
		token := random.Token()
		out.secret = a.mailed(s, store.PurposeChangeEmail, "", token, resetTTL, now)
		out.secret.Address = m.To
		out.data.Link = a.links(s, a.cfg.Mail.Links.ChangeEmail, "", "").Link(token)
	case MailNotice, MailCreditAlert:
		out.data.Notice, out.data.Network, out.data.Time = m.Args[argNotice], m.Args[argNetwork], m.Args[argTime]
		out.data.Level, out.data.Credits = m.Args[argLevel], m.Args[argCredits]
		out.data.DroppedPassword = m.Args[argPassword] != ""
		out.data.DroppedIdentities, _ = strconv.Atoi(m.Args[argLinked])
		out.data.DroppedKey = m.Args[argKey] != ""
	default:
		return out, false
	}
	out.secret.Mail = m.ID
	out.data.Lifetime = letter.Lifetime(out.secret.ExpiresAt.Sub(out.secret.CreatedAt))
	return out, true
}

// addressed says to whom a mail goes and from whom it comes. An owner's organization is named only once they have shown
// that the address is theirs: a stranger may have chosen its name.
func (a *Authenticator) addressed(s Subject, m store.QueuedMail) outgoing {
	out := outgoing{to: m.To, data: letter.Data{Product: a.cfg.Product}}
	if out.to == "" {
		out.to = s.Account.Email // the stored address, never the request's spelling (R31)
	}
	if o := s.Organization; o != nil && (s.Account.Organization == nil || !s.Account.EmailProvenAt.IsZero()) {
		out.data.Organization, out.data.OrganizationURL = o.Name, o.URL
	}
	return out
}

// overtaken reports whether the account changed since this mail was queued; its link must not be issued.
func overtaken(m store.QueuedMail, x Account) bool {
	return m.Kind == MailChangeEmail && (m.Args[argEpoch] != epochText(x) || m.Args[argFrom] != x.EmailKey)
}

// epochText is how a mail that waits names the state of the account that it was asked in.
func epochText(x Account) string { return strconv.FormatInt(x.Epoch, 10) }

// admitMail refuses who may not sign in: they get no way in by mail either.
func admitMail(s Subject) error {
	if s.Account.Status != StatusActive {
		return ErrInactive
	}
	if s.Child() {
		return admitChild(s)
	}
	return nil
}

// mailed is the row of a secret whose life starts now.
func (a *Authenticator) mailed(s Subject, p store.Purpose, bound, value string, ttl time.Duration, now time.Time) store.Secret {
	return store.Secret{
		Account: s.Account.ID, Purpose: p, Address: s.Account.EmailKey,
		Digest: a.digests.secret(p, bound, value), CreatedAt: now, ExpiresAt: now.Add(ttl),
	}
}

// verifyLinks leads to the page of the organization whose account it is, or to what the request asked for. An owner's
// stays with the host, as that of a reset does: with its token and a session, whoever signed up would prove the
// mailbox.
func (a *Authenticator) verifyLinks(s Subject, asked string) letter.Links {
	if s.Account.Organization != nil {
		s.Organization = nil
		if checkVerifyPath(asked, nil, a.cfg.BaseURL) != nil {
			asked = "" // of before there was an organization, or of an older version
		}
	}
	page := ""
	if s.Organization != nil {
		page = s.Organization.AuthURLs.Verify
	}
	return a.links(s, a.cfg.Mail.Links.Verify, page, asked)
}

// resetPage is the page of the organization whose account it is. Its owner goes to the host's: whoever signed up with
// the address may have set the pages before anyone had shown to own it (R34), and the link opens the account.
func resetPage(s Subject) string {
	if s.Organization == nil || s.Account.Organization != nil {
		return ""
	}
	if u := s.Organization.AuthURLs.Update; u != "" {
		return u
	}
	return s.Organization.AuthURLs.Reset
}

// signInPage is where the account's owner signs in: on the organization's page as resetPage has it, else at the host.
func (a *Authenticator) signInPage(s Subject) string {
	if s.Organization != nil && s.Account.Organization == nil && s.Organization.AuthURLs.SignIn != "" {
		return s.Organization.AuthURLs.SignIn
	}
	return a.cfg.BaseURL + a.cfg.Mail.Links.SignIn
}

// links says where a link of the account's mail leads: to what the request asked for, which was checked when it came,
// else to the organization's page, else to the path below Config.BaseURL.
func (a *Authenticator) links(s Subject, path, page, asked string) letter.Links {
	l := letter.Links{Base: a.cfg.BaseURL, Path: path, Page: page, Asked: asked}
	if s.Organization != nil {
		l.Site = s.Organization.URL
	}
	return l
}

// What a notice tells (R36). None holds a secret or a link to follow.
const (
	noticePassword = "password"
	noticeRole     = "role"
	noticeEmail    = "email"
	noticeFactor   = "factor"
	noticeIdentity = "identity"
	noticeNetwork  = "network"
	noticeReuse    = "reuse"
	noticeDropped  = "dropped"
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

// noticeOf is the notice of what a first proof dropped, with the way to a password.
func (a *Authenticator) noticeOf(s Subject, d Dropped) []store.QueuedMail {
	mail := a.notice(s, noticeDropped)
	for _, m := range mail {
		m.Args[argLinked] = strconv.Itoa(len(d.Identities))
		if d.Password {
			m.Args[argPassword] = "dropped"
		}
		if d.TenantKey {
			m.Args[argKey] = "replaced"
		}
	}
	return mail
}

var noticeSpace = uuid.MustParse("b8b3a1a4-0a75-5d0e-9d3f-3ad9d5d3c2a7")

// noticeNewNetwork tells the owner of a sign-in from a network not seen before: at most one mail per account, network
// and day.
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
