package family

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// OriginRule decides about a request of a page: whether the family serves its origin. An error refuses the page in the
// family's own words, whatever the method. It is asked once the request is read, so that a body may say whose rule it
// is.
type OriginRule func(c *Call, origin string) (served bool, err error)

// pageKind says which page sent a request.
type pageKind int

const (
	noPage      pageKind = iota // a program's: a browser says more
	ownPage                     // one of the service
	listedPage                  // an option names its origin
	foreignPage                 // any other
)

// origins tells own pages from those of others (docs/WIRE.md section 0). It is immutable.
type origins struct {
	own    []string // BaseURL's and those that the options trust with the cookie
	listed []string
}

func newOrigins(baseURL string, o Options) (*origins, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, Refused("Config.BaseURL", "is no URL")
	}
	list := slices.Clone(o.Origins)
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Host == "" || text != u.Scheme+"://"+u.Host || strings.Contains(text, "*") {
			return nil, Refused("Options.Origins", fmt.Sprintf("has %q, which is no origin: a scheme, a host and perhaps a port", text))
		}
		if _, web := canon.Origin(text); web && u.Host != spelled(u.Scheme, u.Host) {
			return nil, Refused("Options.Origins", fmt.Sprintf("has %q, which browsers spell %s://%s", text, u.Scheme, spelled(u.Scheme, u.Host)))
		}
	}
	if o.UnsafeNullOrigin {
		list = append(list, "null")
	}
	own := append(slices.Clone(o.Cookie.TrustedOrigins), base.Scheme+"://"+spelled(base.Scheme, base.Host))
	return &origins{own: own, listed: list}, nil
}

// spelled returns a host as browsers write it into an origin: in lower case, without the port that the scheme implies.
func spelled(scheme, host string) string {
	host = canon.Lower(host)
	switch scheme {
	case "https":
		return strings.TrimSuffix(host, ":443")
	case "http":
		return strings.TrimSuffix(host, ":80")
	}
	return host
}

// of says which page sent the request. Browsers let no page choose what these headers say.
func (o *origins) of(r *http.Request) pageKind {
	origin, site := r.Header["Origin"], r.Header["Sec-Fetch-Site"]
	switch {
	case len(origin) == 0 && len(site) == 0:
		return noPage
	case len(origin) > 1 || len(site) > 1:
		return foreignPage
	case len(site) == 1 && (site[0] == "same-origin" || site[0] == "none"):
		return ownPage
	case len(origin) == 0:
		return foreignPage
	case slices.Contains(o.listed, origin[0]):
		return listedPage
	case slices.Contains(o.own, origin[0]):
		return ownPage
	}
	if len(site) == 0 && ownHost(origin[0], r) {
		return ownPage
	}
	return foreignPage
}

// ownHost reports whether the page is at the host that the request names. Where a browser says that the page is another
// origin's, the host does not count: the page is then an http one, which whoever is on the line may have written, or a
// proxy names this service by what is another host to the browser, as localhost.
func ownHost(origin string, r *http.Request) bool {
	u, ok := canon.Origin(origin)
	if !ok || r.TLS != nil && u.Scheme != "https" {
		return false
	}
	return spelled(u.Scheme, u.Host) == spelled(u.Scheme, r.Host)
}

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
// It carries neither body nor key, so that the organization whose rule decides is not known yet. In a family that
// serves pages of others it tells any page of a plain origin the methods and headers of the route, which this contract
// tells everybody, and nothing about any account; it reads no store. The request that follows is decided exactly, and
// only its answer is worth anything. The asked-for headers are not read at all, however many there are
// (CVE-2025-47908).
func (c *Call) preflight(p *path) bool {
	asked, origins := c.Request.Header["Access-Control-Request-Method"], c.Request.Header["Origin"]
	if c.Request.Method != http.MethodOptions || len(asked) != 1 || len(origins) != 1 || p.methods[asked[0]] == nil {
		return false
	}
	if c.page != listedPage && (c.family.Origins == nil || !plainOrigin(origins[0])) {
		return false
	}
	h := c.w.Header()
	h.Add("Vary", "Origin, Access-Control-Request-Method")
	h["Access-Control-Allow-Origin"] = origins
	h["Access-Control-Allow-Methods"] = p.allow
	h["Access-Control-Allow-Headers"] = allowedHeaders
	h["Access-Control-Max-Age"] = preflightLife
	write(c.w, c.Request, http.StatusNoContent, nil)
	return true
}

// changes reports whether the request may change something.
func (c *Call) changes() bool {
	m := c.Request.Method
	return m != http.MethodGet && m != http.MethodHead || c.endpoint.acts
}

// allowListed lets pages of listed origins read whatever the answer will be.
func (c *Call) allowListed() {
	if len(c.origins.listed) > 0 {
		c.vary()
	}
	if c.page == listedPage {
		c.allow(c.Request.Header["Origin"])
	}
}

// checkPage refuses at once what needs no look into the request: nothing is counted, nothing is read.
func (c *Call) checkPage() error {
	switch {
	case c.page != foreignPage || !c.changes() || c.endpoint.in.form:
		return nil
	case c.endpoint.anywhere:
		return c.checkUnseen()
	case c.family.Origins != nil && len(c.Request.Header["Origin"]) > 0:
		return nil // the family decides
	}
	c.vary()
	return ErrCrossOrigin
}

// checkUnseen refuses what a page of another origin sends without being able to read the answer, as an image or a
// beacon: nobody does so for their own good. Following a link is no such thing; where a page answers that, whatever is
// left does not come from one.
func (c *Call) checkUnseen() error {
	mode := c.Request.Header["Sec-Fetch-Mode"]
	following := c.Request.Method == http.MethodGet && slices.Equal(mode, []string{"navigate"}) && c.endpoint.instead.html == nil
	if len(mode) == 0 || following || slices.Equal(mode, []string{"cors"}) {
		return nil
	}
	c.vary()
	return ErrCrossOrigin
}

// checkOrigin lets the family decide about a request that a browser sent from a page.
func (c *Call) checkOrigin() error {
	lines := c.Request.Header["Origin"]
	if c.family.Origins == nil || c.page == listedPage || c.endpoint.in.form {
		return nil
	}
	c.vary()
	if len(lines) == 0 {
		return nil
	}
	if c.endpoint.anywhere && c.place.Key == "" {
		c.allow(anyOrigin)
		return nil
	}
	served, err := c.family.Origins(c, strings.Join(lines, ", "))
	switch {
	case err != nil:
		return err
	case served && plainOrigin(lines[0]):
		c.allow(lines)
	case !served && c.page == foreignPage && c.changes():
		return ErrCrossOrigin
	}
	return nil
}

// vary says that the answer depends on the page, besides what the host may have said.
func (c *Call) vary() {
	switch h := c.w.Header(); {
	case h["Vary"] == nil:
		h["Vary"] = byOrigin
	case !slices.Contains(h["Vary"], "Origin"):
		h.Add("Vary", "Origin")
	}
}

// allow lets pages of these origins read the answer.
func (c *Call) allow(origins []string) {
	h := c.w.Header()
	h["Access-Control-Allow-Origin"] = origins
	h["Access-Control-Expose-Headers"] = exposedHeaders
}

// originOf returns the origin of a URL.
func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
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
