package httpadapter

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// identityKey is the context key of the identity.
type identityKey struct{}

// IdentityFrom returns who sent the request, below [RequireAuth] and [OptionalAuth]. The Identity is shared and must
// not be changed.
func IdentityFrom(ctx context.Context) (*tollkeeper.Identity, bool) {
	id, ok := ctx.Value(identityKey{}).(*tollkeeper.Identity)
	return id, ok
}

// guard is what RequireAuth demands of a token.
type guard struct {
	audiences []tollkeeper.Audience
	scope     *tollkeeper.Scope
	limited   bool
	cookie    *Cookie
	cookies   *family.Cookies // nil: none is taken
	fail      Failure
}

// AuthOption says which tokens [RequireAuth] lets in, and what it does with everyone else.
type AuthOption interface{ auth(*guard) }

type authOption func(*guard)

func (o authOption) auth(g *guard) { o(g) }

// Accept lets tokens of these families in, instead of those of the app family and of the host's own calls
// ([tollkeeper.AudienceApp], [tollkeeper.AudienceHost]). The organization family's tokens are of every tenant: take
// [InScope], or look at Identity.Parent, before showing anything. To its caller a token of another family is a bad one;
// which it is of is the cause of the error that [OnFailure] gets, and in the Authenticator's log at the level of debug.
func Accept(audiences ...tollkeeper.Audience) AuthOption {
	return authOption(func(g *guard) { g.audiences = slices.Clone(audiences) })
}

// InScope lets in only accounts of that scope, such as the zero one, the app's own users. A scope named by a key or
// number lets nobody in: a token says the id of its account's parent alone.
func InScope(s tollkeeper.Scope) AuthOption {
	return authOption(func(g *guard) { g.scope = &s })
}

// AllowLimited lets in sessions that serve only their own account's business: before the email is verified, after the
// password expired with enforcement on, or before a second factor is enrolled. See Identity.Limited.
func AllowLimited() AuthOption {
	return authOption(func(g *guard) { g.limited = true })
}

// AcceptCookie takes the session cookie by the rules of o, whether or not o.On is set. Without this option only pages
// of the service's own origin may use it. With a Cookie that [Mount] would refuse no cookie is taken.
func AcceptCookie(o Cookie) AuthOption {
	return authOption(func(g *guard) { g.cookie = &o })
}

// BearerOnly takes no cookie.
func BearerOnly() AuthOption {
	return authOption(func(g *guard) { g.cookie = nil })
}

// Failure writes the answer to a request that was not let in. err is an *[tollkeeper.Error]: no credential, a bad one,
// one that may not do this, a store that is away.
type Failure func(w http.ResponseWriter, r *http.Request, err error)

// FailureOption is what [OnFailure] makes, for every middleware of this package. The zero one is [WriteError].
type FailureOption struct{ fail Failure }

func (o FailureOption) auth(g *guard)    { g.fail = o.answer() }
func (o FailureOption) limit(l *limiter) { l.fail = o.answer() }

func (o FailureOption) answer() Failure {
	if o.fail == nil {
		return WriteError
	}
	return o.fail
}

// OnFailure has f answer what is not let in: [WriteError], the default; [SignInPage]; or the host's own.
func OnFailure(f Failure) FailureOption { return FailureOption{f} }

func newGuard(auth *tollkeeper.Authenticator, options []AuthOption) *guard {
	g := &guard{audiences: []tollkeeper.Audience{tollkeeper.AudienceApp, tollkeeper.AudienceHost}, cookie: &Cookie{}, fail: WriteError}
	for _, o := range options {
		o.auth(g)
	}
	if g.cookie != nil {
		g.cookies, _ = family.NewCookies(auth, *g.cookie)
	}
	return g
}

