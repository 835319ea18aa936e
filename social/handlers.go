package social

import (
	"context"
	"crypto/cipher"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
	"github.com/tollkeeper/tollkeeper/internal/language"
	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// Delivery says how the token of a session reaches the organization's page. It is never in the query of a URL, which
// servers log and browsers hand on (SECURITY.md R69).
type Delivery int

// The deliveries. Those but the first go to the page of the organization, its AuthURLs.Successful, or to the path that
// [Handlers.Start] was asked to return to, on the same origin. Failures are always answered as JSON.
const (
	// JSON returns the callback with the organization family's JSON (docs/WIRE.md 1.6): for a window that a script
	// reads, or a client that is no browser.
	JSON Delivery = iota
	// FormPost has the browser post the fields "token" and "expiresIn" (or "challenge" and "expiresIn") to the page's
	// server: the token stays out of every URL. It needs a server that takes the post of another site, with "Origin:
	// null".
	FormPost
	// Fragment sends the browser to the page with the same fields after the "#", which no server sees. The token stays
	// in the browser's history until the page replaces its address, which it should do first.
	Fragment
)

// HandlersConfig says how the authorization-code flow is run. Auth, Verifier, Key and RedirectURL are required.
type HandlersConfig struct {
	Auth     *tollkeeper.Authenticator // with the same Verifier in its Config.Social.Issuers
	Verifier *Verifier
	Issuer   string // its key there. Zero: [tollkeeper.IssuerGoogle]

	// Key seals the cookie that a sign-in leaves in the browser while it is at the issuer: 32 bytes or more, the same
	// in every process of a fleet. NewMasterKey makes one.
	Key tollkeeper.MasterKey

	// RedirectURL is where Callback is reached, as the issuer knows it: https, or http for localhost. Never taken from
	// a request.
	RedirectURL string

	// ClientSecret returns the secret that the issuer gave for a client id, empty for a client without one. Nil: no
	// client has one, and PKCE alone protects the code. Google gives one to every web client.
	ClientSecret func(ctx context.Context, clientID string) (string, error)

	Deliver Delivery
	Returns []string // paths that Start may be asked to return to, compared exactly. Nil: none

	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed. Nil: none, the peer is the client
	Logger         *slog.Logger   // gets causes that no answer shows. Nil: that of Auth
}

// Handlers are the two ends of the flow. Mount Start at GET /auth/google/start and Callback at the path of
// [HandlersConfig.RedirectURL], by convention GET /auth/google/callback, with Register or by hand.
//
// Start takes the parameters parentPublicKey and, optional, return. It refuses keys of parents that have not turned the
// sign-in on, and sends the browser to the issuer, with state, nonce and a PKCE challenge (S256) whose other halves
// stay in one sealed cookie: "__Host-tollkeeper-social-…", or without the prefix on http://localhost; HttpOnly,
// SameSite=Lax, good for ten minutes and for one callback. Its name ends with a digest of the state, so that sign-ins
// which one browser begins side by side all finish: the eight latest.
//
// Callback signs in by Authenticator.SignInWithIDToken with AudienceOrganization, asks the issuer's userinfo endpoint
// where the ID token does not tell who somebody is, and answers by [HandlersConfig.Deliver].
type Handlers struct {
	Start    http.Handler
	Callback http.Handler

	path string
}

// flow is what both handlers share. It never changes.
type flow struct {
	HandlersConfig
	seal   cipher.AEAD
	secure bool
	now    func() time.Time
	client *http.Client // for the exchange of codes
	unread *clientaddr.Unread
}

// NewHandlers makes the Handlers. It refuses what could only fail later.
func NewHandlers(c HandlersConfig) (*Handlers, error) {
	if c.Auth == nil || c.Verifier == nil {
		return nil, errors.New("social: HandlersConfig needs Auth and Verifier")
	}
	if len(c.Key) < 32 {
		return nil, errors.New("social: HandlersConfig.Key must have 32 bytes or more")
	}
	if token.Guessable(c.Key) {
		return nil, errors.New("social: HandlersConfig.Key is made of a constant, which everybody knows")
	}
	u, err := url.Parse(c.RedirectURL)
	if err != nil || !upstream.Secure(c.RedirectURL) || u.RawQuery != "" || u.Path == "" || u.Path == "/" {
		return nil, errors.New("social: HandlersConfig.RedirectURL must be an https URL with a path, or an http one of localhost, without query")
	}
	if c.Deliver < JSON || c.Deliver > Fragment {
		return nil, errors.New("social: HandlersConfig.Deliver is none of the deliveries")
	}
	for _, path := range c.Returns {
		if !localPath(path) {
			return nil, errors.New("social: HandlersConfig.Returns must be paths that begin with one slash, without query and fragment")
		}
	}
	c.Returns, c.TrustedProxies = slices.Clone(c.Returns), slices.Clone(c.TrustedProxies)
	if c.Logger == nil {
		c.Logger = c.Auth.Logger()
	}
	if c.Issuer == "" {
		c.Issuer = tollkeeper.IssuerGoogle
	}
	f := &flow{HandlersConfig: c, secure: u.Scheme == "https", now: c.Verifier.now, unread: new(clientaddr.Unread)}
	if f.seal, err = sealer(c.Key); err != nil {
		return nil, err
	}
	client := *c.Verifier.client
	client.Timeout, client.Transport = c.Verifier.timeout, bounded{client.Transport}
	f.client = &client
	return &Handlers{Start: getOnly(f.start), Callback: getOnly(f.callback), path: u.EscapedPath()}, nil
}

// getOnly keeps whoever only looks at a link, with HEAD, from using it up.
func getOnly(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			reply(w, http.StatusMethodNotAllowed, failure("METHOD_NOT_ALLOWED", "Method not allowed"))
			return
		}
		next(w, r)
	})
}

