package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/app"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

const (
	password = "Tr0ub4dor&3x!"
	another  = "Vexing.Quartz9"
)

// world is the families on one port and pages on another, with a tab of the browser.
type world struct {
	t      *testing.T
	kit    *authtest.Kit
	tab    context.Context
	scheme string   // of all pages
	host   string   // of the service
	api    string   // port of the service
	pages  string   // port of everybody else's pages
	listed []string // hosts whose pages Options.Origins lists
	counts *counts
}

// newWorld is on this machine's own names, without TLS.
func newWorld(t *testing.T, o httpadapter.Options) *world {
	t.Helper()
	return makeWorld(&world{t: t, scheme: "http", host: "auth.localhost"}, o)
}

// newWorldWithTLS is on names that are nobody's, with HTTP/2: pages of this machine, which the organization family
// serves, are no strangers.
func newWorldWithTLS(t *testing.T, o httpadapter.Options, more ...httpadapter.API) *world {
	t.Helper()
	return makeWorld(&world{t: t, scheme: "https", host: "auth.example"}, o, more...)
}

func makeWorld(w *world, o httpadapter.Options, more ...httpadapter.API) *world {
	t := w.t
	t.Helper()
	w.begin(time.Minute)
	page := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte("<!doctype html><title>page</title>"))
	})
	mux := http.NewServeMux()
	w.api, w.pages = w.listen(w.counts.before(mux)), w.listen(page)
	for _, host := range w.listed {
		o.Origins = append(o.Origins, w.site(host))
	}

	w.kit = authtest.New(t, authtest.WithStore(w.counts), authtest.WithConfig(func(c *tollkeeper.Config) { c.BaseURL = w.service("") }))
	w.kit.FirstAdmin()
	if err := httpadapter.Mount(mux, w.kit.Auth, o, append([]httpadapter.API{organization.API{}, v1.API{}, platform.API{}, app.API{}}, more...)...); err != nil {
		t.Fatal(err)
	}
	mux.Handle("GET /page", page)
	return w
}

// begin opens the world's tab, which lasts so long and has no cookies of the test before, and gives it a store.
func (w *world) begin(longest time.Duration) {
	w.t.Helper()
	w.tab, w.counts = tab(w.t, longest), &counts{Store: memory.New(), arrived: map[string]int{}}
	if _, err := chromedp.Call(w.tab, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		w.t.Fatal(err)
	}
}

// listen serves until the test ends, and returns the port.
func (w *world) listen(h http.Handler) string {
	w.t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that the browser gives up
	if w.scheme == "https" {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	w.t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	return port
}

// service is a URL of the service itself.
func (w *world) service(path string) string { return w.at(w.host, path) }

// at is a URL of the service under one of its names.
func (w *world) at(host, path string) string { return w.scheme + "://" + host + ":" + w.api + path }

// site is an origin of somebody else's pages.
func (w *world) site(host string) string { return w.scheme + "://" + host + ":" + w.pages }

// open shows a page of an origin.
func (w *world) open(url string) {
	w.t.Helper()
	if err := chromedp.Do(w.tab, chromedp.Navigate(url)); err != nil {
		w.t.Fatal(url, err)
	}
}

// answer is what a page could read of a response.
type answer struct {
	Status int    // 0: nothing, the browser withheld it
	Type   string // of the response: "basic", "cors", "opaque"
	Body   string
	Error  string // of the script
}

func (a answer) field(path string) string {
	var v any
	if json.Unmarshal([]byte(a.Body), &v) != nil {
		return ""
	}
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// fetch sends a request from the page that is open: init are the options of fetch, as JavaScript.
func (w *world) fetch(path, init string) answer {
	w.t.Helper()
	return w.fetchURL(w.service(path), init)
}

func (w *world) fetchURL(url, init string) answer {
	w.t.Helper()
	script := `(async () => {
		try {
			const r = await fetch(` + quote(url) + `, ` + init + `)
			return {Status: r.status, Type: r.type, Body: await r.text()}
		} catch (e) {
			return {Error: e.name}
		}
	})()`
	a, err := chromedp.Run(w.tab, chromedp.Evaluate[answer](script, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatal(url, err)
	}
	return a
}

// post sends pairs of names and values as JSON.
func (w *world) post(path string, pairs ...string) answer {
	w.t.Helper()
	return w.fetch(path, `{method: "POST", headers: {"Content-Type": "application/json"}, body: `+quote(object(pairs...))+`}`)
}

// cookies are those that the browser would send to the service.
func (w *world) cookies() []network.Cookie {
	w.t.Helper()
	r, err := chromedp.Call(w.tab, network.GetCookies, network.GetCookiesParams{URLs: []string{w.service("/")}})
	if err != nil {
		w.t.Fatal(err)
	}
	var found []network.Cookie
	for _, c := range r.Cookies {
		found = append(found, *c)
	}
	return found
}

func object(pairs ...string) string {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
		if pairs[i+1] == "true" {
			m[pairs[i]] = true
		}
	}
	text, _ := json.Marshal(m) // strings always encode
	return string(text)
}

func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}
