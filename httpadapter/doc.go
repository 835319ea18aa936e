// Package httpadapter speaks the three documented HTTP APIs of WIRE.md over one tollkeeper.Authenticator, with
// net/http only:
//
//	mux := http.NewServeMux()
//	err := httpadapter.Mount(mux, auth, httpadapter.Options{V1Scope: house.ID})
//
// Organization, V1 and Platform answer one family alone, as an http.Handler for any router that leaves
// Request.URL.Path as it came; http.StripPrefix moves a family elsewhere.
//
// A family is data: a table of routes, each with a decoder and an encoder, and a complete table from error code to
// (status, body). What a route does exists once, in the operations_*.go files, for every family. What differs between
// families (a missing credential is 400 in one and 401 in another) is a row of a table, never a branch of a handler.
//
// RequireAuth, RequireRole and IdentityFrom protect the host's own routes with the same tokens.
package httpadapter
