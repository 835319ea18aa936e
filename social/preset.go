package social

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/tollkeeper/tollkeeper"
)

// preset is what is particular about an issuer.
type preset struct {
	name, label string
	scopes      []string
	parameters  url.Values // of the authorization request, besides
	vouches     func(Address) bool
	silentIsNo  bool      // an address of which it does not say that it is verified is none
	style       style     // of the token endpoint. Zero: as discovery says
	spent       []string  // errors of the token endpoint that mean a code of no worth, besides invalid_grant
	formPost    bool      // it posts its answer
	postsName   bool      // with a name in the field user
	noNonce     bool      // its ID tokens have none
	noPKCE      bool      // its token endpoint refuses a verifier
	tenants     *tenants  // of Microsoft; nil: it is one issuer
	secrets     clientKey // makes client secrets; nil: [Config].ClientSecret says them
}

// with is the preset as the host changes it.
func (p preset) with(c Config) preset {
	p.name, p.label = cmp.Or(c.Name, p.name), cmp.Or(c.Label, p.label, c.Name)
	if c.Vouches != nil {
		p.vouches = c.Vouches
	}
	if c.Scopes != nil {
		p.scopes = slices.Clone(c.Scopes)
	}
	if p.scopes == nil {
		p.scopes = []string{"openid", "email", "profile"}
	}
	return p
}

func (p preset) naming() tollkeeper.IssuerAbout {
	return tollkeeper.IssuerAbout{Name: p.name, Label: p.label}
}

// address is what counts of an address, and whether the issuer vouches for it. denied: it says itself that it is not
// verified.
func (p preset) address(a Address, denied bool) (email string, vouched bool) {
	if a.Email == "" || denied {
		return "", false
	}
	return a.Email, p.vouches(a)
}

// Named is an issuer of this package: a [Verifier] or a [Provider].
type Named interface {
	tollkeeper.Issuer
	Issuer() string
}

// Issuers returns the issuers by their names, for [tollkeeper.Social].Issuers.
func Issuers(list ...Named) map[string]tollkeeper.IDTokenVerifier {
	m := make(map[string]tollkeeper.IDTokenVerifier, len(list))
	for _, i := range list {
		m[i.Issuer()] = i
	}
	return m
}

// Google is Google. It vouches for every address that it says is verified, as the documented routes need it; for
// addresses that are neither of gmail.com nor of a Workspace it verified them once and does not know who owns them now.
// A host whose accounts are worth more asks for [Authoritative].
func Google(c Config) (*Verifier, error) {
	p := preset{name: "google", label: "Google", vouches: IfVerified, silentIsNo: true, style: inParams}
	return newVerifier(c, cmp.Or(c.Issuer, tollkeeper.IssuerGoogle), p)
}

// GitLabIssuer is the name of gitlab.com.
const GitLabIssuer = "https://gitlab.com"

// GitLab is gitlab.com, or with [Config].Issuer another GitLab. That of gitlab.com vouches for the addresses that it
// says are verified; another one for none, because its administrators say so of any.
func GitLab(c Config) (*Verifier, error) {
	p := preset{name: "gitlab", label: "GitLab", vouches: ownOnly(c, GitLabIssuer, IfVerified), silentIsNo: isOwn(c, GitLabIssuer), style: inParams}
	return newVerifier(c, cmp.Or(c.Issuer, GitLabIssuer), p)
}

// ownOnly is what a provider that is run by many vouches for: at its own address what it says, elsewhere nothing.
func ownOnly(c Config, own string, vouches func(Address) bool) func(Address) bool {
	if isOwn(c, own) {
		return vouches
	}
	return Never
}

func isOwn(c Config, own string) bool { return c.Issuer == "" || c.Issuer == own }

// LinkedInIssuer is the name of LinkedIn.
const LinkedInIssuer = "https://www.linkedin.com/oauth"

// LinkedIn is LinkedIn. It vouches for the primary address where it says that it is verified.
//
// Its ID tokens have no nonce, and its token endpoint refuses clients with a secret that send a PKCE verifier. What
// binds a code to the browser is then state and the ticket alone: who can read somebody else's code before it is used,
// from the redirect, could put it into a flow of their own. The code is good for one redirect URL and to holders of the
// secret.
func LinkedIn(c Config) (*Verifier, error) {
	p := preset{name: "linkedin", label: "LinkedIn", vouches: IfVerified, silentIsNo: true, style: inParams, noNonce: true, noPKCE: true, spent: []string{"invalid_request"}}
	return newVerifier(c, cmp.Or(c.Issuer, LinkedInIssuer), p)
}
