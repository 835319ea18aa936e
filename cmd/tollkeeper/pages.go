package main

import (
	"bytes"
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// resetPath is where the links of reset mails lead, tollkeeper.Links.Reset.
const resetPath = "/reset-password"

// linkPath is where the links of mails that sign in lead, tollkeeper.Links.SignInLink.
const linkPath = "/sign-in-link"

// tenantsPrefix stands before the paths of the pages for tenants.
const tenantsPrefix = "/tenants"

// mailed says where links in mails lead: those of the app's own users and of tenants to pages of package ui, those of
// the children of an organization without pages of its own to the forms below, and to the documented routes.
func mailed(m tollkeeper.Mailer) tollkeeper.Mail {
	return tollkeeper.Mail{
		Mailer: m, Links: tollkeeper.Links{Reset: resetPath, SignInLink: linkPath},
		ScopeLinks: map[tollkeeper.Scope]tollkeeper.Links{{}: linksBelow(""), tollkeeper.Tenants: linksBelow(tenantsPrefix)},
	}
}

func linksBelow(prefix string) tollkeeper.Links {
	return tollkeeper.Links{
		Verify: prefix + "/confirm-email", Reset: prefix + "/choose-password", ChangeEmail: prefix + "/confirm-new-email",
		SignIn: prefix + "/sign-in", SignInLink: prefix + "/mailed-link",
	}
}

// mountPages adds the pages of the app's own users, those of tenants with their console, the operator's console, and
// those that are not part of the documented routes: a list of what there is at "/", and the forms behind the links of
// mails that reset a password or sign in.
func (s *site) mountPages(mux *http.ServeMux) error {
	mountForms(mux)
	return errors.Join(
		s.mountConsole(mux),
		ui.Mount(mux, s.auth, ui.Options{Home: "/account", TrustedProxies: s.proxies}),
		ui.Mount(mux, s.auth, ui.Options{Scope: tollkeeper.Tenants, Prefix: tenantsPrefix, Home: tenantsPrefix + "/admin", TrustedProxies: s.proxies}),
	)
}

// operatorPath is where the operator looks after everything.
const operatorPath = "/operator"

// mountConsole adds the console of the operator, who signs in on the page of the app's own users.
func (s *site) mountConsole(mux *http.ServeMux) error {
	console := http.NewServeMux()
	if err := ui.MountConsole(console, s.auth, ui.Console{Prefix: operatorPath, Guard: s.operator, TrustedProxies: s.proxies}); err != nil {
		return err
	}
	known := httpadapter.RequireAuth(s.auth, httpadapter.InScope(tollkeeper.Scope{}), httpadapter.AcceptCookie(httpadapter.Cookie{}),
		httpadapter.OnFailure(ui.SignInPage(s.auth, ui.Options{})))(console)
	mux.Handle(operatorPath, known)
	mux.Handle(operatorPath+"/", known)
	return nil
}

// operator names the admin of the flag -admin, and nobody else: other admins rule the app's own users alone. An account
// that somebody else made with that address is no admin.
func (s *site) operator(r *http.Request) (string, error) {
	id, ok := httpadapter.IdentityFrom(r.Context())
	if !ok || id.Role != tollkeeper.RoleAdmin || !strings.EqualFold(id.Email, s.admin) || id.Limited != tollkeeper.Unlimited {
		return "", tollkeeper.ErrForbidden
	}
	return id.Email, nil
}

func mountForms(mux *http.ServeMux) {
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
