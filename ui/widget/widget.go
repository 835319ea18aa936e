// Package widget is the sign-in widget of an organization: one script that a page of the organization's domain loads
// with a tag, and that speaks to the organization family of package httpadapter. The host of the service mounts it:
//
//	err := httpadapter.Mount(mux, auth, httpadapter.Options{}, organization.API{})
//	err = widget.Mount(mux, widget.Options{})
//
// and the organization writes into its page:
//
//	<div id="authiqa" data-public-key="APK_…"></div>
//	<script src="https://auth.example/widget.js" defer></script>
//
// It takes the place of the widget of the documented API: window.AuthiqaWidget, its options, events and keys of the
// browser's storage are the same. docs/guides/widget.md has them.
//
// # Safety
//
// The script needs no inline style, no inline script and no eval of the page's policy, and reads no HTML: names,
// messages and whatever else is chosen is shown as text. It keeps the token where the page asks for that, and never
// a password, a refresh token or a parent's secret. The token of a mailed link is taken out of the address at once, and
// does nothing before a button is pressed.
package widget

import (
	"bytes"
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui/internal/route"
)

// Options say where the script is. The zero Options have it at "/widget.js".
type Options struct {
	// Path is that of the script, as "/widget.js". Zero: "/widget.js". Pages ask the service at the origin that they
	// have the script from, whatever its path.
	Path string
}

// Mount puts the script on mux, a [http.ServeMux], chi's router, or one whose patterns mean the same. A path that a
// ServeMux has already is an error that names the pattern; so are Options that cannot be.
func Mount(mux httpadapter.Mux, o Options) error {
	path := cmp.Or(o.Path, "/widget.js")
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.HasSuffix(path, "/") || strings.ContainsAny(path, "{}?#%\\ ") {
		return tollkeeper.ErrInvalidInput.WithField("widget.Options.Path").WithMessage("widget: Options.Path must be a plain path of a file")
	}
	h := Handler()
	return route.Mount(mux, "widget", []route.Route{
		{Method: http.MethodGet, Path: path, Handler: h}, {Method: http.MethodHead, Path: path, Handler: h},
	})
}

// Handler serves the script at any path, compressed for whoever takes that. Browsers ask again after five minutes, and
// get it only if it has changed. Any page may load it: it has nothing of anybody.
func Handler() http.Handler {
	s := script()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h, body := w.Header(), s.plain
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Add("Vary", "Accept-Encoding")
		if takesGzip(r) {
			body = s.zipped
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("ETag", body.tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body.text))
	})
}

// takesGzip reports whether the answer may be compressed: gzip is named, or everything is, and not refused by q=0.
func takesGzip(r *http.Request) bool {
	takes := false
	for item := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, rest, _ := strings.Cut(strings.ToLower(item), ";")
		name = strings.TrimSpace(name)
		if name != "gzip" && name != "*" {
			continue
		}
		q, weighted := strings.CutPrefix(strings.ReplaceAll(rest, " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		takes = !weighted || err == nil && weight > 0
		if name == "gzip" {
			return takes // which counts more than everything
		}
	}
	return takes
}
