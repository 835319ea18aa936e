// Package httpadapter mounts HTTP APIs over one tollkeeper.Authenticator, with net/http only. An ordinary service takes
// package app, which needs no naming; the documented APIs of docs/WIRE.md are packages beside it, and a host may write
// its own:
//
//	mux := http.NewServeMux()
//	err := httpadapter.Mount(mux, auth, httpadapter.Options{})
//	err := httpadapter.Mount(mux, auth, httpadapter.Options{}, organization.API{}, v1.API{}, platform.API{})
//
// [Handler] is one family alone, for any router that leaves Request.URL.Path as it came.
//
// A family is data: a table of routes, each with a decoder and an encoder, and a complete table from error code to
// (status, body). Package family is the engine that serves such a table; hosts write their own with it. What a route
// does exists once, in its operations, for every family. What differs between families (a missing credential is 400 in
// one and 401 in another) is a row of a table, never a branch of a handler.
//
// docs/ROUTES.md lists every route; a test holds it to the tables.
//
// # A host's own routes
//
// [RequireAuth], [OptionalAuth], [RequireRole], [RequireRecent] and [IdentityFrom] protect them with the same sessions,
// from a header or from the cookie; [OnFailure] says what everybody else is answered, such as [SignInPage], which
// [SafeNext] leads back from. [Limit] counts hits per network or account. [WriteError] answers an error of the library,
// [ClientOf] tells the library who asks, [SetSession] and [ClearSession] are for a host that signs people in by itself.
// [JWKS] serves the public keys to services that verify tokens on their own.
package httpadapter
