package tollkeeper

import (
	"context"
	"net/url"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// OriginAllowed reports whether a page of that origin may use an organization's key (docs/WIRE.md 1.2): with the domain
// restriction on, its host must be the organization's or below it; while the organization has no URL, only the origin
// of [Config.BaseURL] and localhost. "null" and whatever is no web origin never may.
func (a *Authenticator) OriginAllowed(o Organization, origin string) bool {
	u, ok := canon.Origin(origin)
	if !ok {
		return false
	}
	if !o.DomainRestriction {
		return true
	}
	base := o.URL
	if base == "" {
		base = a.cfg.BaseURL
	}
	own, err := url.Parse(base)
	if err != nil {
		return false
	}
	if o.URL == "" {
		return canon.IsLocalhost(u.Hostname()) || u.Scheme == own.Scheme && u.Host == own.Host
	}
	secure := u.Scheme == "https" || canon.IsLocalhost(u.Hostname())
	return secure && canon.Under(canon.Lower(u.Hostname()), canon.Lower(own.Hostname()))
}

const maxOrigin = 300 // bytes that are told apart

// OriginRequest is a page that wants to use a parent's public key.
type OriginRequest struct {
	PublicKey string
	Origin    string // as the header names it
	Client    Client
}

// OriginAllowedFor is [Authenticator.OriginAllowed] for the organization of a parent's public key. It is no reading of
// details and emits no event. What has the form of a key is looked up as often as [Limits.Lookups]. [ErrUnknownParent];
// [ErrForbidden] with [Error.Field] "parent" for a child's key; [ErrRateLimited].
func (a *Authenticator) OriginAllowedFor(ctx context.Context, r OriginRequest) (bool, error) {
	if !ValidPublicKey(r.PublicKey) {
		return false, ErrUnknownParent
	}
	r.Client.Foreign = false // each page has a rate of its own
	if _, err := a.take(ctx, a.networkHits("lookup "+r.Origin[:min(len(r.Origin), maxOrigin)], AudienceHost, r.Client, a.cfg.Limits.Lookups), a.now()); err != nil {
		return false, err
	}
	s, err := a.keyHolder(ctx, r.PublicKey)
	if err != nil {
		return false, err
	}
	return a.OriginAllowed(details(s).Organization, r.Origin), nil
}
