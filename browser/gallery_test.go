package browser_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/passkey"
	"github.com/tollkeeper/tollkeeper/ui"
)

// view is a page in one of its states.
type view struct {
	name string
	show func(*gallery) // leaves the tab there
	on   bool           // from where the view before has left the tab
	once bool           // what the page shows is not shown twice
}

// gallery is a world whose views are looked at, one after the other.
type gallery struct {
	*world
	user    authtest.Account // whose password is that of the tests
	strange bool             // the pages are not those of package ui, and have the widget in them
}

// newGallery is a service with all its pages and an issuer that never answers, in a tab that runs scripts.
func newGallery(t *testing.T, edits ...func(*tollkeeper.Config)) *gallery {
	t.Helper()
	g, mux := unmounted(t, edits...)
	if err := errors.Join(httpadapter.Mount(mux, g.kit.Auth, httpadapter.Options{}), ui.Mount(mux, g.kit.Auth, ui.Options{})); err != nil {
		t.Fatal(err)
	}
	g.user = g.kit.User()
	return g
}

// unmounted is the gallery before it has pages.
func unmounted(t *testing.T, edits ...func(*tollkeeper.Config)) (*gallery, *http.ServeMux) {
	t.Helper()
	needAxe(t)
	w := &world{t: t, scheme: "http", host: "auth.localhost"}
	w.begin(5 * time.Minute)
	w.complaints()
	mux := http.NewServeMux()
	mux.Handle("GET /favicon.ico", http.NotFoundHandler())
	stay := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) })
	w.api, w.pages = w.listen(w.counts.before(mux)), w.listen(stay)
	issuer := &issuerNextDoor{Issuer: new(authtest.Issuer), at: w.site("issuer.localhost")}
	w.kit = authtest.New(t, authtest.WithStore(w.counts), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.BaseURL, c.Product, c.Passkeys.Verifier = w.service(""), "Orchard", passkey.New()
		c.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{authtest.IssuerURL: issuer}
		c.Social.App = []tollkeeper.IssuerSettings{{Issuer: authtest.IssuerURL, Enabled: true, ClientID: authtest.IssuerClient}}
		for _, edit := range edits {
			edit(c)
		}
	}))
	return &gallery{world: w}, mux
}

// signIn gives the tab a session of the account, without a page.
func (g *gallery) signIn(a authtest.Account) {
	g.t.Helper()
	g.carry(httpadapter.CookieName, string(g.kit.SignIn(a, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceApp }).Token))
}

// carry gives the tab a cookie.
func (g *gallery) carry(name, value string) {
	g.t.Helper()
	yes := true
	cookie := network.SetCookieParams{Name: name, Value: value, URL: g.service("/"), Path: "/", Secure: &yes, HTTPOnly: &yes, SameSite: network.CookieSameSiteLax}
	if _, err := chromedp.Call(g.tab, network.SetCookie, cookie); err != nil {
		g.t.Fatal(err)
	}
}

// pose is a screen and what its visitor prefers.
type pose struct {
	name          string
	width, height int64
	scale         float64 // pixels of the screen for one of the page: more where somebody has made everything larger
	scheme        string
	forced        string // "active": the visitor's own colours, which are few
}

var (
	narrow   = pose{"320-light", 320, 640, 2, "light", "none"}
	wide     = pose{"1280-dark", 1280, 800, 1, "dark", "none"}
	forced   = pose{"320-forced", 320, 640, 2, "dark", "active"}
	pictured = []pose{narrow, wide, forced, {"320-dark", 320, 640, 2, "dark", "none"}, {"1280-light", 1280, 800, 1, "light", "none"}}
)

// hang looks at every view on a narrow phone and on a wide screen, in light, in dark and in colours of the visitor's
// own, in Arabic, and where no script runs. With TOLLKEEPER_PICTURES, a folder, it keeps what is seen.
func (g *gallery) hang(views []view) {
	g.t.Helper()
	needAxe(g.t)
	for i, v := range views {
		g.emulate(narrow)
		v.show(g)
		if !g.strange {
			g.faultless(v.name, structure)
		}
		g.faultless(v.name+", "+narrow.name, fits)
		g.accessible(v.name+", "+narrow.name, "")
		g.emulate(forced)
		g.faultless(v.name+", "+forced.name, edged)
		g.emulate(wide)
		g.faultless(v.name+", "+wide.name, fits)
		g.accessible(v.name+", "+wide.name, ofLooks)
		if folder := os.Getenv("TOLLKEEPER_PICTURES"); folder != "" {
			for _, p := range pictured {
				g.emulate(p)
				g.keep(filepath.Join(folder, strings.ReplaceAll(v.name, " ", "-")+"-"+p.name+".webp"))
			}
		}
		if !g.strange && !v.once {
			g.emulate(narrow)
			g.plain(v.name, i+1 < len(views) && views[i+1].on)
		}
	}
}

// emulate sets the size of the window and what the visitor prefers.
func (g *gallery) emulate(p pose) {
	g.t.Helper()
	if err := chromedp.Do(g.tab, chromedp.EmulateViewport(p.width, p.height, chromedp.EmulateScale(p.scale))); err != nil {
		g.t.Fatal(err)
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: p.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "forced-colors", Value: p.forced},
	}}
	if _, err := chromedp.Call(g.tab, emulation.SetEmulatedMedia, media); err != nil {
		g.t.Fatal(err)
	}
}

// keep writes a picture of the whole page.
func (g *gallery) keep(name string) {
	g.t.Helper()
	sizes, err := chromedp.Call(g.tab, page.GetLayoutMetrics, cdp.Empty{})
	if err != nil {
		g.t.Fatal(err)
	}
	quality, beyond, whole := int64(80), true, sizes.CSSContentSize
	r, err := chromedp.Call(g.tab, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatWebp, Quality: &quality, CaptureBeyondViewport: &beyond,
		Clip: &page.Viewport{Width: whole.Width, Height: whole.Height, Scale: 1},
	})
	if err != nil {
		g.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(name, r.Data, 0o644); err != nil {
		g.t.Fatal(err)
	}
}

// at opens a page of the service.
func at(path string) func(*gallery) {
	return func(g *gallery) { g.open(g.service(path)) }
}

// sent opens a page and sends its form, filled in.
func sent(path, button string, pairs ...string) func(*gallery) {
	return func(g *gallery) {
		g.open(g.service(path))
		g.submit(button, pairs...)
	}
}
