// Package lint holds tests about the repository itself: which package may
// import which, what go.mod and go.work say, how long a file and a function may be, and what
// no file may contain. CONTRIBUTING.md explains the rules.
package lint
