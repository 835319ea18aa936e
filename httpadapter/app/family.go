// Package app is the API of an ordinary service: one pool of users, JSON, a session in a cookie for its own pages and
// in a bearer token for everyone else, problems as RFC 9457 has them (docs/WIRE.md section 5). It is a table of routes,
// the bodies that they read and write, and nothing else: what a route does is an operation of package family.
//
// What it says of errors is in the language that the request accepts: the texts are files of texts. A host's own words,
// such as those of a hook that refuses, stay as they are.
//
// Its contract is the OpenAPI document of docs/openapi/app.json. It has no pages: what mails link to are pages of the
// host, at the paths of [tollkeeper.Links].
//
// It takes tokens of its own sessions only. A host that signs people in by itself, and wants its sessions to be good
// here, asks for them with Audience: [tollkeeper.AudienceApp].
package app

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// API are the options of the family. The zero API serves the app's own users at /api/auth.
type API struct {
	// Prefix is where the routes are, as "/api/auth". Zero: "/api/auth".
	Prefix string

	// Scope is where the users live: zero, the app's own, or [tollkeeper.Under] a parent. [tollkeeper.Tenants] are
	// refused: they are the accounts of the organization family.
	Scope tollkeeper.Scope

	// BearerOnly sets and reads no cookie: every session goes into the body, also for the service's own pages. There
	// are no routes of providers then.
	BearerOnly bool

	// SecondFactor is the path of the page where a browser goes that comes back from an issuer and has to show a second
	// factor, such as /second-factor of package ui. It finds step=second-factor in its address, and perhaps next; the
	// challenge is in a cookie, and POST /challenge needs none in its body. Zero: [tollkeeper.Links].SignIn.
	SecondFactor string
}

const defaultPrefix = "/api/auth"

// Family returns the table. It refuses a Scope whose id it cannot know, to which tokens are held, and a Prefix that is
// no path.
func (o API) Family() (family.Family, error) {
	home, err := family.HomeOf("app.API.Scope", o.Scope)
	if err != nil {
		return family.Family{}, err
	}
	prefix := cmp.Or(o.Prefix, defaultPrefix)
	f := family.Family{
		Name: "app", Title: "Accounts and sessions", Audience: tollkeeper.AudienceApp, Prefixes: []string{prefix},
		About:   "Sign-up, sign-in, sessions and accounts of one service. Pages of the service's own origin get their session in a cookie, everyone else a bearer token. Errors are application/problem+json, their title and detail in the language of Accept-Language where that is one of en, de, fr, es, zh and ar.",
		Replies: family.Problems, Shape: family.Problem, Home: home, Closed: true, Transport: family.InCookie,
	}
	said, err := readMessages()
	if err != nil {
		return f, err
	}
	f.Shape.Words = said.translate
	if o.BearerOnly {
		f.Transport = family.NeverCookies
	}
	if strings.ContainsAny(prefix, "{}?#%\\ ") {
		return f, family.Refused("app.API.Prefix", "must be a plain path")
	}
	if o.SecondFactor != "" && !canon.LeadsHere(o.SecondFactor) {
		return f, family.Refused("app.API.SecondFactor", "must be a path of the service")
	}
	routes := slices.Concat(sessionRoutes(prefix), mailRoutes, accountRoutes, factorRoutes, passkeyRoutes, adminRoutes(prefix))
	if !o.BearerOnly {
		routes = append(routes, o.providerRoutes(prefix)...)
	}
	for _, r := range routes {
		r.Path = prefix + r.Path
		f.Routes = append(f.Routes, r)
	}
	return f, nil
}

// wrongProof is the same where a mailed code may stand for the password.
var wrongProof = family.At(tollkeeper.ErrInvalidCredentials, 401, "", "Invalid password or mailed code")

// wrongPassword is what somebody who is signed in hears, who gave no email.
var wrongPassword = family.At(tollkeeper.ErrInvalidCredentials, 401, "", "Invalid password")
