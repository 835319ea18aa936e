package httpadapter

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// CookieName is the name of the session cookie. The prefix makes browsers insist on Secure, Path=/ and no Domain
// (RFC 6265bis 4.1.3.2), so that no other host of the domain can set it.
const CookieName = "__Host-session"

// Cookie turns on the session cookie. Every answer that gives a token then sets it as well, and a request without a
// credential header is judged by its cookie: HttpOnly, Secure, SameSite=Lax. It ends with the browser, or lives as long
// as the token when the request that began the session said "rememberMe": true. The families of one origin share it:
// the last sign-in counts, and a route takes only what is a token of its own family.
//
// Because browsers add cookies by themselves, a request that changes anything counts with its cookie only if
// [http.CrossOriginProtection] takes it for one of the service's own pages; otherwise it is 403. To a page of another
// origin a sign-in answers its token, and no cookie.
type Cookie struct {
	On bool // false: no cookie is set or read

	// TrustedOrigins are further origins, as "https://app.example", whose pages may use the cookie: those that reach
	// this service through a proxy under another name. They get no CORS headers by it.
	TrustedOrigins []string
}

// cookies is the transport. It is immutable.
type cookies struct{ origins *http.CrossOriginProtection }

func (o Cookie) cookies() (*cookies, error) {
	if !o.On {
		return nil, nil
	}
	t := &cookies{http.NewCrossOriginProtection()}
	for _, origin := range o.TrustedOrigins {
		if err := t.origins.AddTrustedOrigin(origin); err != nil || !plainOrigin(origin) {
			return nil, refused("Cookie.TrustedOrigins", fmt.Sprintf("has %q, which is no https origin", origin))
		}
	}
	return t, nil
}

// choose returns the token of a request whose headers said token or err. A cookie counts only where no header of
// carriers is sent; a header and a cookie that differ are refused.
func (t *cookies) choose(r *http.Request, carriers []string, token string, err error) (chosen string, ambient bool, _ error) {
	sent := r.CookiesNamed(CookieName)
	switch {
	case len(sent) == 0:
		return token, false, err
	case len(sent) > 1:
		return "", false, errTwoCredentials
	case err == nil && token != sent[0].Value:
		return "", false, tollkeeper.ErrInvalidToken
	case err == nil || !errors.Is(err, errNoCredential):
		return token, false, err
	}
	for _, name := range carriers {
		if len(r.Header[name]) > 0 {
			return "", false, err
		}
	}
	if t.origins.Check(r) != nil {
		return "", true, errCrossOrigin
	}
	token, err = tokenText(sent[0].Value)
	return token, true, err
}

// session is the cookie of a new session; nil for a page of another origin, which must not sign a browser in.
func (t *cookies) session(r *http.Request, s tollkeeper.SignInResult, remember bool) *http.Cookie {
	if t.origins.Check(r) != nil {
		return nil
	}
	c := noSession()
	c.Value, c.MaxAge = string(s.Token), 0
	if remember {
		c.MaxAge = max(1, int(s.ExpiresIn/time.Second))
	}
	return c
}

// noSession takes the cookie away.
func noSession() *http.Cookie {
	return &http.Cookie{Name: CookieName, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// remembered reads "rememberMe" of a body that was decoded already. Anything but true is no.
func remembered(data []byte) bool {
	var b struct {
		Remember any `json:"rememberMe"`
	}
	return strictjson.Decode(data, &b) == nil && b.Remember == true
}
