package httpadapter

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// identityKey is the context key of the identity.
type identityKey struct{}

// IdentityFrom returns who sent the request, below [RequireAuth]. The Identity is shared and must not be changed.
func IdentityFrom(ctx context.Context) (*tollkeeper.Identity, bool) {
	id, ok := ctx.Value(identityKey{}).(*tollkeeper.Identity)
	return id, ok
}

// guard is what RequireAuth demands of a token.
type guard struct {
	audiences []tollkeeper.Audience
	scope     *tollkeeper.Scope
	limited   bool
	cookies   *cookies
}

// AuthOption says which tokens [RequireAuth] lets in.
type AuthOption func(*guard)

// Accept lets tokens of these families in, instead of those that the host's own calls made ([tollkeeper.AudienceHost]).
// The organization family's tokens are of every tenant: take [InScope], or look at Identity.Parent, before showing
// anything.
func Accept(audiences ...tollkeeper.Audience) AuthOption {
	return func(g *guard) { g.audiences = slices.Clone(audiences) }
}

// InScope lets in only accounts of that scope, such as the zero one, the app's own users. A scope named by a key or
// number lets nobody in: a token says the id of its account's parent alone.
func InScope(s tollkeeper.Scope) AuthOption {
	return func(g *guard) { g.scope = &s }
}

// lives reports whether the account is known to live in the scope.
func lives(id *tollkeeper.Identity, s tollkeeper.Scope) bool {
	parent, known := s.ID()
	return known && id.Parent == parent
}

// AllowLimited lets in sessions that serve only their own account's business: before the email is verified, after the
// password expired with enforcement on, or before a second factor is enrolled. See Identity.Limited.
func AllowLimited() AuthOption {
	return func(g *guard) { g.limited = true }
}

// AcceptCookie takes the session cookie, too, by the rules of [Cookie]. With a Cookie that [Mount] would refuse, or
// that is off, no cookie is taken.
func AcceptCookie(o Cookie) AuthOption {
	return func(g *guard) { g.cookies, _ = o.cookies() }
}

// RequireAuth lets a request pass that carries a valid token as "Authorization: Bearer", with its Identity in the
// context. Otherwise it answers 401, 403 for a limited session or a cookie from another origin, 400 for two
// Authorization lines, or 503 with Retry-After while the store is away, as application/problem+json (RFC 9457).
func RequireAuth(auth *tollkeeper.Authenticator, options ...AuthOption) func(http.Handler) http.Handler {
	g := guard{audiences: []tollkeeper.Audience{tollkeeper.AudienceHost}}
	for _, o := range options {
		o(&g)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, err := g.identify(auth, r)
			if err != nil {
				problem(w, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, id)))
		})
	}
}

func (g *guard) identify(auth *tollkeeper.Authenticator, r *http.Request) (*tollkeeper.Identity, error) {
	token, err := bearer(r.Header)
	if g.cookies != nil {
		token, _, err = g.cookies.choose(r, bearerCarriers, token, err)
	}
	if err != nil {
		return nil, err
	}
	id, err := auth.Authenticate(r.Context(), tollkeeper.SecretText(token))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(g.audiences, id.Audience) || g.scope != nil && !lives(id, *g.scope) {
		return nil, tollkeeper.ErrInvalidToken
	}
	if id.Limited != tollkeeper.Unlimited && !g.limited {
		return nil, tollkeeper.ErrLimitedSession
	}
	return id, nil
}

// RequireRole lets a request pass whose Identity has the role, below [RequireAuth]; otherwise it answers 403, or 401
// when nobody is signed in. A role counts in the scope of its account only: the admin of one tenant is not the admin of
// another, so a host that serves several tenants adds [InScope].
func RequireRole(role tollkeeper.Role) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch id, ok := IdentityFrom(r.Context()); {
			case !ok:
				problem(w, errNoCredential)
			case id.Role != role:
				problem(w, tollkeeper.ErrForbidden)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

// RequireRecent lets a request pass whose session proved within that time who its owner is, below [RequireAuth]: by a
// sign-in, or by POST /auth/reauthenticate since. Otherwise it answers 403, or 401 when nobody is signed in.
func RequireRecent(auth *tollkeeper.Authenticator, within time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, ok := IdentityFrom(r.Context())
			if !ok {
				problem(w, errNoCredential)
				return
			}
			if err := auth.RequireRecent(id, within); err != nil {
				problem(w, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// problem returns an error of the middleware.
func problem(w http.ResponseWriter, err error) {
	status, title := http.StatusUnauthorized, "Invalid or missing token"
	h := w.Header()
	switch {
	case errors.Is(err, errTwoCredentials):
		status, title = http.StatusBadRequest, "Send one Authorization header"
	case errors.Is(err, tollkeeper.ErrForbidden), errors.Is(err, tollkeeper.ErrLimitedSession),
		errors.Is(err, tollkeeper.ErrNotRecent), errors.Is(err, errCrossOrigin):
		status, title = http.StatusForbidden, err.Error()
	case errors.Is(err, tollkeeper.ErrInvalidToken), errors.Is(err, errNoCredential):
		h["Www-Authenticate"] = bearerWords
	default: // the store is away: not the token's fault
		status, title = http.StatusServiceUnavailable, "The service is not available, please try again"
		h["Retry-After"] = []string{"1"}
	}
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["Content-Type"] = []string{"application/problem+json"}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"title":` + strconv.Quote(title) + `,"status":` + strconv.Itoa(status) + `}`))
}
