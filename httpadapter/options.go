package httpadapter

import "github.com/tollkeeper/tollkeeper/httpadapter/family"

type (
	// Options are what all families of a service share: trusted proxies, origins, cookies, the logger. What one family
	// knows by itself stands in its own struct, as organization.API. Every zero is the documented default.
	Options = family.Options

	// Cookie is how sessions are carried in a cookie.
	Cookie = family.Cookie

	// API is a family with its options, as app.API or a host's own.
	API = family.API
)

// CookieName is the name of the session cookie.
const CookieName = family.CookieName
