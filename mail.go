package tollkeeper

import (
	"context"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/language"
	"github.com/tollkeeper/tollkeeper/internal/letter"
	"github.com/tollkeeper/tollkeeper/internal/random"
	"github.com/tollkeeper/tollkeeper/store"
)

// Mailer delivers one message. It may be called from several goroutines. An error means: try again later, while the
// mail is worth it. One with a method Permanent() bool that returns true, itself or wrapped, means: never try this mail
// again. Its text is logged, without the mail's address and secret, in any letter case and escaped as in URLs or JSON.
// A mailer that fails, hangs or panics never changes an answer. It delays its own mail, and other mail only while eight
// calls of a process hang at once: each is left behind after twenty seconds, and its place goes to what is due longest.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// MailerFunc makes a Mailer of a function.
type MailerFunc func(ctx context.Context, m Message) error

// Send calls f.
func (f MailerFunc) Send(ctx context.Context, m Message) error { return f(ctx, m) }

// Message is one mail, ready to send. No field holds CR, LF or NUL but Text and HTML.
type Message struct {
	ID       string // of the outbox row, the same when it is sent again: a Message-ID without its domain
	Kind     MailKind
	To       string // one address, as the account holder typed it
	Language string // that it is written in, a tag: for a header Content-Language
	Subject  string
	Text     SecretText
	HTML     SecretText
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
	argAsked    = "asked"      // when, in Unix milliseconds
	argSettings = "settings"   // of an organization that were dropped: not empty
	argCounted  = "counted"    // against Limits.Mail, by an earlier try: not empty
	argOwner    = "owner"      // of a notice to who has shown that the mailbox is theirs: not empty
	argCode     = "code"       // beside a link: not empty
	argSignUp   = "sign-up"    // the scope, as submitted, in which whom nobody knows may sign up; empty: they get nothing
	argTyped    = "typed"      // their address, as they wrote it
	argLanguage = "language"   // of the mails that the request prefers; empty: none of them
)

const (
	resetTTL     = 30 * time.Minute
	shortLinkTTL = 15 * time.Minute
	longLinkTTL  = 24 * time.Hour
)

// outgoing is a mail before it is rendered.
type outgoing struct {
	to      string
	lang    string
	secrets []store.Secret // to be stored before it is sent
	values  []string       // that it shows and nobody else may: what the secrets are the digests of
	data    letter.Data
}

// newMail is a row of the outbox that is due now. What a client asks for is [Authenticator.askedMail].
func newMail(kind MailKind, l store.Lookup, now time.Time) store.QueuedMail {
	args := map[string]string{argAsked: strconv.FormatInt(now.UnixMilli(), 10)}
	return store.QueuedMail{ID: newID(), Kind: kind, Lookup: l, DueAt: now, Args: args}
}

// letterFor decides what the account is told. False: nothing, because it is not active or there is nothing left to do.
func (a *Authenticator) letterFor(s Subject, m store.QueuedMail) (outgoing, bool) {
	now, refused := a.now(), admitMail(s) != nil && m.Kind != MailNotice
	s.Organization = inNameOf(s)
	out := a.addressed(s, m)
	if out.to == "" || refused {
		return out, false
	}
	switch m.Kind {
	case MailSignInCode:
		a.addCode(&out, s, m, now)
	case MailSignInLink:
		a.addLink(&out, s, m, now)
	case MailReset:
		token := random.Token()
		out.seal(a.mailed(s, store.PurposeReset, "", token, resetTTL, now), token)
		out.data.Link = a.links(s, a.linksOf(s).Reset, resetPage(s), "").Link(token)
	case MailSignUpTried:
		token := random.Token()
		out.seal(a.mailed(s, store.PurposeReset, "", token, resetTTL, now), token)
		out.data.Link = a.links(s, a.linksOf(s).Reset, resetPage(s), "").Link(token)
		out.data.SignIn = a.signInPage(s)
	case MailVerify:
		if !s.Account.EmailProvenAt.IsZero() {
			return out, false
		}
		token, ttl := random.Token(), longLinkTTL
		if m.Args[argAudience] == string(AudienceOrganization) {
			token, ttl = random.ShortToken(), shortLinkTTL
		}
		out.seal(a.mailed(s, store.PurposeVerify, "", token, ttl, now), token)
		out.data.Link = a.verifyLinks(s, m.Args[argPath]).Link(token)
	case MailChangeEmail:
		if overtaken(m, s.Account) {
			return out, false
		}
		token := random.Token()
		out.seal(a.mailed(s, store.PurposeChangeEmail, "", token, resetTTL, now), token)
		out.secrets[0].Address = m.To
		out.data.Link = a.links(s, a.linksOf(s).ChangeEmail, "", m.Args[argPath]).Link(token)
	case MailNotice, MailCreditAlert:
		out.tell(m)
	default:
		return out, false
	}
	for i := range out.secrets {
		out.secrets[i].Mail = m.ID
	}
	if len(out.secrets) > 0 {
		out.data.Lifetime = language.Duration(out.lang, out.secrets[0].ExpiresAt.Sub(out.secrets[0].CreatedAt))
	}
	return out, true
}

// seal gives the mail a secret, and what that is the digest of.
func (o *outgoing) seal(x store.Secret, value string) {
	o.secrets, o.values = append(o.secrets, x), append(o.values, value)
}

