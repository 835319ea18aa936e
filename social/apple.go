package social

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/url"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// AppleIssuer is the name of Apple.
const AppleIssuer = "https://appleid.apple.com"

// AppleKey signs the client secrets that Apple takes. All of it is required.
type AppleKey struct {
	TeamID  string
	KeyID   string
	Private tollkeeper.SecretBytes // the file AuthKey_….p8: PEM, PKCS 8, P-256
}

// Apple is Sign in with Apple. The client id is that of a Services ID. It vouches for the addresses that it says are
// verified, also for those of its relay, which are of one person and one team. It posts its answer, as it must where a
// name or an address is asked for, and tells a name at the first time only: nobody vouches for it.
func Apple(k AppleKey, c Config) (*Verifier, error) {
	issuer := cmp.Or(c.Issuer, AppleIssuer)
	secrets, err := newAppleSecrets(k, issuer, c.Now)
	if err != nil {
		return nil, err
	}
	return newVerifier(c, issuer, preset{
		name: "apple", label: "Apple", scopes: []string{"openid", "name", "email"}, parameters: url.Values{"response_mode": {"form_post"}},
		vouches: IfVerified, silentIsNo: true, style: inParams, formPost: true, postsName: true, secrets: secrets,
	})
}

// clientKey makes the secret of a client.
type clientKey interface {
	secret(clientID string) (string, error)
}

const (
	appleSecretTTL = 24 * time.Hour // Apple takes six months
	mostSecrets    = 1000           // kept; a client id is of an organization
)

// appleSecrets signs a secret for each client, and keeps it for half its time.
type appleSecrets struct {
	key    AppleKey
	signer *ecdsa.PrivateKey
	issuer string
	now    func() time.Time

	mu   sync.Mutex
	made map[string]appleSecret
}

type appleSecret struct {
	text  string
	until time.Time
}

func newAppleSecrets(k AppleKey, issuer string, now func() time.Time) (*appleSecrets, error) {
	if k.TeamID == "" || k.KeyID == "" {
		return nil, errors.New("social: AppleKey needs TeamID and KeyID")
	}
	block, _ := pem.Decode(k.Private)
	if block == nil {
		return nil, errors.New("social: AppleKey.Private must be the PEM of a private key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	signer, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || signer.Curve != elliptic.P256() {
		return nil, errors.New("social: AppleKey.Private must be a P-256 key in PKCS 8")
	}
	if now == nil {
		now = time.Now
	}
	return &appleSecrets{key: AppleKey{TeamID: k.TeamID, KeyID: k.KeyID}, signer: signer, issuer: issuer, now: now, made: map[string]appleSecret{}}, nil
}

func (s *appleSecrets) secret(clientID string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if made, ok := s.made[clientID]; ok && now.Before(made.until) && made.until.Sub(now) <= appleSecretTTL/2 {
		return made.text, nil
	}
	t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": s.key.TeamID, "sub": clientID, "aud": s.issuer, "iat": now.Unix(), "exp": now.Add(appleSecretTTL).Unix(),
	})
	t.Header["kid"] = s.key.KeyID
	text, err := t.SignedString(s.signer)
	if err != nil {
		return "", err
	}
	if len(s.made) >= mostSecrets {
		clear(s.made)
	}
	s.made[clientID] = appleSecret{text, now.Add(appleSecretTTL / 2)}
	return text, nil
}

// postedName is the name in the field user, which Apple's page posts once. Whoever sits at the browser can write it.
func postedName(user string) string {
	var posted struct {
		Name struct {
			First words `json:"firstName"`
			Last  words `json:"lastName"`
		} `json:"name"`
	}
	if len(user) > 4<<10 || strictjson.Decode([]byte(user), &posted) != nil {
		return ""
	}
	first, last := string(posted.Name.First), string(posted.Name.Last)
	name := first
	if first != "" && last != "" {
		name += " "
	}
	if name += last; canon.HasControl(name) {
		return ""
	}
	return name
}

// clientSecret is the secret of a client. Empty: it has none.
func (v *Verifier) clientSecret(ctx context.Context, clientID string) (string, error) {
	if v.secrets == nil {
		return v.desk.clientSecret(ctx, clientID)
	}
	text, err := v.secrets.secret(clientID)
	if err != nil {
		return "", because(tollkeeper.ErrInternal, err)
	}
	return text, nil
}
