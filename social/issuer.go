package social

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// discovery is what the issuer says of itself (OpenID Connect Discovery 4).
type discovery struct {
	endpoint    oauth2.Endpoint
	keysURL     string
	userinfoURL string // empty: it has none
	sendsIss    bool   // with its answers (RFC 9207)
}

func (v *Verifier) discover(ctx context.Context) (discovery, error) {
	body, err := upstream.Get(ctx, v.client, strings.TrimSuffix(v.issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return discovery{}, err
	}
	var said struct {
		Issuer      string   `json:"issuer"`
		AuthURL     string   `json:"authorization_endpoint"`
		TokenURL    string   `json:"token_endpoint"`
		KeysURL     string   `json:"jwks_uri"`
		UserinfoURL string   `json:"userinfo_endpoint"`
		Methods     []string `json:"token_endpoint_auth_methods_supported"`
		SendsIss    truth    `json:"authorization_response_iss_parameter_supported"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &said); err != nil {
		return discovery{}, fmt.Errorf("social: what the issuer says of itself cannot be read: %w", err)
	}
	if said.Issuer != v.called() {
		return discovery{}, fmt.Errorf("social: the issuer calls itself %q", said.Issuer)
	}
	if !upstream.Secure(said.KeysURL) {
		return discovery{}, fmt.Errorf("social: the issuer publishes its keys at %q", said.KeysURL)
	}
	d := discovery{oauth2.Endpoint{AuthURL: said.AuthURL, TokenURL: said.TokenURL}, said.KeysURL, said.UserinfoURL, said.SendsIss == yes}
	if v.tenants != nil {
		d.userinfoURL = "" // it does not say of which tenant somebody is
	}
	// Said here, because x/oauth2 would otherwise find out by trying, which uses up the code.
	if d.endpoint.AuthStyle = oauth2.AuthStyleInHeader; slices.Contains(said.Methods, "client_secret_post") {
		d.endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return d, nil
}

// bounded cuts answers after 256 KiB, which x/oauth2 reads whole.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	next := b.next
	if next == nil {
		next = http.DefaultTransport
	}
	response, err := next.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, 256<<10), response.Body}
	}
	return response, err
}

// called is the issuer's name in what it says of itself.
func (v *Verifier) called() string {
	if v.tenants != nil {
		return v.tenants.issuer()
	}
	return v.issuer
}

func (v *Verifier) discovered(ctx context.Context) (discovery, error) {
	return v.about.Get(ctx, v.now(), func(discovery) bool { return true })
}

func (v *Verifier) readKeys(ctx context.Context) ([]byte, error) {
	d, err := v.discovered(ctx)
	if err != nil {
		return nil, err
	}
	body, err := upstream.Get(ctx, v.client, d.keysURL)
	if err == nil && v.tenants != nil {
		v.keyIssuers.Store(issuersOfKeys(body))
	}
	return body, err
}

// UserInfo asks the issuer whom an access token of its own speaks for (OpenID Connect Core 5.3): for
// [tollkeeper.IDTokenRequest].UserInfo. An error is [tollkeeper.ErrUpstream] where the issuer cannot be reached or does
// not answer as it should, or that of ctx; any other means that it has nothing to say.
func (v *Verifier) UserInfo(ctx context.Context, accessToken string) (tollkeeper.IDToken, error) {
	d, err := v.discovered(ctx)
	if err != nil {
		return tollkeeper.IDToken{}, upstreamError(err)
	}
	if d.userinfoURL == "" || accessToken == "" {
		return tollkeeper.IDToken{}, errors.New("social: the issuer is not asked for more than its token says")
	}
	if !upstream.Secure(d.userinfoURL) {
		return tollkeeper.IDToken{}, because(tollkeeper.ErrUpstream, fmt.Errorf("social: the issuer tells of people at %q", d.userinfoURL))
	}
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	client := *v.client
	client.Transport = bearer{accessToken, client.Transport}
	body, err := upstream.Get(ctx, &client, d.userinfoURL)
	if err != nil {
		return tollkeeper.IDToken{}, because(tollkeeper.ErrUpstream, err)
	}
	var p person
	if err := strictjson.Decode(body, &p); err != nil {
		return tollkeeper.IDToken{}, because(tollkeeper.ErrUpstream, err)
	}
	return v.said(p)
}

// bearer shows an access token.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	next := b.next
	if next == nil {
		next = http.DefaultTransport
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return next.RoundTrip(r)
}
