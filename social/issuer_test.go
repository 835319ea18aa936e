package social_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var text64 = base64.RawURLEncoding.EncodeToString

// issuer is an OpenID Connect issuer in the test's process.
type issuer struct {
	*httptest.Server
	name string // how tokens and discovery spell it; the server's URL unless changed

	mu      sync.Mutex
	keys    []issuerKey // the first signs
	list    []any       // published in the place of keys; nil: keys are
	asked   map[string]int
	down    bool
	slow    time.Duration
	edit    func(map[string]any) // of discovery
	claims  map[string]any       // of the tokens that the token endpoint gives, over the usual; nil takes one away
	says    map[string]any       // of the userinfo endpoint
	codes   map[string]url.Values
	secret  string // wanted from client; empty: none
	refuses string // error of the authorization endpoint
}

type issuerKey struct {
	id      string
	method  jwt.SigningMethod
	private crypto.Signer
}

func newIssuerKey(t testing.TB, id, alg string) issuerKey {
	t.Helper()
	k := issuerKey{id: id, method: jwt.GetSigningMethod(alg)}
	var err error
	switch alg {
	case "EdDSA":
		_, k.private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256", "ES384", "ES512":
		curve := map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}[alg]
		k.private, err = ecdsa.GenerateKey(curve, rand.Reader)
	default:
		k.private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (k issuerKey) jwk() map[string]any {
	j := map[string]any{"kid": k.id, "use": "sig", "alg": k.method.Alg()}
	switch pub := k.private.Public().(type) {
	case ed25519.PublicKey:
		maps.Copy(j, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": text64(pub)})
	case *ecdsa.PublicKey:
		b, _ := pub.Bytes()
		half := 1 + len(b)/2
		maps.Copy(j, map[string]any{"kty": "EC", "crv": pub.Params().Name, "x": text64(b[1:half]), "y": text64(b[half:])})
	case *rsa.PublicKey:
		maps.Copy(j, map[string]any{"kty": "RSA", "n": text64(pub.N.Bytes()), "e": text64(big.NewInt(int64(pub.E)).Bytes())})
	}
	return j
}

func newIssuer(t testing.TB, keys ...issuerKey) *issuer {
	t.Helper()
	i := &issuer{keys: keys, asked: map[string]int{}, codes: map[string]url.Values{}}
	if len(keys) == 0 {
		i.keys = []issuerKey{newIssuerKey(t, "k1", "ES256")}
	}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	i.name = i.URL
	return i
}

// set changes the issuer while it serves.
func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *issuer) count(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked[r.URL.Path]++
	if i.down {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	if i.slow > 0 {
		slow := i.slow
		i.mu.Unlock()
		time.Sleep(slow)
		i.mu.Lock()
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		d := map[string]any{
			"issuer": i.name, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys", "userinfo_endpoint": i.URL + "/userinfo",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		}
		if i.edit != nil {
			i.edit(d)
		}
		say(w, 200, d)
	case "/keys":
		list := []any{}
		for _, k := range i.keys {
			list = append(list, k.jwk())
		}
		if i.list != nil {
			list = i.list
		}
		say(w, 200, map[string]any{"keys": list})
	case "/authorize":
		i.authorize(w, r)
	case "/token":
		i.token(w, r)
	case "/userinfo":
		if r.Header.Get("Authorization") != "Bearer a" || r.Method != http.MethodGet {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		said := map[string]any{"sub": "1077"}
		if i.says != nil {
			said = i.says
		}
		say(w, 200, said)
	default:
		http.NotFound(w, r)
	}
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// authorize is a person who says yes at once.
func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	answer := url.Values{"state": {q.Get("state")}, "iss": {i.name}}
	if i.refuses != "" {
		answer.Set("error", i.refuses)
	} else {
		code := rand.Text()
		i.codes[code] = q
		answer.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
}

// token gives an ID token for a code, once, to whoever can show the other half of the PKCE challenge.
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	client, secret, basic := r.BasicAuth()
	client, _ = url.QueryUnescape(client) // RFC 6749 2.3.1
	secret, _ = url.QueryUnescape(secret)
	if !basic {
		client, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	q, ok := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case secret != i.secret:
		say(w, 401, map[string]any{"error": "invalid_client"})
		return
	case !ok, client != q.Get("client_id"), r.PostFormValue("redirect_uri") != q.Get("redirect_uri"), q.Get("code_challenge_method") != "S256", text64(sum[:]) != q.Get("code_challenge"):
		say(w, 400, map[string]any{"error": "invalid_grant", "error_description": "code " + r.PostFormValue("code")})
		return
	}
	claims := i.person(time.Now(), client)
	claims["nonce"] = q.Get("nonce")
	change(claims, i.claims)
	say(w, 200, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 3600, "id_token": sign(i.keys[0], claims)})
}

// person is the claims of a good token.
func (i *issuer) person(now time.Time, client string) map[string]any {
	return map[string]any{
		"iss": i.name, "aud": client, "sub": "1077", "email": "ada@home.example", "email_verified": true, "name": "Ada",
		"iat": now.Unix(), "exp": now.Unix() + 3600, "nonce": "n1",
	}
}

func sign(k issuerKey, claims map[string]any) string { return signWith(k, nil, claims) }

// signWith changes the header; nil takes a member away.
func signWith(k issuerKey, head, claims map[string]any) string {
	token := jwt.NewWithClaims(k.method, jwt.MapClaims(claims))
	token.Header["kid"] = k.id
	change(token.Header, head)
	text, err := token.SignedString(k.private)
	if err != nil {
		panic(err)
	}
	return text
}

// change sets members of m; nil takes one away.
func change(m, to map[string]any) map[string]any {
	for name, value := range to {
		if m[name] = value; value == nil {
			delete(m, name)
		}
	}
	return m
}

// published is the key as the issuer shows it, with members changed.
func (k issuerKey) published(to map[string]any) map[string]any { return change(k.jwk(), to) }