// Register mounts both: [Handlers.Start] at GET /auth/google/start, [Handlers.Callback] at GET and the path of
// [HandlersConfig.RedirectURL].
func (h *Handlers) Register(mux *http.ServeMux) {
	mux.Handle("GET /auth/google/start", h.Start)
	mux.Handle("GET "+h.path, h.Callback)
}

// localPath takes what cannot leave the origin it is put behind.
func localPath(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsFunc(path, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`\?#%"<>`, r)
	}) {
		return false
	}
	u, err := url.Parse(path)
	return err == nil && u.Host == "" && u.Scheme == ""
}

func (f *flow) requester(r *http.Request) tollkeeper.Client {
	f.unread.Look(r, f.TrustedProxies, f.Logger, "HandlersConfig.TrustedProxies")
	return tollkeeper.Client{Addr: clientaddr.FromRequest(r, f.TrustedProxies), Agent: r.UserAgent(), Language: language.Bounded(r.Header["Accept-Language"])}
}

// oauth is the issuer's endpoint for the client of an organization.
func (f *flow) oauth(ctx context.Context, clientID string) (*oauth2.Config, error) {
	d, err := f.Verifier.discovered(ctx)
	if err != nil {
		return nil, upstreamError(err)
	}
	if !upstream.Secure(d.endpoint.AuthURL) || !upstream.Secure(d.endpoint.TokenURL) {
		return nil, upstreamError(upstream.ErrUnavailable)
	}
	return &oauth2.Config{ClientID: clientID, Endpoint: d.endpoint, RedirectURL: f.RedirectURL, Scopes: []string{"openid", "email", "profile"}}, nil
}

// organization returns the parent's, if it has turned the sign-in on and has a page to end at.
func (f *flow) organization(ctx context.Context, key string) (tollkeeper.Organization, error) {
	d, err := f.Auth.OrganizationByKey(ctx, key)
	if err != nil {
		return d.Organization, err
	}
	o := d.Organization
	if s := o.Issuer(f.Issuer); !s.Enabled || s.ClientID == "" {
		return o, tollkeeper.ErrDisabled
	}
	if f.Deliver != JSON && o.AuthURLs.Successful == "" {
		return o, tollkeeper.ErrNoOrganization
	}
	return o, nil
}
