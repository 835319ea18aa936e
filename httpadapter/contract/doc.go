// Package contract holds tests that what httpadapter serves is what its OpenAPI documents say, as a validator of
// somebody else reads them, and that it serves on somebody else's router. It is a module of its own, so that nobody who
// imports tollkeeper needs either.
package contract
