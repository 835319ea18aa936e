package ui

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// MountFormPage puts a page with a form at /form that is for who is signed in, and leads to /done?name=… .
func MountFormPage(mux httpadapter.Mux, auth *tollkeeper.Authenticator) error {
	s, err := page.New(auth, page.Settings{SignIn: signInPath, Assets: "/form"})
	if err != nil {
		return err
	}
	fields := func() []page.Field {
		return []page.Field{
			{Name: "name", Label: "Name", Type: "text", Complete: "off"},
			{Name: "note", Label: "Note", Type: "text", Complete: "off", Optional: true},
			{Name: "password", Label: "Password", Type: "password", Complete: "current-password"},
			{Name: "agree", Label: "Agree", Type: "checkbox", Optional: true},
		}
	}
	return s.Mount(mux, []*page.Page{{
		Path: "/form",
		Show: func(v *page.Visit) (page.Screen, string) {
			if v.By == nil {
				return page.Screen{}, v.SignInAgain()
			}
			return page.Screen{Title: "Form", Notice: v.About(), Forms: []page.Form{{Do: "a", Fields: fields(), Button: "A"}, {Do: "b", Fields: fields(), Button: "B"}}}, ""
		},
		Take: func(v *page.Visit) (string, error) {
			if v.By == nil {
				return v.SignInAgain("name", "note", "agree"), nil
			}
			return v.To("/form", "about", v.Value("name")), nil
		},
	}})
}

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
