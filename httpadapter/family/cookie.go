package family

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
// credential header is judged by its cookie: HttpOnly, Secure, SameSite=Lax. It ends with the browser, or lives as
// long as the token when the request that began the session said "rememberMe": true. The families of one origin share
// it: the last sign-in counts, and a route takes only what is a token of its own family.
//
// Because browsers add cookies by themselves, a request that changes anything counts with its cookie only if
// [http.CrossOriginProtection] takes it for one of the service's own pages; otherwise it is 403. To a page of another
// origin a sign-in gives its token in the body, and no cookie.
type Cookie struct {
	On bool // false: only families that are made for it set or read one

	// TrustedOrigins are further origins, as "https://app.example", whose pages may use the cookie: those that reach
	// this service through a proxy under another name. They get no CORS headers by it. The origin of
	// [tollkeeper.Config.BaseURL] is always one.
	TrustedOrigins []string
}

// Cookies is the transport of sessions in cookies. It is immutable and safe for concurrent use.
type Cookies struct{ origins http.CrossOriginProtection }

// NewCookies returns the transport, whether or not o.On is set. It refuses an origin that is none.
func NewCookies(auth *tollkeeper.Authenticator, o Cookie) (*Cookies, error) {
	t := new(Cookies)
	if err := t.origins.AddTrustedOrigin(originOf(auth.BaseURL())); err != nil {
		return nil, Refused("Config.BaseURL", "has no origin")
	}
	for _, origin := range o.TrustedOrigins {
		if err := t.origins.AddTrustedOrigin(origin); err != nil || !plainOrigin(origin) {
			return nil, Refused("Options.Cookie.TrustedOrigins", fmt.Sprintf("has %q, which is no https origin", origin))
		}
	}
	return t, nil
}

// Token returns the token of a request, from "Authorization: Bearer" or from the cookie.
func (t *Cookies) Token(r *http.Request) (string, error) {
	token, err := bearer(r.Header)
	if t == nil || len(r.Header["Cookie"]) == 0 {
		return token, err
	}
	token, _, err = t.choose(r, Bearer.headers, token, err)
	return token, err
}

// choose returns the token of a request whose headers said token or err. A cookie counts only where no header of
// headers is sent; a header and a cookie that differ are refused.
func (t *Cookies) choose(r *http.Request, headers []string, token string, err error) (chosen string, ambient bool, _ error) {
	sent := r.CookiesNamed(CookieName)
	switch {
	case len(sent) == 0:
		return token, false, err
	case len(sent) > 1:
		return "", false, ErrTwoCredentials
	case err == nil && token != sent[0].Value:
		return "", false, tollkeeper.ErrInvalidToken
	case err == nil || !errors.Is(err, ErrNoCredential):
		return token, false, err
	}
	for _, name := range headers {
		if len(r.Header[name]) > 0 {
			return "", false, err
		}
	}
	if !t.OwnPage(r) {
		return "", true, ErrCrossOrigin
	}
	token, err = tokenText(sent[0].Value)
	return token, true, err
}

// Session returns the cookie of a new session, which ends with the browser, or lives as long as the token where
// remember says so. Nil for a page of another origin, which must not sign a browser in.
func (t *Cookies) Session(r *http.Request, s tollkeeper.SignInResult, remember bool) *http.Cookie {
	if !t.OwnPage(r) {
		return nil
	}
	return SessionCookie(s, remember)
}

// SessionCookie returns the cookie of a new session whatever page asks. It is for an answer to a browser that has
// shown that it began the sign-in itself: one that comes back from an issuer with its ticket. All others get
// [Cookies.Session].
func SessionCookie(s tollkeeper.SignInResult, remember bool) *http.Cookie {
	c := NoSession()
	c.Value, c.MaxAge = string(s.Token), 0
	if remember {
		c.MaxAge = max(1, int(s.ExpiresIn/time.Second))
	}
	return c
}

// OwnPage reports whether the cookie may count: for a request that only reads, for a page of the service, and for a
// program, which says of no page that it sent the request.
func (t *Cookies) OwnPage(r *http.Request) bool {
	// [http.CrossOriginProtection] reads the first of several headers only.
	return len(r.Header["Origin"]) <= 1 && len(r.Header["Sec-Fetch-Site"]) <= 1 && t.origins.Check(r) == nil
}

// NoSession returns a cookie that takes the session's away.
func NoSession() *http.Cookie {
	return &http.Cookie{Name: CookieName, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// Begun puts a new session into the cookie, where there is one.
func (c *Call) Begun(s tollkeeper.SignInResult, err error) (tollkeeper.SignInResult, error) {
	if err == nil && s.Token != "" && c.cookies != nil && (c.family.Transport != InCookie || c.page == ownPage) {
		c.cookie = c.cookies.Session(c.Request, s, c.remember)
	}
	return s, err
}

// Ended takes the cookie away with the caller's session.
func (c *Call) Ended(err error) (None, error) {
	if err == nil && c.cookies != nil {
		c.cookie = NoSession()
	}
	return None{}, err
}

// remembered reads "rememberMe" of a body that was decoded already. Anything but true is no.
func remembered(data []byte) bool {
	var b struct {
		Remember any `json:"rememberMe"`
	}
	return strictjson.Decode(data, &b) == nil && b.Remember == true
}
