package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// ways are the buttons that lead to the issuers of the scope. Where nobody can say which these are, there are none, and
// the page is there.
func ways(v *page.Visit) (list []page.Way) {
	offered, err := v.Auth.Providers(v.R.Context(), v.Settings.Scope)
	if err != nil {
		v.FailureOf(err) // for the log
		return nil
	}
	for _, p := range offered {
		list = append(list, page.Way{Value: p.Name, Text: v.T("provider.button", "{provider}", p.Label)})
	}
	return list
}

// purpose is what a way to an issuer is for.
type purpose int

const (
	toSignIn purpose = iota
	toLink           // a sign-in to the account that is signed in
)

// longestReturn keeps the ticket within what a cookie holds.
const longestReturn = 1000 // bytes

// beginIssuer sends the browser to the issuer that addresses call so. It comes back to [endIssuer], which leads on: to
// where the visitor wants to go, or with toLink to the page that began, with about=linked or error=<code> in its
// address ([issuerProblem]).
//
// The form is answered by a page that goes on by itself, and has a link: a redirect would be held to the policy about
// where forms of this origin may lead, and which issuers there are is known to nobody beforehand.
func beginIssuer(v *page.Visit, name string, to purpose) error {
	in := tollkeeper.IssuerStart{
		Scope: v.Settings.Scope, RedirectURL: callbackOf(v, name), Return: v.Next, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	}
	if name != "" {
		in.Issuer = v.Auth.IssuerNamed(name)
	}
	if in.Issuer == "" {
		return tollkeeper.ErrDisabled
	}
	if to == toLink {
		if in.By = v.By; in.By == nil {
			return tollkeeper.ErrInvalidToken
		}
		in.Return = v.Base + v.Path
	}
	if len(in.Return) > longestReturn {
		in.Return = ""
	}
	begun, err := v.Auth.BeginIssuer(v.R.Context(), in)
	if err != nil {
		return err
	}
	for _, c := range family.IssuerCookies(v.R, begun, to == toLink, v.Value("remember") != "") {
		http.SetCookie(v.W, c)
	}
	label := name
	if u, err := url.Parse(begun.URL); err == nil {
		label = u.Host
	}
	v.Instead = &page.Screen{
		Title: v.T("provider.title"), Lead: []string{v.T("provider.lead", "{host}", label)}, GoTo: begun.URL,
		Links: []page.Link{{URL: begun.URL, Text: v.T("link.on")}},
	}
	return nil
}

// callbackOf is where the issuer sends browsers back to, as it was told. Nothing of it comes from the request but the
// name, which is known.
func callbackOf(v *page.Visit, name string) string {
	return v.Origin + v.URL(providerPath) + "/" + name
}

// endIssuer is where an issuer sends a browser back to: signed in, or with a linked sign-in, it goes on to a page. A
// page of another origin that has it opened unseen uses nothing up.
func endIssuer(v *page.Visit) (page.Screen, string) {
	mode := v.R.Header["Sec-Fetch-Mode"]
	if v.R.Method != http.MethodGet || len(mode) > 0 && mode[0] != "navigate" {
		return page.Screen{}, v.To(signInPath)
	}
	return page.Screen{}, comeBack(v, v.R.URL.Query())
}

// endIssuerPosted is the same for issuers whose page posts the answer. Such a post comes without the session's cookie,
// which a link needs: the browser brings the answer once more, by following a link.
func endIssuerPosted(v *page.Visit) (string, error) {
	q := v.R.PostForm
	if !family.IssuerFromCookie(v.R, q.Get("state")).Links {
		return comeBack(v, q), nil
	}
	again := url.Values{}
	for _, name := range []string{"state", "code", "iss", "error"} {
		if q.Has(name) {
			again.Set(name, q.Get(name))
		}
	}
	return v.URL(providerPath) + "/" + url.PathEscape(nameOf(v)) + "?" + again.Encode(), nil
}

// nameOf is what the address calls the issuer.
func nameOf(v *page.Visit) string { return v.R.URL.Path[strings.LastIndexByte(v.R.URL.Path, '/')+1:] }

// comeBack ends the way, and says where the browser goes.
func comeBack(v *page.Visit, q url.Values) string {
	state := q.Get("state")
	kept := family.IssuerFromCookie(v.R, state)
	if gone := family.NoIssuerCookie(v.R, state); gone != nil {
		http.SetCookie(v.W, gone)
	}
	in := tollkeeper.IssuerReturn{
		Ticket: kept.Ticket, RedirectURL: callbackOf(v, nameOf(v)), State: state, Code: tollkeeper.SecretText(q.Get("code")),
		Iss: q.Get("iss"), Error: q.Get("error"), User: q.Get("user"), By: v.By, Audience: tollkeeper.AudienceApp, Client: v.Client(),
	}
	if kept.Links {
		return linked(v, in)
	}
	s, err := v.Auth.SignInWithIssuer(v.R.Context(), in)
	v.GoOn(s.Return)
	if err != nil {
		return v.To(signInPath, "error", codeOf(v, err))
	}
	return enter(v, s.SignInResult, kept.Remember, family.SessionCookie(s.SignInResult, kept.Remember)) // state and ticket say that this browser began it
}

func linked(v *page.Visit, in tollkeeper.IssuerReturn) string {
	link, err := v.Auth.LinkIssuer(v.R.Context(), v.By, in)
	at := link.Return
	if !page.Here(at) {
		at = v.URL(signInPath)
	}
	if err != nil {
		return at + "?" + url.Values{"error": {codeOf(v, err)}}.Encode()
	}
	return at + "?about=linked"
}

// codeOf is what the address says of an error. What is the service's own fault is logged.
func codeOf(v *page.Visit, err error) string {
	v.FailureOf(err)
	if known, ok := errors.AsType[*tollkeeper.Error](err); ok {
		return string(known.Code)
	}
	return string(tollkeeper.ErrInternal.Code)
}

// issuerProblem is what the page says that a way to an issuer leads back to. Its texts are fixed: whoever makes the
// address up says nothing else by it. Empty: there is nothing to say.
func issuerProblem(v *page.Visit) string {
	switch code := tollkeeper.Code(v.Asked("error")); code {
	case "":
		return ""
	case tollkeeper.ErrInvalidChallenge.Code:
		return v.T("provider.not-completed")
	case tollkeeper.ErrUpstream.Code:
		return v.T("provider.away")
	case tollkeeper.ErrEmailTaken.Code:
		return v.T("provider.taken")
	case tollkeeper.ErrUnverified.Code:
		return v.T("provider.unverified")
	case tollkeeper.ErrConflict.Code:
		return v.T("provider.elsewhere")
	default:
		return v.Told(code)
	}
}