// RequireAuth lets a request pass that carries a valid token as "Authorization: Bearer" or in the session cookie, with
// its Identity in the context. Otherwise it answers 401, 403 for a limited session or a cookie from another origin, 400
// for two credentials, or 503 with Retry-After while the store is away, as application/problem+json (RFC 9457), or as
// [OnFailure] says.
//
// A cookie counts on a request that changes something only for pages of the service's own origin
// ([http.CrossOriginProtection]). What the handler answers is kept by no cache and not shown again after a sign-out
// (Cache-Control: no-store), unless it sets the header itself.
func RequireAuth(auth *tollkeeper.Authenticator, options ...AuthOption) func(http.Handler) http.Handler {
	g := newGuard(auth, options)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, err := g.identify(auth, r)
			if err != nil {
				g.fail(w, r, err)
				return
			}
			keepNothing(w)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, id)))
		})
	}
}

// OptionalAuth lets every request pass, with its Identity in the context where [RequireAuth] would let it in; a dead
// session in a cookie is nobody. A bad or limited token in a header is refused: whoever sends one means it. So is
// everything that needs the store while it is away. What somebody who is signed in sees is kept by no cache, as below
// [RequireAuth].
func OptionalAuth(auth *tollkeeper.Authenticator, options ...AuthOption) func(http.Handler) http.Handler {
	g := newGuard(auth, options)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, err := g.identify(auth, r)
			switch {
			case err == nil:
				keepNothing(w)
				r = r.WithContext(context.WithValue(r.Context(), identityKey{}, id))
			case len(r.Header["Authorization"]) > 0 || family.StatusOf(err) >= http.StatusInternalServerError:
				g.fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

var noStore = []string{"no-store"}

// keepNothing says that an answer is one person's. The handler may say something else.
func keepNothing(w http.ResponseWriter) {
	if h := w.Header(); len(h["Cache-Control"]) == 0 {
		h["Cache-Control"] = noStore
	}
}

func (g *guard) identify(auth *tollkeeper.Authenticator, r *http.Request) (*tollkeeper.Identity, error) {
	token, err := g.cookies.Token(r)
	if err != nil {
		return nil, err
	}
	id, err := auth.Authenticate(r.Context(), tollkeeper.SecretText(token))
	if err != nil {
		return nil, err
	}
	if err := family.CheckAudience(r.Context(), auth.Logger(), id, g.audiences); err != nil {
		return nil, err
	}
	if g.scope != nil && !family.Lives(id, *g.scope) {
		return nil, tollkeeper.ErrInvalidToken
	}
	if g.limited {
		return id, nil
	}
	if err := id.Unrestricted(); err != nil {
		return nil, err
	}
	return id, nil
}

// below makes a middleware that asks something of the Identity that an outer one found.
func below(ask func(*tollkeeper.Identity) error, options []FailureOption) func(http.Handler) http.Handler {
	fail := Failure(WriteError)
	for _, o := range options {
		fail = o.answer()
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, ok := IdentityFrom(r.Context())
			err := error(family.ErrNoCredential)
			if ok {
				err = ask(id)
			}
			if err != nil {
				fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// RequireRole lets a request pass whose Identity has the role, below [RequireAuth]; otherwise it answers 403, or 401
// when nobody is signed in, or as [OnFailure] says. A role counts in the scope of its account only: the admin of one
// tenant is not the admin of another, so a host that serves several tenants adds [InScope].
func RequireRole(role tollkeeper.Role, options ...FailureOption) func(http.Handler) http.Handler {
	return below(func(id *tollkeeper.Identity) error {
		if id.Role != role {
			return tollkeeper.ErrForbidden
		}
		return nil
	}, options)
}

// RequireRecent lets a request pass whose session proved within that time who its owner is, below [RequireAuth]: by a
// sign-in, or by a reauthentication since. Otherwise it answers 403, or 401 when nobody is signed in, or as [OnFailure]
// says.
func RequireRecent(auth *tollkeeper.Authenticator, within time.Duration, options ...FailureOption) func(http.Handler) http.Handler {
	return below(func(id *tollkeeper.Identity) error { return auth.RequireRecent(id, within) }, options)
}
