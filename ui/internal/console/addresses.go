package console

import (
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// address is one of an organization's, by the field in which it is typed.
type address struct {
	field, label string
	in           func(*tollkeeper.Organization) *string
}

// addresses are the organization's own and those of its pages, in the order of the form. The first one decides about
// the others.
var addresses = []address{
	{"url", "organization.url", func(o *tollkeeper.Organization) *string { return &o.URL }},
	{"sign-in", "organization.sign-in", func(o *tollkeeper.Organization) *string { return &o.AuthURLs.SignIn }},
	{"sign-up", "organization.sign-up", func(o *tollkeeper.Organization) *string { return &o.AuthURLs.SignUp }},
	{"verify", "organization.verify", func(o *tollkeeper.Organization) *string { return &o.AuthURLs.Verify }},
	{"reset", "organization.reset", func(o *tollkeeper.Organization) *string { return &o.AuthURLs.Reset }},
	{"update", "organization.update", func(o *tollkeeper.Organization) *string { return &o.AuthURLs.Update }},
	{"resend", "organization.resend", func(o *tollkeeper.Organization) *string { return &o.AuthURLs.Resend }},
	{"successful", "organization.successful", func(o *tollkeeper.Organization) *string { return &o.AuthURLs.Successful }},
}

// verdict is what the rules of the core (docs/WIRE.md 1.2) say of an address, as the key of a text.
type verdict string

const (
	addressUnset    verdict = "check.unset"
	addressGood     verdict = "check.good"
	addressNone     verdict = "check.no-address"
	addressInsecure verdict = "check.no-https"
	addressParts    verdict = "check.parts"
	addressAlone    verdict = "check.no-domain"
	addressOutside  verdict = "check.outside"
)

func (v verdict) bad() bool { return v != addressUnset && v != addressGood }

// judge looks at an address of an organization. Nothing is sent anywhere: what is judged is the text.
func judge(o *tollkeeper.Organization, a address) verdict {
	text := *a.in(o)
	if text == "" {
		return addressUnset
	}
	u, ok := canon.WebURL(text)
	if !ok {
		return unreadable(text)
	}
	if a.field == "url" {
		if u.RawQuery != "" || u.Fragment != "" {
			return addressParts
		}
		return addressGood
	}
	home, ok := canon.WebURL(o.URL)
	switch {
	case !ok || o.URL == "":
		return addressAlone
	case !canon.Under(u.Hostname(), home.Hostname()):
		return addressOutside
	}
	return addressGood
}

// unreadable says why an address is none.
func unreadable(text string) verdict {
	u, err := url.Parse(text)
	if err == nil && strings.EqualFold(u.Scheme, "http") && u.Hostname() != "" {
		return addressInsecure
	}
	return addressNone
}
