// Package letter writes the library's mails: what they may say, the templates and texts that say it, the links in them.
// It decides neither who gets one nor what is secret in it.
package letter

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Data is what templates may use. Everything in it is data: HTML templates escape it. Its methods are theirs, too.
type Data struct {
	Language          string // of the mail; filled in by [Templates.Render]
	Product           string // of the host
	Organization      string // name of the organization whose account it is; may be empty
	OrganizationURL   string
	Code              string
	Link              string
	SignIn            string // URL of the page to sign in
	Lifetime          string // how long code or link is good for: "30 minutes", in the language of the mail
	CodeLifetime      string // likewise, of a code beside a link
	SignUp            bool   // of what signs in: nobody has the address yet, and it makes the account
	Notice            string // "password", "role", "email", "factor", "identity", "network", "reuse", "dropped", "copied"
	Network, Time     string // of a sign-in
	DroppedPassword   bool   // of "dropped": the password is gone
	DroppedIdentities int    // likewise: so many linked sign-ins are gone
	DroppedKey        bool   // likewise: a tenant's key was replaced
	DroppedSettings   bool   // likewise: those of its organization are gone
	Level, Credits    string // of an alert: "low", "critical", "depleted", "recovered"

	texts *texts
	shown *strings.Replacer // by what texts show
}

// Letter is a mail without its address.
type Letter struct {
	Language string // that it is written in
	Subject  string // one line without control characters
	Text     string
	HTML     string
}

// Name returns what a mail calls an organization: its name, or nothing where that is a link, an address or an essay: a
// dot between two characters, an @, "://", or more than 64 characters. Whoever chooses it writes to nobody with it.
func Name(s string) string {
	if utf8.RuneCountInString(s) > 64 || linkLike.MatchString(s) {
		return ""
	}
	return s
}

var linkLike = regexp.MustCompile(`@|://|[^\s.][.。．｡][^\s.]`)

var sixDigits = regexp.MustCompile(`[0-9]{6,}`)

// WithoutNumbers returns d with an ellipsis for every run of six or more digits in the names and the URL, so that a
// code is the only six-digit number in its mail.
func (d Data) WithoutNumbers() Data {
	for _, name := range []*string{&d.Product, &d.Organization, &d.OrganizationURL} {
		*name = sixDigits.ReplaceAllString(*name, "…")
	}
	return d
}
