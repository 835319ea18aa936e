package ui

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui/internal/console"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// Options say whose pages these are. The zero Options are those of the app's own users, who land at "/". They are
// copied: changing them afterwards has no effect.
type Options struct {
	// Scope is where the users live: zero, the app's own; [tollkeeper.Under] a parent; or [tollkeeper.Tenants], the
	// parents themselves.
	Scope tollkeeper.Scope

	// Home is where people land who came without asking for a page, a path of the same origin as "/dashboard". Zero:
	// "/", below the path of [tollkeeper.Config.BaseURL].
	Home string

	// Prefix stands before the paths of all pages that no mail leads to, as "/account". Zero: nothing does. The others
	// are at the paths of [tollkeeper.Links].
	Prefix string

	// NoConsole leaves out the pages below /admin. Zero: who rules accounts, an admin or a parent, has them there.
	NoConsole bool

	// TrustedProxies are the networks whose X-Forwarded-For is believed. Empty: none, the peer is the client.
	TrustedProxies []netip.Prefix

	// Cookie names further origins of these pages. On is not looked at: pages carry sessions in the cookie.
	Cookie httpadapter.Cookie

	// Look is how the pages look. Zero: the product's name, in blue.
	Look Look

	// Languages are those that the pages are in, as "de", the first for whoever prefers none of them. Nil: the six that
	// are embedded and those that Look.Files have texts in, English first.
	Languages []string

	// NextOrigins are origins besides the own one to which the parameter next may lead, as https://shop.example.
	// Empty: people stay on this origin.
	NextOrigins []string

	// FrameOrigins are origins whose pages may show these in a frame. Empty: none may. The cookies of these pages
	// reach a frame of the same site only.
	FrameOrigins []string

	// Origin is where the pages are that an organization has at its own host, as "https://shop.example". Their
	// patterns name that host, so that one [http.ServeMux] has the pages of many; another router cannot tell hosts
	// apart. Zero: that of [tollkeeper.Config.BaseURL].
	Origin string

	// NoPasswords leaves passwords out of the pages to sign in and up, and the page of forgotten ones: people come in
	// by mail, by passkeys and by issuers. The core takes passwords still, as by the routes of the app family.
	NoPasswords bool

	// Logger gets the causes that no page shows. Nil: that of the Authenticator.
	Logger *slog.Logger
}

// Look is how pages look. The zero Look is the product's name, in blue, on white or nearly black as the browser
// prefers. All of it is checked when pages are mounted.
type Look struct {
	// Name is in the place of [tollkeeper.Config.Product], for the pages of an organization. Empty: the product's.
	Name string

	// Logo is a picture, SVG, PNG, JPEG or WebP, of at most 64 KiB, in the place of the product's name.
	Logo []byte

	// Accent and AccentDark are the colour of buttons and links, on light and on dark ground, as "#1d4fbf". One that
	// cannot be read there is an error. Zero: blue.
	Accent, AccentDark string

	// Files replace those of the pages, file by file: templates, style sheets and texts. docs/guides/looks.md lists
	// them. Nil: none.
	Files fs.FS
}

// Mount puts the pages on mux, a [http.ServeMux], chi's router, or one whose patterns mean the same:
//
//	err := httpadapter.Mount(mux, auth, httpadapter.Options{})
//	err = ui.Mount(mux, auth, ui.Options{})
//
// Each page has a pattern of its own, with its method. One that a ServeMux has already, with the method or for all, is
// an error that names it; then no page is served. What another router refuses by a panic is an error, too, and the
// router may hold some of the pages. So are Options that cannot be. A family that has routes at the paths of
// [tollkeeper.Links], as the organization family has, needs Links that lead elsewhere. So do the pages of a second
// scope on the same mux, besides a Prefix: see ScopeLinks in [tollkeeper.Mail].
func Mount(mux httpadapter.Mux, auth *tollkeeper.Authenticator, o Options) error {
	s, err := page.New(auth, page.Settings{
		Scope: o.Scope, Home: o.Home, Prefix: o.Prefix, SignIn: signInPath, Assets: signInPath, TrustedProxies: o.TrustedProxies,
		Cookie: o.Cookie, Logger: o.Logger, Look: page.Look(o.Look), FrameOrigins: o.FrameOrigins, NextOrigins: o.NextOrigins,
		Origin: o.Origin, NoPasswords: o.NoPasswords, Account: accountPath, SignOut: signOutPath, Languages: o.Languages,
		Console: o.console(),
	})
	if err != nil {
		return err
	}
	table := pages(s)
	if !o.NoConsole {
		table = append(table, console.Pages(s, consolePath, console.Others{Limited: limitedPath, Prove: proveStep})...)
	}
	return s.Mount(mux, table)
}

// console is the page of who rules accounts. Empty: there is none.
func (o Options) console() string {
	if o.NoConsole {
		return ""
	}
	return consolePath
}

// SignInPage is for what [httpadapter.RequireAuth] does not let in: a browser is sent to sign in, or to the page that
// says what its limited session waits for, and comes back from there. Everybody else gets [httpadapter.WriteError].
func SignInPage(auth *tollkeeper.Authenticator, o Options) httpadapter.Failure {
	base := o.Prefix
	if o.Origin == "" {
		base = page.PathOf(auth.BaseURL()) + base
	}
	signIn, limited := httpadapter.SignInPage(base+signInPath), httpadapter.SignInPage(base+limitedPath)
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, tollkeeper.ErrLimitedSession) && strings.Contains(r.Header.Get("Accept"), "text/html") {
			limited(w, r, tollkeeper.ErrNotRecent.WithCause(err)) // that page can mend it
			return
		}
		signIn(w, r, err)
	}
}
