package ui

import "github.com/tollkeeper/tollkeeper/ui/internal/page"

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
	consolePath = "/admin"

	providerPath = "/provider" // of each issuer one below it
)

// pages is the table. A further page is a row, a file beside this one, and its texts.
func pages(s *page.Site) []*page.Page {
	own := func(path string) string { return s.Prefix + path }
	forgotten := forgotPath
	if s.NoPasswords {
		forgotten = linkPath
	}
	list := []*page.Page{
		{Path: own(signInPath), Show: showSignIn, Take: signIn},
		{Path: own(secondPath), Show: showSecondFactor, Take: proveSecondFactor},
		{Path: own(signUpPath), Show: showSignUp, Take: signUp},
		{Path: own(signOutPath), Show: showSignOut, Take: signOut},
		{Path: own(mailPath), Show: showCheckMail, Take: mailAgain},
		{Path: own(linkPath), Show: showMailLink, Take: mailLink},
		{Path: own(factorPath), Show: showFactor, Take: setUpFactor},
		{Path: own(limitedPath), Show: showLimited, Take: endLimit},
		{Path: own(donePath), Show: showDone},
		{Path: own(providerPath) + "/{name}", Posted: true, Show: endIssuer, Take: endIssuerPosted},
		{Path: s.Links.SignInLink, Mailed: true, Again: linkPath, Show: showLink, Take: signInByLink},
		{Path: s.Links.Verify, Mailed: true, Again: mailPath, Show: showConfirm, Take: confirm},
		{Path: s.Links.Reset, Mailed: true, Again: forgotten, Show: showReset, Take: reset},
		{Path: s.Links.ChangeEmail, Mailed: true, Show: showChange, Take: change},
	}
	list = append(list, accountPages(own)...)
	if !s.NoPasswords {
		list = append(list, &page.Page{Path: own(forgotPath), Show: showForgot, Take: forgot})
	}
	return list
}