// tell gives a notice or alert what it says.
func (o *outgoing) tell(m store.QueuedMail) {
	o.data.Notice, o.data.Network, o.data.Level = m.Args[argNotice], m.Args[argNetwork], m.Args[argLevel]
	if at, err := time.Parse(time.RFC3339, m.Args[argTime]); err == nil {
		o.data.Time = language.DateTime(o.lang, at)
	}
	if n, err := strconv.ParseInt(m.Args[argCredits], 10, 64); err == nil {
		o.data.Credits = language.Number(o.lang, n)
	}
	o.data.DroppedPassword = m.Args[argPassword] != ""
	o.data.DroppedIdentities, _ = strconv.Atoi(m.Args[argLinked])
	o.data.DroppedKey, o.data.DroppedSettings = m.Args[argKey] != "", m.Args[argSettings] != ""
}

// addLink gives the mail a link to sign in with, and a code beside it where that was asked for.
func (a *Authenticator) addLink(out *outgoing, s Subject, m store.QueuedMail, now time.Time) {
	token := linkToken()
	out.seal(a.mailed(s, store.PurposeSignIn, boundLink, token, SignInLinkTTL, now), token)
	out.data.Link = a.links(s, a.linksOf(s).SignInLink, "", m.Args[argPath]).Link(token)
	if m.Args[argCode] != "" {
		a.addCode(out, s, m, now)
	}
}

// addCode gives the mail a code to sign in with, which whoever asked has tries of their own at.
func (a *Authenticator) addCode(out *outgoing, s Subject, m store.QueuedMail, now time.Time) {
	out.showCode(random.Code())
	x := a.mailed(s, store.PurposeSignIn, s.Account.EmailKey, out.data.Code, CodeTTL, now)
	_, _ = hex.Decode(x.Asker[:], []byte(m.Args[argAsker]))
	out.seal(x, out.data.Code)
}

// showCode makes the code the only number of six digits in the mail.
func (o *outgoing) showCode(code string) {
	o.data = o.data.WithoutNumbers()
	o.data.Code, o.data.CodeLifetime = code, language.Duration(o.lang, CodeTTL)
}

// inNameOf returns the organization in whose name a mail goes, and to whose pages its links lead: that of the account's
// own scope, which is its parent's. Nil: the host's own. A root account is the host's, whoever's organization it owns
// or belongs to: the link to a tenant's account leads to no other tenant's page (SECURITY.md N22). Until the parent has
// proven its own mailbox, nothing that it chose stands in a mail (N10).
func inNameOf(s Subject) *Organization {
	if !s.Child() || s.Parent == nil || s.Parent.EmailProvenAt.IsZero() {
		return nil
	}
	return s.Organization
}

// addressed says to whom a mail goes and from whom it comes. A name that is a link or an essay is left out.
func (a *Authenticator) addressed(s Subject, m store.QueuedMail) outgoing {
	out := outgoing{to: m.To, lang: a.languageOf(s.Account, m), data: letter.Data{Product: a.cfg.Product}}
	if out.to == "" {
		out.to = s.Account.Email // the stored address, never the request's spelling (R31)
	}
	if o := s.Organization; o != nil {
		out.data.Organization, out.data.OrganizationURL = letter.Name(o.Name), o.URL
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

// verifyLinks leads to what the request asked for, on the pages of whoever writes, or to the page of the organization.
func (a *Authenticator) verifyLinks(s Subject, asked string) letter.Links {
	if checkVerifyPath(asked, &s, a.cfg.BaseURL) != nil {
		asked = "" // on pages of an organization that this mail does not come from
	}
	page := ""
	if s.Organization != nil {
		page = s.Organization.AuthURLs.Verify
	}
	return a.links(s, a.linksOf(s).Verify, page, asked)
}

// resetPage is the page of the organization in whose name the mail goes; empty: the host's.
func resetPage(s Subject) string {
	if s.Organization == nil {
		return ""
	}
	if u := s.Organization.AuthURLs.Update; u != "" {
		return u
	}
	return s.Organization.AuthURLs.Reset
}

// signInPage is where the account's owner signs in: on the page of the organization in whose name the mail goes, else
// at the host.
func (a *Authenticator) signInPage(s Subject) string {
	if s.Organization != nil && s.Organization.AuthURLs.SignIn != "" {
		return s.Organization.AuthURLs.SignIn
	}
	return a.cfg.BaseURL + a.linksOf(s).SignIn
}

// linksOf are the host's pages for the accounts of its scope.
func (a *Authenticator) linksOf(s Subject) Links {
	if s.Account.Parent == Root {
		return a.cfg.Mail.in(Tenants)
	}
	return a.cfg.Mail.in(Under(s.Account.Parent))
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
	noticeCopied   = "copied"
)

// notice is the mail that goes, in the same step as the change, to the account's address as it was before it. What an
// owner is told counts apart from what strangers may cause.
func (a *Authenticator) notice(s Subject, what string) []store.QueuedMail {
	if a.cfg.Mail.Notices.Off || s.Account.Email == "" {
		return nil
	}
	m := newMail(MailNotice, store.Lookup{ID: s.Account.ID}, a.now())
	m.To, m.Args[argNotice] = s.Account.Email, what
	if !s.Account.EmailProvenAt.IsZero() {
		m.Args[argOwner] = "proven"
	}
	return []store.QueuedMail{m}
}

// noticeOf is the notice of what a first proof dropped, with the way to a password. It is an owner's: by that proof.
func (a *Authenticator) noticeOf(s Subject, d Dropped) []store.QueuedMail {
	mail := a.notice(s, noticeDropped)
	for _, m := range mail {
		m.Args[argOwner], m.Args[argLinked] = "proves", strconv.Itoa(len(d.Identities))
		if d.Password {
			m.Args[argPassword] = "dropped"
		}
		if d.TenantKey {
			m.Args[argKey] = "replaced"
		}
		if d.Organization {
			m.Args[argSettings] = "dropped"
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
		m.Args[argNetwork], m.Args[argTime] = session.Network, session.CreatedAt.UTC().Format(time.RFC3339)
		a.queueBestEffort(ctx, m)
	}
}
