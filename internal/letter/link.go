package letter

import (
	"net/url"
	"strings"
)

// Pages are where the link of a mail may lead: the page that the request asked for, else the organization's own, else
// the host's.
type Pages struct {
	Base  string // the host's own URL
	Path  string // of the host's page, below Base
	Site  string // the organization's URL; empty: Base
	Page  string // the organization's own, a URL; empty: none
	Asked string // by the request, checked when it came: a URL, or a path on Site's origin; empty: none
}

// Link returns the URL of the page with the token in its parameter "token". Where that page is no URL, the link leads
// to the host's.
func (p Pages) Link(token string) string {
	for _, page := range []string{p.page(), p.Base + p.Path} {
		if u, err := url.Parse(page); err == nil {
			q := u.Query()
			q.Set("token", token)
			u.RawQuery = q.Encode()
			return u.String()
		}
	}
	return ""
}

func (p Pages) page() string {
	switch {
	case strings.HasPrefix(p.Asked, "/"):
		return p.origin() + p.Asked
	case p.Asked != "":
		return p.Asked
	case p.Page != "":
		return p.Page
	}
	return p.Base + p.Path
}

// origin returns scheme and host of the organization's pages, or Base, which may have a path.
func (p Pages) origin() string {
	u, err := url.Parse(p.Site)
	if p.Site == "" || err != nil {
		return p.Base
	}
	return u.Scheme + "://" + u.Host
}
