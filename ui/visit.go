package ui

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// visit is one request for a page.
type visit struct {
	*site
	*page
	w       http.ResponseWriter
	r       *http.Request
	lang    language
	by      *tollkeeper.Identity // nil: nobody is signed in
	next    string               // where the visitor wants to go; empty: they did not say
	failed  *failure             // of the form that was sent; nil: none
	instead *screen              // what the form brought, shown once; nil: it leads on
}

const mostBody = 64 << 10 // bytes of a form

func (s *site) visit(p *page, w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{site: s, page: p, w: w, r: r, lang: s.words.of(r.Header.Values("Accept-Language"))}
	v.by, _ = httpadapter.IdentityFrom(r.Context())
	v.next = httpadapter.SafeNext(r, "")
	return v
}

// read reads the form, once. False: there is none that may count, and the answer is written.
func (v *visit) read() bool {
	if v.r.Method != http.MethodPost {
		return true
	}
	kind, _, _ := mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, mostBody)
	switch {
	case !v.cookies.OwnPage(v.r):
		v.give(family.ErrCrossOrigin)
	case kind != "application/x-www-form-urlencoded":
		v.give(family.ErrBadBody)
	default:
		return v.readFields()
	}
	return false
}

func (v *visit) readFields() bool {
	err := v.r.ParseForm()
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		v.give(family.ErrLargeBody)
		return false
	}
	for _, values := range v.r.PostForm {
		if len(values) > 1 {
			err = family.ErrBadBody // which one counts would be anybody's guess
		}
	}
	if err != nil {
		v.give(family.ErrBadBody)
	}
	return err == nil
}

// serve shows the page, or does what its form asks and leads on by a redirect, so that going back sends nothing again.
func (v *visit) serve() {
	if v.r.Method == http.MethodPost {
		to, err := v.take(v)
		if err == nil && v.instead != nil {
			v.write(http.StatusOK, *v.instead)
			return
		}
		if err == nil {
			v.redirect(to)
			return
		}
		if v.failed = v.failureOf(err); v.failed.final {
			v.give(err)
			return
		}
	}
	seen, instead := v.show(v)
	switch {
	case instead != "":
		v.redirect(instead)
	case v.failed != nil:
		v.write(v.failed.status, seen)
	default:
		v.write(http.StatusOK, seen)
	}
}

// give shows an error that no form can mend.
func (v *visit) give(err error) {
	f := v.failureOf(err)
	v.failed = nil // it stands in the text
	seen := screen{Title: v.t("problem.title"), Lead: []string{f.text}}
	if v.again != "" && f.final {
		seen.Links = append(seen.Links, v.link(v.again, v.t("link.again")))
	}
	seen.Links = append(seen.Links, v.link(signInPath, v.t("link.sign-in")))
	v.wait(f)
	v.write(f.status, seen)
}

func (v *visit) redirect(to string) {
	v.headers()
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
}

// policy lets a page use the one style sheet and send its form, to this service alone, and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// scripted is policy for a page that asks for a passkey: no script can do that but the one that is served for it.
const scripted = "script-src 'self'; " + policy

func (v *visit) headers() {
	h := v.w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin") // never an address; no-referrer would take the Origin of the form away, too
	if v.mailed {
		h.Set("Referrer-Policy", "no-referrer")
	}
}

// write shows a screen.
func (v *visit) write(status int, seen screen) {
	v.complete(&seen)
	var b bytes.Buffer
	if err := v.template.ExecuteTemplate(&b, "page.html", seen); err != nil {
		v.log.Error("ui: page not written", "path", v.path, "error", err)
		http.Error(v.w, "internal error", http.StatusInternalServerError)
		return
	}
	v.headers()
	if seen.Passkey != nil {
		v.w.Header().Set("Content-Security-Policy", scripted)
	}
	if v.failed != nil {
		v.wait(v.failed)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Vary", "Accept-Language, Cookie")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes()) // an error: the visitor has left
}

// t returns a text in the visitor's language; pairs are names in it and what stands there.
func (v *visit) t(key string, pairs ...string) string { return v.lang.text(key, pairs...) }

// url returns the address of a page as the browser knows it.
func (s *site) url(path string) string { return s.base + s.options.Prefix + path }

// to returns the address of a page that leads on to where the visitor wants to go. pairs are further parameters.
func (v *visit) to(path string, pairs ...string) string { return v.carry(v.url(path), pairs...) }

// self returns the address of this page, for its form.
func (v *visit) self() string { return v.carry(v.base + v.path) }

func (v *visit) carry(address string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if v.next != "" {
		q.Set("next", v.next)
	}
	if len(q) == 0 {
		return address
	}
	return address + "?" + q.Encode()
}

// onward is where the visitor wanted to go.
func (v *visit) onward() string {
	if v.next != "" {
		return v.next
	}
	return v.options.Home
}

func (v *visit) client() tollkeeper.Client {
	v.unread.Look(v.r, v.options.TrustedProxies, v.log, "ui.Options.TrustedProxies")
	return family.ClientOf(v.r, v.options.TrustedProxies...)
}

// value returns a field of the form, without the spaces about it.
func (v *visit) value(field string) string { return strings.TrimSpace(v.r.PostForm.Get(field)) }

// password returns a field as it was typed.
func (v *visit) password(field string) tollkeeper.Password {
	return tollkeeper.Password(v.r.PostForm.Get(field))
}

// token returns that of the mailed link: from the address until the form carries it.
func (v *visit) token() tollkeeper.SecretText {
	if v.r.Method == http.MethodPost {
		return tollkeeper.SecretText(v.r.PostForm.Get("token"))
	}
	if sent := v.r.URL.Query()["token"]; len(sent) == 1 {
		return tollkeeper.SecretText(sent[0])
	}
	return ""
}

// about is what a page is told of the one before it.
func (v *visit) about() string { return v.r.URL.Query().Get("about") }
