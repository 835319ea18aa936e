package httpadapter

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// Header values of CORS answers (Fetch standard 3.3). No credentials mode is ever allowed: the session cookie serves
// pages of this service's own origin.
var (
	anyOrigin      = []string{"*"}
	allowedHeaders = []string{"Authorization, Content-Type, X-Public-Key"}
	exposedHeaders = []string{"Retry-After, X-Request-Id"}
	preflightLife  = []string{"600"}
)

// preflight returns a browser's question whether a page may send such a request, and reports whether it was one.
//
// It carries neither body nor key, so that the organization whose rule decides is not known yet. It tells any page of
// a plain origin the methods and headers of the route, which this contract tells everybody, and nothing about any
// account; it reads no store. The request that follows is decided exactly, by checkOrigin, and only its answer
// is worth anything. The asked-for headers are not read at all, however many there are (CVE-2025-47908).
func (c *call) preflight(p *path) bool {
	asked, origins := c.r.Header["Access-Control-Request-Method"], c.r.Header["Origin"]
	if c.r.Method != http.MethodOptions || len(asked) != 1 || len(origins) != 1 {
		return false
	}
	if p.methods[asked[0]] == nil || !plainOrigin(origins[0]) {
		return false
	}
	h := c.w.Header()
	h.Add("Vary", "Origin, Access-Control-Request-Method")
	h["Access-Control-Allow-Origin"] = origins
	h["Access-Control-Allow-Methods"] = p.allow
	h["Access-Control-Allow-Headers"] = allowedHeaders
	h["Access-Control-Max-Age"] = preflightLife
	c.write(http.StatusNoContent, nil)
	return true
}

// checkOrigin lets the family decide about a request that a browser sent from another page.
func (c *call) checkOrigin() error {
	if c.family.origins == nil {
		return nil
	}
	return c.family.origins(c)
}

// organizationOrigins is the domain restriction of docs/WIRE.md 1.2: a request with Origin that names a parent is
// served only to that organization's pages. Without a parent's key nothing is refused, but only the pages of the
// caller's organization, or of this service, may read the answer.
func organizationOrigins(c *call) error {
	lines := c.r.Header["Origin"]
	c.w.Header().Add("Vary", "Origin") // the host may have said another one
	if len(lines) == 0 {
		return nil
	}
	if c.endpoint.anywhere && c.parentKey == "" {
		c.w.Header()["Access-Control-Allow-Origin"] = anyOrigin
		c.w.Header()["Access-Control-Expose-Headers"] = exposedHeaders
		return nil
	}
	allowed, known, err := c.originAllowed(lines[0])
	if err != nil {
		return err
	}
	allowed = allowed && len(lines) == 1
	if !allowed && known && c.parentKey != "" {
		return tollkeeper.ErrOrganizationNotAuthorized
	}
	if allowed && plainOrigin(lines[0]) {
		c.w.Header()["Access-Control-Allow-Origin"] = lines
		c.w.Header()["Access-Control-Expose-Headers"] = exposedHeaders
	}
	return nil
}

// originAllowed asks whose rule decides: that of the key's owner, else of the caller. When neither is known, the rule
// is that of an organization without URL, which admits the pages of this service. A key that nobody has is left to the
// operation, which refuses it.
func (c *call) originAllowed(origin string) (allowed, known bool, err error) {
	nobodys := tollkeeper.Organization{DomainRestriction: true}
	switch {
	case c.parentKey != "":
		allowed, err = c.auth.OriginAllowedFor(c.ctx(), tollkeeper.OriginRequest{PublicKey: c.parentKey, Origin: origin})
		if err == nil {
			return allowed, true, nil
		}
	case c.id != nil:
		// Not Organization: it emits that its details were read, and nobody asked for them.
		var s tollkeeper.Subject
		s, err = c.auth.Host().Account(c.ctx(), c.id.Account)
		if err == nil && s.Organization != nil {
			return c.auth.OriginAllowed(*s.Organization, origin), true, nil
		}
	}
	if err != nil && !errors.Is(err, tollkeeper.ErrUnknownParent) && !errors.Is(err, tollkeeper.ErrForbidden) && !errors.Is(err, tollkeeper.ErrNotFound) {
		return false, false, err
	}
	return c.auth.OriginAllowed(nobodys, origin), false, nil
}

// plainOrigin reports whether s is the origin of an https page, or of one on this machine. "null" is none (R65).
func plainOrigin(s string) bool {
	strange := func(r rune) bool { return !canon.IsAlphanumeric(r) && !strings.ContainsRune(".-:/[]", r) }
	if len(s) > 300 || strings.IndexFunc(s, strange) >= 0 {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || s != u.Scheme+"://"+u.Host {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1" || host == "::1" {
		return u.Scheme == "https" || u.Scheme == "http"
	}
	return u.Scheme == "https"
}
