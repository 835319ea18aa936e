// Package interop holds tests that JWT libraries of others read tollkeeper's tokens and keys, and that tollkeeper reads
// theirs. It is a module of its own, so that nobody who imports tollkeeper needs them.
package interop
