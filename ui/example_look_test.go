package ui_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing/fstest"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

// pages take the place of those of the package, file by file. A host embeds its own folder instead: go:embed makes an
// embed.FS of it, and fs.Sub the folder.
var pages fs.FS = fstest.MapFS{
	"texts/en.json": {Data: []byte(`{"sign-in.title": "Welcome to the orchard"}`)},
	"page.html": {Data: []byte(`<!doctype html>
<html lang="{{.Lang}}" dir="{{.Dir}}">
<head>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{{.Title}}</title>
{{range .Styles}}<link rel="stylesheet" href="{{.}}"/>{{end}}
{{with .Script}}<script type="module" src="{{.}}"></script>{{end}}
</head>
<body>
<main>
<h1>{{.Title}}</h1>
{{with .Notice}}<p class="notice" role="status">{{.}}</p>{{end}}
{{with .Alert}}<p class="alert" role="alert">{{.}}</p>{{end}}
{{range .Lead}}<p>{{.}}</p>{{end}}
{{with .Key}}<p><img src="{{.Picture}}" alt="{{.PictureText}}"/> <code>{{.Text}}</code> <a href="{{.App}}">{{.AppText}}</a></p>{{end}}
{{with .Codes}}<ul>{{range .}}<li><code>{{.}}</code></li>{{end}}</ul>{{end}}
{{with .Passkey}}{{template "passkey" .}}{{end}}
{{range .Forms}}{{template "form" .}}{{end}}
{{range .Sections}}{{template "section" .}}{{end}}
{{range .Links}}<p><a href="{{.URL}}">{{.Text}}</a></p>{{end}}
</main>
<p>Apples since 1974</p>
</body>
</html>
{{define "codes"}}{{range .}}<code>{{.}}</code>{{end}}{{end}}
{{define "links"}}{{range .}}<a href="{{.URL}}">{{.Text}}</a>{{end}}{{end}}
`)},
}

// looks are those of a host: a picture, a colour for light and one for dark ground, and files of its own.
func looks() ui.Look {
	return ui.Look{
		Logo:   []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><circle cx="1" cy=".5" r=".5" fill="#b3261e"/></svg>`),
		Accent: "#b3261e", AccentDark: "#ffb4ab",
		Files: pages,
	}
}

// A host mounts the pages in its own looks; what cannot be is told there.
func Example_look() {
	err := authtest.Run(func(kit *authtest.Kit) {
		mux := http.NewServeMux()
		if err := ui.Mount(mux, kit.Auth, ui.Options{Look: looks()}); err != nil {
			fmt.Println(err)
			return
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sign-in", nil))
		for _, text := range []string{"<h1>Welcome to the orchard</h1>", "Apples since 1974", "<script>"} {
			fmt.Println(strings.Contains(w.Body.String(), text), text)
		}
		wrong := fstest.MapFS{"page.html": {Data: []byte("<main>\n<h1>{{.Titel}}</h1>\n</main>")}}
		err := ui.Mount(http.NewServeMux(), kit.Auth, ui.Options{Look: ui.Look{Files: wrong}})
		fmt.Println(err != nil, strings.Contains(err.Error(), "page.html:2"))
	})
	fmt.Println(err)
	// Output:
	// true <h1>Welcome to the orchard</h1>
	// true Apples since 1974
	// false <script>
	// true true
	// <nil>
}

// shop mounts the pages of the app's own users, and on the same mux those of an organization at its own host, in its
// looks.
func shop(auth *tollkeeper.Authenticator, parent tollkeeper.Account) (http.Handler, error) {
	mux := http.NewServeMux()
	if err := ui.Mount(mux, auth, ui.Options{}); err != nil {
		return nil, err
	}
	return mux, ui.Mount(mux, auth, ui.Options{
		Scope:  tollkeeper.Under(parent.ID),
		Origin: "https://shop.example",
		Look:   ui.Look{Name: "The Shop", Accent: "#7a1f5c"},
	})
}

// A request is served in the looks of the host that it names.
func Example_organization() {
	err := authtest.Run(func(kit *authtest.Kit) {
		mux, err := shop(kit.Auth, tollkeeper.Account{ID: kit.Parent().ID})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, page := range []string{"https://app.example/sign-in", "https://shop.example/sign-in"} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, page, nil))
			_, title, _ := strings.Cut(w.Body.String(), "<title>")
			title, _, _ = strings.Cut(title, "</title>")
			fmt.Println(page, "-", title)
		}
	})
	fmt.Println(err)
	// Output:
	// https://app.example/sign-in - Sign in – app.example
	// https://shop.example/sign-in - Sign in – The Shop
	// <nil>
}

// orders is a page of the host's own beside them: who is not signed in comes back to it from the form.
func orders(auth *tollkeeper.Authenticator, o ui.Options) http.Handler {
	members := httpadapter.RequireAuth(auth, httpadapter.OnFailure(ui.SignInPage(auth, o)))
	return members(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		fmt.Fprint(w, "Orders of ", id.Email)
	}))
}

func Example_ownPage() {
	err := authtest.Run(func(kit *authtest.Kit) {
		r, w := httptest.NewRequest(http.MethodGet, "/orders?page=2", nil), httptest.NewRecorder()
		r.Header.Set("Accept", "text/html")
		orders(kit.Auth, ui.Options{Prefix: "/me"}).ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Location"))
	})
	fmt.Println(err)
	// Output:
	// 303 /me/sign-in?next=%2Forders%3Fpage%3D2
	// <nil>
}
