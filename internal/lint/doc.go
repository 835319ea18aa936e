// Package lint holds tests about the repository itself: which package may
// import which, what go.mod and go.work say, how long a file and a function may be, what
// no file may contain, and that whatever a comment or a page cites is there.
// docs/ARCHITECTURE.md and CONTRIBUTING.md explain the rules.
package lint
