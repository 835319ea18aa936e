package social

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
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

// cookieName has the prefix by which browsers keep other hosts, and pages without TLS, from setting it (RFC 6265bis).
func (f *flow) cookieName() string {
	if f.secure {
		return "__Host-tollkeeper-social"
	}
	return "tollkeeper-social"
}

func (f *flow) setTicket(w http.ResponseWriter, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: f.cookieName(), Value: value, Path: "/", MaxAge: int(age / time.Second),
		Secure: f.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// issue seals a ticket into the browser.
func (f *flow) issue(w http.ResponseWriter, t ticket) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	sealed := f.seal.Seal(nil, nil, text, []byte(f.cookieName()))
	f.setTicket(w, base64.RawURLEncoding.EncodeToString(sealed), ticketTTL)
	return nil
}

// redeem opens the ticket and takes it away from the browser. Two cookies of the name are none: one of them is not
// ours.
func (f *flow) redeem(w http.ResponseWriter, r *http.Request) (t ticket, ok bool) {
	cookies := r.CookiesNamed(f.cookieName())
	if len(cookies) > 0 {
		f.setTicket(w, "", -time.Second)
	}
	if len(cookies) != 1 || len(cookies[0].Value) > maxTicket {
		return t, false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(cookies[0].Value)
	if err != nil {
		return t, false
	}
	text, err := f.seal.Open(nil, nil, sealed, []byte(f.cookieName()))
	if err != nil || strictjson.Decode(text, &t) != nil {
		return ticket{}, false
	}
	return t, f.now().Unix() < t.ExpiresAt
}
