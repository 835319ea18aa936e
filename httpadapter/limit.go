package httpadapter

import (
	"log/slog"
	"net/http"
	"net/netip"
	"slices"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
)

// limiter is what Limit counts.
type limiter struct {
	rate    tollkeeper.RateRequest
	account bool
	proxies []netip.Prefix
	unread  clientaddr.Unread // the warning about proxies that nobody is told to trust
	log     *slog.Logger
	fail    Failure
}

// LimitOption says whom [Limit] counts, and what it does beyond.
type LimitOption interface{ limit(*limiter) }

type limitOption func(*limiter)

func (o limitOption) limit(l *limiter) { o(l) }

// PerAccount counts whoever is signed in by the account, on every network, below [RequireAuth] or [OptionalAuth].
// Whoever is not is counted by the network.
func PerAccount() LimitOption { return limitOption(func(l *limiter) { l.account = true }) }

// TrustProxies believes what these say of a request's network, as TrustedProxies of [Options] does. Without it the peer
// is the client, and the first request that a header says otherwise of is a warning in the Authenticator's log.
func TrustProxies(proxies ...netip.Prefix) LimitOption {
	return limitOption(func(l *limiter) { l.proxies = slices.Clone(proxies) })
}

// Limit lets a request pass while every one of these rates, made by [tollkeeper.Rate], has room for its network.
// Otherwise it answers 429 with Retry-After, and 503 while the counters are away, or as [OnFailure] says. What is
// refused is not counted. Routes with the same name share what is counted; the processes of a fleet share it as they
// share what is counted of sign-ins ([tollkeeper.Limits.Attempts]).
//
// It refuses a name or a limit that [tollkeeper.Host.Allow] would refuse.
func Limit(auth *tollkeeper.Authenticator, name string, limits []tollkeeper.Limit, options ...LimitOption) (func(http.Handler) http.Handler, error) {
	l := &limiter{rate: tollkeeper.RateRequest{Name: name, Limits: slices.Clone(limits)}, fail: WriteError}
	for _, o := range options {
		o.limit(l)
	}
	if auth == nil {
		return nil, tollkeeper.ErrInvalidInput.WithField("auth").WithMessage("httpadapter: an Authenticator is required")
	}
	if err := l.rate.Check(); err != nil {
		return nil, err
	}
	l.log = auth.Logger()
	host := auth.Host()
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := host.Allow(r.Context(), l.hit(r)); err != nil {
				l.fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

func (l *limiter) hit(r *http.Request) tollkeeper.RateRequest {
	hit := l.rate
	if id, ok := IdentityFrom(r.Context()); ok && l.account {
		hit.Key = id.Account.String()
		return hit
	}
	l.unread.Look(r, l.proxies, l.log, "httpadapter.TrustProxies")
	hit.Client = ClientOf(r, l.proxies...)
	return hit
}
