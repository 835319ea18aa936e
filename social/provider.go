package social

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// Provider is a [tollkeeper.Issuer] that speaks OAuth 2 and has no ID tokens: it is asked by its own API who somebody
// is. It is safe for concurrent use and needs no closing.
type Provider struct {
	desk
	preset
	issuer   string
	authPage string
	tokenURL string
	who      func(ctx context.Context, p *Provider, k key) (tollkeeper.IDToken, tollkeeper.UserInfo, error)
	api      string // where the API begins
}

var _ tollkeeper.Issuer = (*Provider)(nil)

// key opens the API.
type key struct{ access, secret string }

var errNoIDToken = errors.New("social: the provider has no ID tokens")

func newProvider(c Config, p Provider) (*Provider, error) {
	p.preset = p.with(c)
	p.noNonce = true
	var err error
	if p.desk, err = newDesk(c); err != nil {
		return nil, err
	}
	for _, address := range []string{p.issuer, p.authPage, p.tokenURL, p.api} {
		if !upstream.Secure(address) {
			return nil, errors.New("social: Config.Issuer must be an https URL, or an http one of localhost")
		}
	}
	return &p, nil
}

// Issuer returns the name of the provider: its key in [tollkeeper.Social].Issuers, and in settings.
func (p *Provider) Issuer() string { return p.issuer }

// About says what the provider is called.
func (p *Provider) About() tollkeeper.IssuerAbout { return p.naming() }

// VerifyIDToken refuses every token: the provider has none.
func (p *Provider) VerifyIDToken(context.Context, string, string, string) (tollkeeper.IDToken, error) {
	return tollkeeper.IDToken{}, errNoIDToken
}

// AuthURL says where a browser is sent. What the provider calls itself in its answers (RFC 9207) is not looked at: no
// other issuer has its redirect URL.
func (p *Provider) AuthURL(_ context.Context, r tollkeeper.AuthRequest) (step tollkeeper.AuthStep, err error) {
	step.URL, err = p.authURL(p.authPage, r)
	return step, err
}

// Redeem exchanges a code for an access token, asks who it speaks for, and forgets it.
func (p *Provider) Redeem(ctx context.Context, r tollkeeper.Redemption) (tollkeeper.IDToken, tollkeeper.UserInfo, error) {
	secret, err := p.clientSecret(ctx, r.ClientID)
	if err != nil {
		return tollkeeper.IDToken{}, nil, err
	}
	tokens, err := p.tokens(ctx, exchange{
		url: p.tokenURL, clientID: r.ClientID, secret: secret, redirect: r.RedirectURL, code: string(r.Code), verifier: string(r.Verifier),
		style: inParams, spent: p.spent,
	})
	if err != nil {
		return tollkeeper.IDToken{}, nil, err
	}
	if tokens.Access == "" {
		return tollkeeper.IDToken{}, nil, because(tollkeeper.ErrUpstream, errors.New("the provider gave no access token"))
	}
	who, more, err := p.who(ctx, p, key{string(tokens.Access), secret})
	if err == nil && (who.Subject == "" || len(who.Subject) > 255 || canon.HasControl(who.Subject)) {
		err = because(tollkeeper.ErrUpstream, errSubject)
	}
	if err != nil {
		return tollkeeper.IDToken{}, nil, err
	}
	return who, more, nil
}

// GitHubIssuer is the name of github.com.
const GitHubIssuer = "https://github.com"

// GitHub is github.com, or with [Config].Issuer a GitHub Enterprise Server. A person's id there is a number, which
// stays when they change their name. It vouches for the primary address if it says that it is verified; an Enterprise
// Server vouches for none. It is asked for addresses only where they decide.
func GitHub(c Config) (*Provider, error) {
	issuer := cmp.Or(c.Issuer, GitHubIssuer)
	p := Provider{
		preset: preset{
			name: "github", label: "GitHub", scopes: []string{"read:user", "user:email"}, vouches: ownOnly(c, GitHubIssuer, IfVerified), spent: []string{"bad_verification_code", "unverified_user_email"},
		},
		issuer: issuer, authPage: issuer + "/login/oauth/authorize", tokenURL: issuer + "/login/oauth/access_token", api: issuer + "/api/v3", who: gitHubUser,
	}
	if issuer == GitHubIssuer {
		p.api = "https://api.github.com"
	}
	return newProvider(c, p)
}

