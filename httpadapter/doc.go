// Package httpadapter speaks the three documented HTTP APIs of docs/WIRE.md over one tollkeeper.Authenticator, with
// net/http only:
//
//	mux := http.NewServeMux()
//	err := httpadapter.Mount(mux, auth, httpadapter.Options{})
//
// Organization, V1 and [Platform] answer one family alone, as an http.Handler for any router that leaves
// Request.URL.Path as it came; http.StripPrefix moves a family elsewhere.
//
// A family is data: a table of routes, each with a decoder and an encoder, and a complete table from error code to
// (status, body). What a route does exists once, in the operations_*.go files, for every family. What differs between
// families (a missing credential is 400 in one and 401 in another) is a row of a table, never a branch of a handler.
//
// # Routes
//
// docs/ROUTES.md lists every route; a test holds it to the tables. Beside what docs/WIRE.md documents the organization
// family has, in its envelope:
//
//   - /auth/account/…: email (with its confirmation), username, password, delete, export, secret/rotate;
//   - /auth/mfa/…: verify, enrol, confirm, disable, recovery-codes;
//   - /auth/sessions, /auth/sessions/{id}, /auth/sessions/others, /auth/signout, /auth/reauthenticate,
//     /auth/token/refresh.
//
// A sign-in that stopped at the second factor ends at POST /auth/mfa/verify, whichever family it began in; the v1 and
// platform families answer the same in their shapes at POST /authentiq/v1/user/mfa and POST /api/user/mfa/verify.
// Refresh tokens are exchanged at /auth/token/refresh, /authentiq/v1/token/refresh and /api/user/token/refresh.
//
// # A host's own routes
//
// [RequireAuth], [RequireRole], [RequireRecent] and [IdentityFrom] protect them with the same tokens. [Options.Cookie]
// carries the session in a cookie besides, for pages of the service's own origin; [AcceptCookie] makes [RequireAuth]
// take it. JWKS serves the public keys to services that verify tokens on their own.
package httpadapter
