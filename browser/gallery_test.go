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
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/ui"
)

// view is a page in one of its states.
type view struct {
	name string
	show func(*gallery) // leaves the tab there
}

// gallery is a world whose views are looked at, one after the other.
type gallery struct {
	*world
	user authtest.Account // whose password is that of the tests
}

// newGallery is a service with all its pages, in a tab that runs scripts.
func newGallery(t *testing.T) *gallery {
	t.Helper()
	needAxe(t)
	w := &world{t: t, scheme: "http", host: "auth.localhost"}
	w.tab, w.counts = tabFor(t, 5*time.Minute), &counts{Store: memory.New(), arrived: map[string]int{}}
	if _, err := chromedp.Call(w.tab, network.ClearBrowserCookies, cdp.Empty{}); err != nil { // of the test before
		t.Fatal(err)
	}
	w.complaints()
	mux := http.NewServeMux()
	w.api = w.listen(w.counts.before(mux))
	w.kit = authtest.New(t, authtest.WithStore(w.counts), authtest.WithIssuer(), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.BaseURL, c.Product, c.Passkeys.Verifier = w.service(""), "Orchard", passkey.New()
	}))
	if err := errors.Join(httpadapter.Mount(mux, w.kit.Auth, httpadapter.Options{}), ui.Mount(mux, w.kit.Auth, ui.Options{})); err != nil {
		t.Fatal(err)
	}
	mux.Handle("GET /favicon.ico", http.NotFoundHandler())
	return &gallery{world: w, user: w.kit.User()}
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

// poses are how every view is looked at: on a narrow phone and on a wide screen, in light and in dark.
var poses = []struct {
	name          string
	width, height int64
	scheme        string
	axe           bool
}{
	{"320-light", 320, 640, "light", true},
	{"1280-dark", 1280, 800, "dark", true},
	{"320-dark", 320, 640, "dark", false},
	{"1280-light", 1280, 800, "light", false},
}

// hang shows every view in every look. None is wider than its screen, says less than can be read, or has anything that
// axe-core knows to be wrong. With TOLLKEEPER_PICTURES, a folder, it keeps what is seen.
func (g *gallery) hang(views []view) {
	g.t.Helper()
	needAxe(g.t)
	for _, v := range views {
		g.emulate(poses[0].width, poses[0].height, poses[0].scheme)
		v.show(g)
		for _, l := range poses {
			g.emulate(l.width, l.height, l.scheme)
			what := v.name + ", " + l.name
			if wide := g.script(`String(document.documentElement.scrollWidth > innerWidth ? document.documentElement.scrollWidth : "")`); wide != "" {
				g.t.Errorf("%s: %s pixels wide", what, wide)
			}
			if l.axe {
				g.accessible(what)
			}
			if folder := os.Getenv("TOLLKEEPER_PICTURES"); folder != "" {
				g.keep(filepath.Join(folder, strings.ReplaceAll(v.name, " ", "-")+"-"+l.name+".webp"))
			}
		}
	}
}

// emulate sets the size of the window and what the visitor prefers.
func (g *gallery) emulate(width, height int64, scheme string) {
	g.t.Helper()
	if err := chromedp.Do(g.tab, chromedp.EmulateViewport(width, height)); err != nil {
		g.t.Fatal(err)
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
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
