package ui

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// MountLinkPage puts a page at /link whose button links an issuer to the account that is signed in.
func MountLinkPage(mux httpadapter.Mux, auth *tollkeeper.Authenticator) error {
	s, err := page.New(auth, page.Settings{SignIn: signInPath, Assets: "/link"})
	if err != nil {
		return err
	}
	return s.Mount(mux, []*page.Page{{
		Path: "/link",
		Show: func(v *page.Visit) (page.Screen, string) {
			if v.By == nil {
				return page.Screen{}, v.SignInAgain()
			}
			return page.Screen{Title: "Link", Notice: v.About(), Alert: issuerProblem(v), Forms: []page.Form{{Button: "Link"}}}, ""
		},
		Take: func(v *page.Visit) (string, error) { return "", beginIssuer(v, "test", toLink) },
	}})
}
