package main

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// resetPath is where the links of reset mails lead, tollkeeper.Links.Reset.
const resetPath = "/reset-password"

// linkPath is where the links of mails that sign in lead, tollkeeper.Links.SignInLink.
const linkPath = "/sign-in-link"

// mountPages adds the pages that are not part of the documented routes: a list of them at "/", and the forms behind the
// links of mails that reset a password or sign in.
func mountPages(mux *http.ServeMux) {
	mux.Handle("GET /{$}", page("home.html"))
	mux.Handle("GET "+resetPath, page("reset.html"))
	mux.Handle("GET "+linkPath, page("sign-in-link.html"))
}

// page shows a template that takes nothing but the nonce of its own style and script. No page may frame it, nothing
// else may run in it, and its address, which may carry a token, is told to nobody (R69).
func page(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		nonce := rand.Text()
		var b bytes.Buffer
		if err := pages.ExecuteTemplate(&b, name, nonce); err != nil {
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; script-src 'nonce-"+nonce+"'; "+
			"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
		_, _ = w.Write(b.Bytes())
	})
}
