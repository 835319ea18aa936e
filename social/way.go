package social

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// authURL is the address of an authorization request (RFC 6749 4.1.1).
func (p preset) authURL(endpoint string, r tollkeeper.AuthRequest) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || !upstream.Secure(endpoint) {
		return "", because(tollkeeper.ErrUpstream, errors.New("social: the issuer sends people to no https address"))
	}
	q := u.Query()
	for name, values := range p.parameters {
		q[name] = values
	}
	q.Set("response_type", "code")
	q.Set("client_id", r.ClientID)
	q.Set("redirect_uri", r.RedirectURL)
	q.Set("scope", strings.Join(p.scopes, " "))
	q.Set("state", r.State)
	if !p.noNonce {
		q.Set("nonce", r.Nonce)
	}
	if !p.noPKCE {
		q.Set("code_challenge", r.PKCE)
		q.Set("code_challenge_method", "S256")
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// About says what the issuer is called.
func (v *Verifier) About() tollkeeper.IssuerAbout { return v.naming() }

// AuthURL says where a browser is sent.
func (v *Verifier) AuthURL(ctx context.Context, r tollkeeper.AuthRequest) (tollkeeper.AuthStep, error) {
	d, err := v.discovered(ctx)
	if err != nil {
		return tollkeeper.AuthStep{}, upstreamError(err)
	}
	step := tollkeeper.AuthStep{FormPost: v.formPost, IssRequired: d.sendsIss}
	if v.tenants == nil || !v.tenants.several() {
		step.Iss = v.called()
	}
	step.URL, err = v.authURL(d.endpoint.AuthURL, r)
	return step, err
}

// Redeem exchanges a code for an ID token, and checks it as [Verifier.VerifyIDToken] does. UserInfo is that of
// [Verifier.UserInfo].
func (v *Verifier) Redeem(ctx context.Context, r tollkeeper.Redemption) (tollkeeper.IDToken, tollkeeper.UserInfo, error) {
	d, err := v.discovered(ctx)
	if err != nil {
		return tollkeeper.IDToken{}, nil, upstreamError(err)
	}
	if !upstream.Secure(d.endpoint.TokenURL) {
		return tollkeeper.IDToken{}, nil, because(tollkeeper.ErrUpstream, errors.New("social: the issuer takes codes at no https address"))
	}
	secret, err := v.clientSecret(ctx, r.ClientID)
	if err != nil {
		return tollkeeper.IDToken{}, nil, err
	}
	e := exchange{
		url: d.endpoint.TokenURL, clientID: r.ClientID, secret: secret, redirect: r.RedirectURL, code: string(r.Code), verifier: string(r.Verifier),
		style: v.styleOf(d), spent: v.spent,
	}
	if v.noPKCE {
		e.verifier = ""
	}
	nonce := string(r.Nonce)
	if v.noNonce {
		nonce = ""
	} else if nonce == "" {
		return tollkeeper.IDToken{}, nil, errNonce
	}
	tokens, err := v.tokens(ctx, e)
	if err != nil {
		return tollkeeper.IDToken{}, nil, err
	}
	if tokens.ID == "" {
		return tollkeeper.IDToken{}, nil, because(tollkeeper.ErrUpstream, errors.New("the issuer gave no ID token"))
	}
	who, err := v.VerifyIDToken(ctx, string(tokens.ID), r.ClientID, nonce)
	if err != nil {
		return tollkeeper.IDToken{}, nil, err
	}
	if v.postsName && who.Name == "" {
		who.Name = postedName(r.User)
	}
	if d.userinfoURL == "" || tokens.Access == "" {
		return who, nil, nil
	}
	return who, func(ctx context.Context) (tollkeeper.IDToken, error) { return v.UserInfo(ctx, string(tokens.Access)) }, nil
}

// styleOf says how the token endpoint wants the secret.
func (v *Verifier) styleOf(d discovery) style {
	switch {
	case v.style != asDiscovered:
		return v.style
	case d.endpoint.AuthStyle == oauth2.AuthStyleInParams:
		return inParams
	}
	return inHeader
}
