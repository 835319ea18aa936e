package tollkeeper

import (
	"cmp"
	"context"
	"slices"
)

// Issuer is an issuer to which browsers are sent, and which is asked afterwards who came back: the authorization-code
// flow of OAuth 2.0 (RFC 6749 4.1, RFC 9700) or OpenID Connect. The nested module social has those of the well-known
// providers, and package authtest one for tests. Implementations are safe for concurrent use.
type Issuer interface {
	IDTokenVerifier

	// About says what it is called.
	About() IssuerAbout

	// AuthURL says where a browser is sent. Errors are as those of VerifyIDToken.
	AuthURL(ctx context.Context, r AuthRequest) (AuthStep, error)

	// Redeem exchanges a code for what the issuer says of the person. UserInfo is nil where there is no more to ask.
	// Errors are as those of VerifyIDToken; one that is [ErrInternal] means that the host's own settings fail.
	Redeem(ctx context.Context, r Redemption) (IDToken, UserInfo, error)
}

// IssuerAbout is what an issuer is called.
type IssuerAbout struct {
	Name  string // in addresses: lower case, digits and hyphens, as "google". Empty: none
	Label string // for people, as "Google"
}

// AuthRequest is what goes to the issuer with the browser.
type AuthRequest struct {
	ClientID    string
	RedirectURL string
	State       string
	Nonce       string // for ID tokens; issuers without them leave it out
	PKCE        string // S256 of the verifier (RFC 7636 4.2)
}

// AuthStep is where a browser goes, and how it comes back.
type AuthStep struct {
	URL         string
	FormPost    bool   // the issuer's page posts a form to the redirect URL; else the browser follows a link
	Iss         string // what the parameter iss of the answer must be, where it is sent (RFC 9207). Empty: it is not looked at
	IssRequired bool   // the issuer's metadata says that it sends iss
}

// Redemption is what came back, and the halves of the proof that it is of the same flow.
type Redemption struct {
	ClientID    string
	RedirectURL string
	Code        SecretText
	Verifier    SecretText // of PKCE
	Nonce       SecretText
	User        string // the field that Apple's page posts at the first time; nobody vouches for it
}

// Provider is an issuer that a scope has turned on.
type Provider struct {
	Issuer string // a key of [Social].Issuers
	IssuerAbout
}

// Providers lists the issuers by which people of the scope can be sent to sign in, by name. Those without a name in
// addresses are left out. [ErrInvalidInput] (scope), [ErrUnknownParent], [ErrParentInactive].
func (a *Authenticator) Providers(ctx context.Context, in Scope) ([]Provider, error) {
	if err := in.check(); err != nil || in == Tenants {
		return nil, err
	}
	owner, err := a.ownerOf(ctx, in)
	if err != nil {
		return nil, err
	}
	settings := a.cfg.Social.App
	if !owner.Account.House {
		settings = nil
		if owner.Organization != nil {
			settings = owner.Organization.Issuers
		}
	}
	var list []Provider
	for _, s := range settings {
		i, begins := a.cfg.Social.Issuers[s.Issuer].(Issuer)
		if name := a.cfg.Social.name(s.Issuer); begins && s.Enabled && name != "" {
			list = append(list, Provider{s.Issuer, IssuerAbout{name, cmp.Or(i.About().Label, name)}})
		}
	}
	slices.SortFunc(list, func(p, q Provider) int { return cmp.Compare(p.Name, q.Name) })
	return list, nil
}

// IssuerName returns what addresses call an issuer. Empty: they do not.
func (a *Authenticator) IssuerName(issuer string) string { return a.cfg.Social.name(issuer) }

// IssuerNamed returns the issuer that addresses call by that name. Empty: none.
func (a *Authenticator) IssuerNamed(name string) string {
	for issuer := range a.cfg.Social.Issuers {
		if a.cfg.Social.name(issuer) == name {
			return issuer
		}
	}
	if name == googleName {
		return IssuerGoogle // people may be linked to it still
	}
	return ""
}

const googleName = "google"

// name is what addresses call the issuer. Empty: they do not.
func (s Social) name(issuer string) string {
	if name := s.Names[issuer]; name != "" {
		return name
	}
	if i, ok := s.Issuers[issuer].(Issuer); ok {
		if name := i.About().Name; name != "" {
			return name
		}
	}
	if issuer == IssuerGoogle {
		return googleName
	}
	return ""
}

// app returns the settings of an issuer for the app's own users; zero but for its name: there are none.
func (s Social) app(issuer string) IssuerSettings {
	for _, c := range s.App {
		if c.Issuer == issuer {
			return c
		}
	}
	return IssuerSettings{Issuer: issuer}
}

// isApps reports whether the client is that of the app's own users.
func (s Social) isApps(c IssuerSettings) bool {
	app := s.app(c.Issuer)
	return app.Enabled && app.ClientID == c.ClientID
}
