package letter_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/letter"
)

func TestLink(t *testing.T) {
	const base, site = "https://auth.example/app", "https://acme.example/home?x=1"
	for name, c := range map[string]struct {
		links letter.Links
		want  string
	}{
		"the host's page":             {letter.Links{Base: base, Path: "/reset"}, "https://auth.example/app/reset?token=T"},
		"the organization's page":     {letter.Links{Base: base, Path: "/reset", Site: site, Page: "https://acme.example/new"}, "https://acme.example/new?token=T"},
		"an organization without one": {letter.Links{Base: base, Path: "/reset", Site: site}, "https://auth.example/app/reset?token=T"},
		"a path, at an organization":  {letter.Links{Base: base, Path: "/reset", Site: site, Page: "https://acme.example/new", Asked: "/mine"}, "https://acme.example/mine?token=T"},
		"a path, at the host":         {letter.Links{Base: base, Path: "/reset", Asked: "/mine"}, "https://auth.example/app/mine?token=T"},
		"a URL":                       {letter.Links{Base: base, Path: "/reset", Site: site, Page: "https://acme.example/new", Asked: "https://acme.example/mine"}, "https://acme.example/mine?token=T"},
		"a page with a query":         {letter.Links{Base: base, Path: "/reset", Page: "https://acme.example/new?lang=en&token=x#top"}, "https://acme.example/new?lang=en&token=T#top"},
		"a page that is no URL":       {letter.Links{Base: base, Path: "/reset", Page: "https://%zz"}, "https://auth.example/app/reset?token=T"},
		"a site that is no URL":       {letter.Links{Base: base, Path: "/reset", Site: "https://%zz", Asked: "/mine"}, "https://auth.example/app/mine?token=T"},
		"nothing that is a URL":       {letter.Links{Base: "https://%zz", Path: "/reset"}, ""},
	} {
		if got := c.links.Link("T"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestLinkEscapesItsToken(t *testing.T) {
	const want = "https://auth.example/reset?token=a%26b%3Dc%23d"
	if got := (letter.Links{Base: "https://auth.example", Path: "/reset"}).Link("a&b=c#d"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
