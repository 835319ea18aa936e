package social

import (
	"context"
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// discovery is what the issuer says of itself (OpenID Connect Discovery 4).
type discovery struct {
	endpoint oauth2.Endpoint
	keysURL  string
}

func (v *Verifier) discover(ctx context.Context) (discovery, error) {
	client := *v.client
	client.Transport = bounded{client.Transport}
	provider, err := gooidc.NewProvider(gooidc.ClientContext(ctx, &client), v.issuer)
	if err != nil {
		return discovery{}, err
	}
	var more struct {
		KeysURL string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return discovery{}, err
	}
	d := discovery{provider.Endpoint(), more.KeysURL}
	// Said here, because x/oauth2 would otherwise find out by trying, which uses up the code.
	if d.endpoint.AuthStyle = oauth2.AuthStyleInHeader; slices.Contains(more.Methods, "client_secret_post") {
		d.endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	if !upstream.Secure(d.keysURL) {
		return discovery{}, fmt.Errorf("social: the issuer publishes its keys at %q", d.keysURL)
	}
	return d, nil
}

// bounded cuts answers after 256 KiB, which go-oidc reads whole.
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

func (v *Verifier) discovered(ctx context.Context) (discovery, error) {
	return v.about.Get(ctx, v.now(), func(discovery) bool { return true })
}

// keys are the issuer's public keys by id.
type keys = upstream.Cache[map[string]*token.Key]

func (v *Verifier) loadKeys(ctx context.Context) (map[string]*token.Key, error) {
	d, err := v.discovered(ctx)
	if err != nil {
		return nil, err
	}
	body, err := upstream.Get(ctx, v.client, d.keysURL)
	if err != nil {
		return nil, err
	}
	return token.ParseJWKS(body)
}

// keySet is a go-oidc KeySet for one token. That of go-oidc asks the issuer again for each forged token, keeps keys
// that the issuer has withdrawn, and does not tell a bad signature from an issuer that is down.
type keySet struct {
	keys    *keys
	now     time.Time
	failure error // not the token's fault
}

var errKey = errors.New("social: no key of the issuer fits the token")

// VerifySignature returns the payload of a token that the key it names has signed, by the algorithm of that key.
func (s *keySet) VerifySignature(ctx context.Context, text string) ([]byte, error) {
	head, _, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(head)
	if err != nil {
		return nil, errKey
	}
	var h struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
	}
	if strictjson.Decode(raw, &h) != nil || h.KeyID == "" {
		return nil, errKey
	}
	all, err := s.keys.Get(ctx, s.now, func(all map[string]*token.Key) bool {
		_, known := all[h.KeyID]
		return known
	})
	if err != nil {
		s.failure = err
		return nil, err
	}
	k, known := all[h.KeyID]
	if !known || k.Algorithm() != h.Algorithm {
		return nil, errKey
	}
	static := gooidc.StaticKeySet{PublicKeys: []crypto.PublicKey{k.Public()}}
	return static.VerifySignature(ctx, text)
}
