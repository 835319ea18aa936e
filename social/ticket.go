package social

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// ticket is what the browser keeps while it is at the issuer: the halves of state, nonce and PKCE that prove that it is
// the one which began. Nobody but this service reads or makes one.
type ticket struct {
	State     string `json:"s"`
	Nonce     string `json:"n"`
	Verifier  string `json:"v"`
	ParentKey string `json:"p"`
	Return    string `json:"r"`
	ExpiresAt int64  `json:"e"` // unix seconds
}

const (
	ticketTTL = 10 * time.Minute
	maxTicket = 2 << 10 // bytes of cookie
)

func sealer(key []byte) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key, nil, "tollkeeper social ticket v1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// maxTickets is how many sign-ins of one browser wait at a time: more cookies would make a header that proxies refuse.
const maxTickets = 8

// cookiePrefix has the prefix by which browsers keep other hosts, and pages without TLS, from setting it (RFC 6265bis).
func (f *flow) cookiePrefix() string {
	if f.secure {
		return "__Host-tollkeeper-social-"
	}
	return "tollkeeper-social-"
}

// cookieName is of one flow, so that those of two tabs do not meet. The state is known to whoever reads the address of
// the callback, so that its name gives nothing away.
func (f *flow) cookieName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return f.cookiePrefix() + base64.RawURLEncoding.EncodeToString(sum[:9])
}

func (f *flow) setTicket(w http.ResponseWriter, name, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second),
		Secure: f.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// issue seals a ticket into the browser. The oldest others make room for it.
func (f *flow) issue(w http.ResponseWriter, r *http.Request, t ticket) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	name := f.cookieName(t.State)
	f.makeRoom(w, r)
	sealed := f.seal.Seal(nil, nil, text, []byte(name))
	f.setTicket(w, name, base64.RawURLEncoding.EncodeToString(sealed), ticketTTL)
	return nil
}

func (f *flow) makeRoom(w http.ResponseWriter, r *http.Request) {
	until := map[string]int64{} // by name; what is not ours goes first
	for _, c := range r.Cookies() {
		if strings.HasPrefix(c.Name, f.cookiePrefix()) {
			t, _ := f.open(c)
			until[c.Name] = t.ExpiresAt
		}
	}
	names := slices.SortedFunc(maps.Keys(until), func(a, b string) int { return cmp.Compare(until[a], until[b]) })
	for _, name := range names[:max(0, len(names)-maxTickets+1)] {
		f.setTicket(w, name, "", -time.Second)
	}
}

// redeem opens the ticket of the flow with that state, and takes it away from the browser. Two cookies of the name are
// none: one of them is not ours.
func (f *flow) redeem(w http.ResponseWriter, r *http.Request, state string) (t ticket, ok bool) {
	cookies := r.CookiesNamed(f.cookieName(state))
	if len(cookies) > 0 {
		f.setTicket(w, cookies[0].Name, "", -time.Second)
	}
	if len(cookies) != 1 {
		return t, false
	}
	t, ok = f.open(cookies[0])
	return t, ok && f.now().Unix() < t.ExpiresAt
}

// open reads a cookie under its own name only.
func (f *flow) open(c *http.Cookie) (t ticket, ok bool) {
	if len(c.Value) > maxTicket {
		return t, false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(c.Value)
	if err != nil {
		return t, false
	}
	text, err := f.seal.Open(nil, nil, sealed, []byte(c.Name))
	ok = err == nil && strictjson.Decode(text, &t) == nil
	return t, ok
}
