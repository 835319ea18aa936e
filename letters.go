package tollkeeper

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/random"
	"github.com/tollkeeper/tollkeeper/store"
)

// Keys of QueuedMail.Args.
const (
	argAudience = "audience"
	argPath     = "path"
	argNotice   = "notice"
	argNetwork  = "network"
	argTime     = "time"
	argLevel    = "level"
	argCredits  = "credits"
	argEpoch    = "epoch"
	argFrom     = "from"
)

const (
	resetTTL     = 30 * time.Minute
	shortLinkTTL = 15 * time.Minute
	longLinkTTL  = 24 * time.Hour
)

// letter is a mail before it is rendered.
type letter struct {
	to     string
	secret store.Secret // to be stored before it is sent; zero: none
	data   letterData
}

// letterData is what templates may use. Everything in it is data: HTML templates escape it.
type letterData struct {
	Product         string // Config.Product
	Organization    string // name of the organization whose account it is; may be empty
	OrganizationURL string
	Code            string
	Link            string
	Lifetime        string // how long code or link is good for: "30 minutes"
	Notice          string // "password", "role", "email", "factor", "network", "reuse"
	Network, Time   string // of a sign-in
	Level, Credits  string // of an alert
}

// letterFor decides what the account is told. False: nothing, because it is not active or the matter is settled.
func (a *Authenticator) letterFor(s Subject, m store.QueuedMail) (letter, bool) {
	now := a.now()
	l := letter{to: m.To, data: letterData{Product: a.cfg.Product}}
	if l.to == "" {
		l.to = s.Account.Email // the stored address, never the request's spelling (R31)
	}
	if o := s.Organization; o != nil && (s.Account.Organization == nil || !s.Account.EmailVerifiedAt.IsZero()) {
		l.data.Organization, l.data.OrganizationURL = o.Name, o.URL
	}
	if l.to == "" || admitMail(s) != nil && m.Kind != MailNotice {
		return l, false
	}
	switch m.Kind {
	case MailSignInCode:
		l.data.Code = random.Code()
		l.secret = a.mailed(s, store.PurposeSignIn, s.Account.EmailKey, l.data.Code, CodeTTL, now)
		l.data.Organization = withoutNumbers(l.data.Organization) // the code is the only six-digit number in the mail
		l.data.Product, l.data.OrganizationURL = withoutNumbers(l.data.Product), withoutNumbers(l.data.OrganizationURL)
	case MailReset:
		token := random.Token()
		l.secret = a.mailed(s, store.PurposeReset, "", token, resetTTL, now)
		l.data.Link = a.link(s, "", resetPage(s), a.cfg.Mail.Links.Reset, token)
	case MailVerify:
		token, ttl := random.Token(), longLinkTTL
		if m.Args[argAudience] == string(AudienceOrganization) {
			token, ttl = random.ShortToken(), shortLinkTTL
		}
		l.secret = a.mailed(s, store.PurposeVerify, "", token, ttl, now)
		l.data.Link = a.link(s, m.Args[argPath], verifyPage(s), a.cfg.Mail.Links.Verify, token)
		if !s.Account.EmailVerifiedAt.IsZero() {
			return l, false
		}
	case MailChangeEmail:
		if overtaken(m, s.Account) {
			return l, false
		}
		token := random.Token()
		l.secret = a.mailed(s, store.PurposeChangeEmail, "", token, resetTTL, now)
		l.secret.Address = m.To
		l.data.Link = a.link(s, "", "", a.cfg.Mail.Links.ChangeEmail, token)
	case MailNotice, MailCreditAlert:
		l.data.Notice, l.data.Network, l.data.Time = m.Args[argNotice], m.Args[argNetwork], m.Args[argTime]
		l.data.Level, l.data.Credits = m.Args[argLevel], m.Args[argCredits]
	default:
		return l, false
	}
	l.data.Lifetime = lifetime(l.secret.ExpiresAt.Sub(l.secret.CreatedAt))
	return l, true
}

// overtaken reports whether the account changed since this mail was queued; its link must not be issued.
func overtaken(m store.QueuedMail, x Account) bool {
	return m.Kind == MailChangeEmail && (m.Args[argEpoch] != epochText(x) || m.Args[argFrom] != x.EmailKey)
}

// epochText is how a mail that waits names the state of the account that it was asked in.
func epochText(x Account) string { return strconv.FormatInt(x.Epoch, 10) }

// lifetime says a duration as people do. Those of the library are whole minutes or hours, above one.
func lifetime(d time.Duration) string {
	if d >= 2*time.Hour {
		return strconv.Itoa(int(d/time.Hour)) + " hours"
	}
	return strconv.Itoa(int(d/time.Minute)) + " minutes"
}

// admitMail: who may not sign in, gets no way in by mail.
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

func verifyPage(s Subject) string {
	if s.Organization == nil {
		return ""
	}
	return s.Organization.AuthURLs.Verify
}

// resetPage is the page of whose accounts it is. An organization's owner goes to the host's: whoever signed up with his address
// may have set the pages before anyone had shown to own it (R34), and the link opens the account.
func resetPage(s Subject) string {
	if s.Organization == nil || s.Account.Organization != nil {
		return ""
	}
	if u := s.Organization.AuthURLs.Update; u != "" {
		return u
	}
	return s.Organization.AuthURLs.Reset
}

// link points to: what the request asked for (checked when it came, against the organization's origin), else the
// organization's own page, else the configured one below BaseURL. Its secret is in the parameter "token".
func (a *Authenticator) link(s Subject, asked, page, fallback, token string) string {
	target := a.cfg.BaseURL + fallback
	if page != "" {
		target = page
	}
	if asked != "" {
		target = asked
		if strings.HasPrefix(asked, "/") {
			target = a.originOf(s) + asked
		}
	}
	u, err := url.Parse(target)
	if err != nil {
		u, _ = url.Parse(a.cfg.BaseURL + fallback)
	}
	q := u.Query()
	q.Set("token", token)
	u.RawQuery = q.Encode()
	return u.String()
}

// originOf answers scheme and host of the organization's pages, or BaseURL.
func (a *Authenticator) originOf(s Subject) string {
	if s.Organization == nil || s.Organization.URL == "" {
		return a.cfg.BaseURL
	}
	u, err := url.Parse(s.Organization.URL)
	if err != nil {
		return a.cfg.BaseURL
	}
	return u.Scheme + "://" + u.Host
}

var sixDigits = regexp.MustCompile(`[0-9]{6,}`)

func withoutNumbers(s string) string { return sixDigits.ReplaceAllString(s, "…") }
