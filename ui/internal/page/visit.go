package page

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

// Visit is one request for a page.
type Visit struct {
	*Site
	*Page
	W        http.ResponseWriter
	R        *http.Request
	By       *tollkeeper.Identity // nil: nobody is signed in
	Operator string               // whom the guard named; empty: there is no guard
	Next     string               // where the visitor wants to go; empty: they did not say
	Failed   *Failure             // of the form that was sent; nil: none
	Instead  *Screen              // what the form brought, shown once, or asks for besides, with its error; nil: it leads on

	lang   texts
	typed  typed // in the form before its session ended
	checks bool  // the page asks this service, by a script, what is wrong with a form
}

const (
	mostBody    = 64 << 10 // bytes of a form
	mostAddress = 16 << 10 // bytes: a page says its own address many times, in links to its languages and in its forms
)

func (s *Site) visit(p *Page, w http.ResponseWriter, r *http.Request) *Visit {
	v := &Visit{Site: s, Page: p, W: w, R: r, lang: s.languageOf(r), Operator: operatorOf(r.Context())}
	v.By, _ = httpadapter.IdentityFrom(r.Context())
	if next := r.URL.Query()["next"]; len(next) == 1 && s.leads(next[0]) {
		v.Next = next[0]
	}
	return v
}

// read reads the form, once. False: there is none that may count, or an address that no page says again, and the answer
// is written.
func (v *Visit) read() bool {
	if len(v.R.URL.EscapedPath())+len(v.R.URL.RawQuery) > mostAddress {
		v.headers(false)
		http.Error(v.W, "URI too long", http.StatusRequestURITooLong)
		return false
	}
	if v.R.Method != http.MethodPost {
		return true
	}
	kind, _, _ := mime.ParseMediaType(v.R.Header.Get("Content-Type"))
	v.R.Body = http.MaxBytesReader(v.W, v.R.Body, mostBody)
	switch {
	case !v.Posted && !v.Cookies.OwnPage(v.R):
		v.give(family.ErrCrossOrigin)
	case kind != "application/x-www-form-urlencoded":
		v.give(family.ErrBadBody)
	default:
		return v.readFields()
	}
	return false
}

