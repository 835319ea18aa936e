package ui

import (
	"net/http"

	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// page is a row of the table of pages.
type page struct {
	path   string
	mailed bool                          // a mail leads here, with a token in the address
	again  string                        // where to ask for another mail; empty: nowhere
	show   func(*visit) (screen, string) // what is seen, or where to go instead
	take   func(*visit) (string, error)  // does what the form asks, and says where to go then; nil: there is no form
}

const (
	signInPath  = "/sign-in"
	signUpPath  = "/sign-up"
	signOutPath = "/sign-out"
	secondPath  = "/second-factor"
	forgotPath  = "/forgot"
	mailPath    = "/check-mail"
	linkPath    = "/mail-link"
	factorPath  = "/set-up-factor"
	limitedPath = "/limited"
	donePath    = "/done"
)

// pages is the table. A further page is a row, a file beside this one, and its texts.
func (s *site) pages() []*page {
	own := func(path string) string { return s.options.Prefix + path }
	return []*page{
		{path: own(signInPath), show: showSignIn, take: signIn},
		{path: own(secondPath), show: showSecondFactor, take: proveSecondFactor},
		{path: own(signUpPath), show: showSignUp, take: signUp},
		{path: own(signOutPath), show: showSignOut, take: signOut},
		{path: own(mailPath), show: showCheckMail, take: mailAgain},
		{path: own(linkPath), show: showMailLink, take: mailLink},
		{path: own(forgotPath), show: showForgot, take: forgot},
		{path: own(factorPath), show: showFactor, take: setUpFactor},
		{path: own(limitedPath), show: showLimited, take: endLimit},
		{path: own(donePath), show: showDone},
		{path: s.links.SignInLink, mailed: true, again: linkPath, show: showLink, take: signInByLink},
		{path: s.links.Verify, mailed: true, again: mailPath, show: showConfirm, take: confirm},
		{path: s.links.Reset, mailed: true, again: forgotPath, show: showReset, take: reset},
		{path: s.links.ChangeEmail, mailed: true, show: showChange, take: change},
	}
}

// handler serves a page to everybody, and knows who is signed in.
func (s *site) handler(p *page) http.Handler {
	known := httpadapter.OptionalAuth(s.auth,
		httpadapter.AllowLimited(), httpadapter.InScope(s.options.Scope), httpadapter.AcceptCookie(s.options.Cookie),
		httpadapter.OnFailure(func(w http.ResponseWriter, r *http.Request, err error) { s.visit(p, w, r).give(err) }),
	)
	serve := known(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.visit(p, w, r).serve() }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v := s.visit(p, w, r); !v.read() {
			return // a page of somebody else, or no form: nobody is asked who that is
		}
		serve.ServeHTTP(w, r)
	})
}