func gitHubUser(ctx context.Context, p *Provider, k key) (tollkeeper.IDToken, tollkeeper.UserInfo, error) {
	var u struct {
		ID    json.Number `json:"id"`
		Login words       `json:"login"`
		Name  words       `json:"name"`
	}
	if err := p.ask(ctx, p.api+"/user", k.access, &u); err != nil {
		return tollkeeper.IDToken{}, nil, err
	}
	id, err := strconv.ParseInt(u.ID.String(), 10, 64)
	if err != nil || id <= 0 {
		return tollkeeper.IDToken{}, nil, because(tollkeeper.ErrUpstream, errSubject)
	}
	t := tollkeeper.IDToken{Subject: strconv.FormatInt(id, 10), Name: string(cmp.Or(u.Name, u.Login))}
	return t, func(ctx context.Context) (tollkeeper.IDToken, error) { return p.gitHubAddress(ctx, k, t) }, nil
}

// gitHubAddress adds the primary address.
func (p *Provider) gitHubAddress(ctx context.Context, k key, t tollkeeper.IDToken) (tollkeeper.IDToken, error) {
	var list []struct {
		Email    words `json:"email"`
		Primary  truth `json:"primary"`
		Verified truth `json:"verified"`
	}
	if err := p.ask(ctx, p.api+"/user/emails", k.access, &list); err != nil {
		return tollkeeper.IDToken{}, err
	}
	for _, e := range list {
		if e.Primary == yes {
			t.Email, t.EmailVerified = p.address(Address{Email: string(e.Email), Verified: e.Verified == yes}, e.Verified != yes)
		}
	}
	return t, nil
}

// DiscordIssuer is the name of Discord.
const DiscordIssuer = "https://discord.com"

// Discord is Discord. It vouches for the address if it says that it is verified.
func Discord(c Config) (*Provider, error) {
	issuer := cmp.Or(c.Issuer, DiscordIssuer)
	return newProvider(c, Provider{
		preset: preset{name: "discord", label: "Discord", scopes: []string{"identify", "email"}, vouches: IfVerified},
		issuer: issuer, authPage: issuer + "/oauth2/authorize", tokenURL: issuer + "/api/oauth2/token", api: issuer + "/api", who: discordUser,
	})
}

func discordUser(ctx context.Context, p *Provider, k key) (tollkeeper.IDToken, tollkeeper.UserInfo, error) {
	var u struct {
		ID       string `json:"id"`
		Username words  `json:"username"`
		Display  words  `json:"global_name"`
		Email    words  `json:"email"`
		Verified truth  `json:"verified"`
	}
	if err := p.ask(ctx, p.api+"/users/@me", k.access, &u); err != nil {
		return tollkeeper.IDToken{}, nil, err
	}
	t := tollkeeper.IDToken{Subject: u.ID, Name: string(cmp.Or(u.Display, u.Username))}
	t.Email, t.EmailVerified = p.address(Address{Email: string(u.Email), Verified: u.Verified == yes}, u.Verified != yes)
	return t, nil, nil
}

// FacebookIssuer is the name of Facebook.
const FacebookIssuer = "https://www.facebook.com"

// Facebook is Facebook Login, asked by the Graph API: Facebook calls its OpenID Connect flow for the web a test still.
// A person's id is of one app. It vouches for no address: it says of none that it is verified. Addresses have no
// version in them, so that none runs out; every request proves by the secret that it is the app's own
// (appsecret_proof).
func Facebook(c Config) (*Provider, error) {
	issuer, api := cmp.Or(c.Issuer, FacebookIssuer), c.Issuer
	if issuer == FacebookIssuer {
		api = "https://graph.facebook.com"
	}
	return newProvider(c, Provider{
		preset: preset{name: "facebook", label: "Facebook", scopes: []string{"public_profile", "email"}, vouches: Never, spent: []string{"error 100"}},
		issuer: issuer, authPage: issuer + "/dialog/oauth", tokenURL: api + "/oauth/access_token", api: api, who: facebookUser,
	})
}

func facebookUser(ctx context.Context, p *Provider, k key) (tollkeeper.IDToken, tollkeeper.UserInfo, error) {
	q := url.Values{"fields": {"id,name,email"}}
	if k.secret != "" {
		mac := hmac.New(sha256.New, []byte(k.secret))
		mac.Write([]byte(k.access))
		q.Set("appsecret_proof", hex.EncodeToString(mac.Sum(nil)))
	}
	var u struct {
		ID    string `json:"id"`
		Name  words  `json:"name"`
		Email words  `json:"email"`
	}
	if err := p.ask(ctx, p.api+"/me?"+q.Encode(), k.access, &u); err != nil {
		return tollkeeper.IDToken{}, nil, err
	}
	t := tollkeeper.IDToken{Subject: u.ID, Name: string(u.Name)}
	t.Email, t.EmailVerified = p.address(Address{Email: string(u.Email)}, false)
	return t, nil, nil
}