func (v *Visit) readFields() bool {
	err := v.R.ParseForm()
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		v.give(family.ErrLargeBody)
		return false
	}
	for _, values := range v.R.PostForm {
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
func (v *Visit) serve() {
	if v.R.Method == http.MethodPost {
		to, err := v.Take(v)
		if err == nil && v.Instead != nil {
			v.write(http.StatusOK, *v.Instead)
			return
		}
		if err == nil {
			v.redirect(to)
			return
		}
		if v.Failed = v.FailureOf(err); v.Failed.Final {
			v.give(err)
			return
		}
		if v.Instead != nil {
			v.write(v.Failed.Status, *v.Instead)
			return
		}
	}
	if v.File != nil {
		v.file()
		return
	}
	v.chooseLanguage()
	v.typed = v.takeTyped()
	seen, instead := v.Show(v)
	switch {
	case instead != "":
		v.redirect(instead)
	case v.Failed != nil:
		v.write(v.Failed.Status, seen)
	default:
		v.write(http.StatusOK, seen)
	}
}

// file writes what is no document. What goes wrong before its first byte is a page.
func (v *Visit) file() {
	v.headers(false)
	if err := v.Page.File(v); err != nil {
		v.W.Header().Del("Content-Disposition")
		v.give(err)
	}
}

// give shows an error that no form can mend.
func (v *Visit) give(err error) {
	f := v.FailureOf(err)
	v.Failed = nil // it stands in the text
	seen := Screen{Title: v.T("problem.title"), Lead: []string{f.Text}}
	if v.Again != "" && f.Final {
		seen.Links = append(seen.Links, v.Link(v.Again, v.T("link.again")))
	}
	if v.SignIn != "" {
		seen.Links = append(seen.Links, v.Link(v.SignIn, v.T("link.sign-in")))
	}
	v.wait(f)
	v.write(f.Status, seen)
}

func (v *Visit) redirect(to string) {
	v.headers(false)
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
}

// write shows a screen.
func (v *Visit) write(status int, seen Screen) {
	v.complete(&seen)
	var b bytes.Buffer
	if err := v.assets.template.ExecuteTemplate(&b, "page.html", seen); err != nil {
		v.Log.Error("ui: page not written", "path", v.Path, "error", err)
		http.Error(v.W, "internal error", http.StatusInternalServerError)
		return
	}
	v.headers(seen.Script != "")
	if seen.GoTo != "" {
		v.W.Header().Set("Refresh", "0;url="+seen.GoTo)
	}
	if v.Failed != nil {
		v.wait(v.Failed)
	}
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.W.Header().Set("Content-Language", v.lang.tag)
	v.W.Header().Set("Vary", "Accept-Language, Cookie")
	v.W.WriteHeader(status)
	_, _ = v.W.Write(b.Bytes()) // an error: the visitor has left
}

// T returns a text in the visitor's language; pairs are names in it and what stands there.
func (v *Visit) T(key string, pairs ...string) string { return v.lang.text(key, pairs...) }

// To returns the address of a page that leads on to where the visitor wants to go. pairs are further parameters.
func (v *Visit) To(path string, pairs ...string) string { return v.carry(v.URL(path), pairs...) }

// Self returns the address of this page, for its form.
func (v *Visit) Self() string { return v.carry(v.here()) }

// here is the address of this page: of a row with a name in its path, that which was asked for.
func (v *Visit) here() string {
	if strings.Contains(v.Path, "{") {
		return v.Base + v.R.URL.EscapedPath()
	}
	return v.Base + v.Path
}

// View is the address of this very view, with all that was asked for.
func (v *Visit) View() string {
	if v.R.URL.RawQuery == "" {
		return v.here()
	}
	return v.here() + "?" + v.R.URL.RawQuery
}

func (v *Visit) carry(address string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if v.Next != "" {
		q.Set("next", v.Next)
	}
	if len(q) == 0 {
		return address
	}
	return address + "?" + q.Encode()
}

// GoOn has the visitor end where a page kept that they wanted to go, if it may lead there.
func (v *Visit) GoOn(next string) {
	if v.Next = ""; v.leads(next) {
		v.Next = next
	}
}

// Onward is where the visitor wanted to go.
func (v *Visit) Onward() string {
	if v.Next != "" {
		return v.Next
	}
	return v.Home
}

// Client is who asks, as the core is told.
func (v *Visit) Client() tollkeeper.Client {
	v.unread.Look(v.R, v.TrustedProxies, v.Log, "ui.Options.TrustedProxies")
	c := family.ClientOf(v.R, v.TrustedProxies...)
	c.Language = v.lang.tag // mails are in the language of the page that asks for them
	return c
}

// Value returns a field of the form, without the spaces about it.
func (v *Visit) Value(field string) string { return strings.TrimSpace(v.R.PostForm.Get(field)) }

// Asked returns a parameter of the address, without the spaces about it.
func (v *Visit) Asked(name string) string { return strings.TrimSpace(v.R.URL.Query().Get(name)) }

// Link returns a link to a page that leads on to where the visitor wants to go.
func (v *Visit) Link(path, text string) Link { return Link{v.To(path), text} }

// Password returns a field as it was typed.
func (v *Visit) Password(field string) tollkeeper.Password {
	return tollkeeper.Password(v.R.PostForm.Get(field))
}

// Token returns that of the mailed link: from the address until the form carries it.
func (v *Visit) Token() tollkeeper.SecretText {
	if v.R.Method == http.MethodPost {
		return tollkeeper.SecretText(v.R.PostForm.Get("token"))
	}
	if sent := v.R.URL.Query()["token"]; len(sent) == 1 {
		return tollkeeper.SecretText(sent[0])
	}
	return ""
}

// About is what a page is told of the one before it.
func (v *Visit) About() string { return v.R.URL.Query().Get("about") }
