// Package typescript holds the tests of the npm package in its folder: they build it, and run it against a service. It
// is a module of its own, so that nobody who imports tollkeeper has its files.
package typescript
