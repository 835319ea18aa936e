package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
)

// issuers are those whose subjects are the same for everybody who asks, or for every client of one owner, by the
// names that systems have for them. Microsoft is not among them: its subjects are of one client.
var issuers = map[string]string{
	"google":                  tollkeeper.IssuerGoogle,
	"google.com":              tollkeeper.IssuerGoogle,
	"google-oauth2":           tollkeeper.IssuerGoogle,
	"google_oauth2":           tollkeeper.IssuerGoogle,
	"apple":                   social.AppleIssuer,
	"apple.com":               social.AppleIssuer,
	"signinwithapple":         social.AppleIssuer,
	"github":                  social.GitHubIssuer,
	"github.com":              social.GitHubIssuer,
	"gitlab":                  social.GitLabIssuer,
	"discord":                 social.DiscordIssuer,
	"facebook":                social.FacebookIssuer,
	"facebook.com":            social.FacebookIssuer,
	"linkedin_oidc":           social.LinkedInIssuer,
	"linkedin-openid-connect": social.LinkedInIssuer,
}

// nameIssuer takes NAME=URL of the command line.
func (o *output) nameIssuer(text string) error {
	name, issuer, _ := strings.Cut(text, "=")
	if u, err := url.Parse(issuer); err != nil || name == "" || u.Scheme != "https" || u.Host == "" {
		return errors.New("want NAME=https://…")
	}
	o.issuers[strings.ToLower(name)] = issuer
	return nil
}

// link adds a sign-in at a provider. One that has no issuer here stays in the metadata, and is said.
func (o *output) link(a *account, provider, subject, email string) {
	if subject == "" {
		return
	}
	issuer := o.issuers[strings.ToLower(provider)]
	if issuer == "" {
		o.note(a.who, fmt.Sprintf("the sign-in at %q has no issuer, and stays in the metadata: -issuer names one", provider))
		a.unnamed = append(a.unnamed, elsewhere{provider, subject})
		return
	}
	a.Identities = append(a.Identities, identity{issuer, subject, email})
}
