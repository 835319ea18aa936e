package browser_test

import (
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// TestFirstPaint tells when the sign-in page is first painted after its answer, beside a page of one word, which costs
// what the browser itself costs. Both are loaded in turn, without any cache, as often as TOLLKEEPER_PAINTS says.
func TestFirstPaint(t *testing.T) {
	times, err := strconv.Atoi(os.Getenv("TOLLKEEPER_PAINTS"))
	if err != nil {
		t.Skip("TOLLKEEPER_PAINTS is no number: paints are not measured")
	}
	w := &world{t: t, scheme: "http", host: "auth.localhost"}
	w.begin(time.Duration(times) * 10 * time.Second)
	mux := http.NewServeMux()
	w.api = w.listen(mux)
	w.kit = authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.BaseURL = w.service("") }))
	if err := ui.Mount(mux, w.kit.Auth, ui.Options{}); err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("GET /word", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte(`<!doctype html><title>word</title><link rel="icon" href="data:,"><p>word`))
	})
	paths, took := []string{"/word", "/sign-in"}, map[string][]float64{}
	for range times {
		for _, path := range paths {
			if _, err := chromedp.Call(w.tab, network.ClearBrowserCache, cdp.Empty{}); err != nil {
				t.Fatal(err)
			}
			w.open(w.service(path))
			time.Sleep(300 * time.Millisecond)
			ms, err := strconv.ParseFloat(w.script(`String(performance.getEntriesByName("first-contentful-paint")[0].startTime - performance.getEntriesByType("navigation")[0].responseEnd)`), 64)
			if err != nil {
				t.Fatal(err)
			}
			took[path] = append(took[path], ms)
		}
	}
	for _, path := range paths {
		slices.Sort(took[path])
		t.Logf("%s: painted after %.0f ms, %.0f to %.0f", path, took[path][times/2], took[path][0], took[path][times-1])
	}
}
