package letter

import (
	"net/url"
	"strings"
)

// Links are where the link of a mail may lead: the page that the request asked for, else the organization's own, else
// the host's.
type Links struct {
	Base  string // the host's own URL
	Path  string // of the host's page, below Base
	Site  string // the organization's URL; empty: Base
	Page  string // the organization's own, a URL; empty: none
	Asked string // by the request, checked when it came: a URL, or a path on Site's origin; empty: none
}

// Link returns the URL of the page with the token in its parameter "token". Where that page is no URL, the link leads
// to the host's.
func (l Links) Link(token string) string {
	for _, page := range []string{l.page(), l.Base + l.Path} {
		if u, err := url.Parse(page); err == nil {
			q := u.Query()
			q.Set("token", token)
			u.RawQuery = q.Encode()
			return u.String()
		}
	}
	return ""
}

func (l Links) page() string {
	switch {
	case strings.HasPrefix(l.Asked, "/"):
		return l.origin() + l.Asked
	case l.Asked != "":
		return l.Asked
	case l.Page != "":
		return l.Page
	}
	return l.Base + l.Path
}

// origin returns scheme and host of the organization's pages, or Base, which may have a path.
func (l Links) origin() string {
	u, err := url.Parse(l.Site)
	if l.Site == "" || err != nil {
		return l.Base
	}
	return u.Scheme + "://" + u.Host
}
