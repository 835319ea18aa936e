// Command testsummary reads the output of "go test -json" and prints what a
// person wants to know: one line per package, every failure whole, every skip
// with its reason, and at the end "N passed, N failed, N skipped".
//
// It exits 1 when a test or a package failed, when nothing ran, or when a test
// was skipped because a server or program that make test provides was not
// named to it: such a skip would pass for a proof.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Stdin, os.Stdout, os.Stderr))
}

func run(in io.Reader, out, errs io.Writer) int {
	sum := newSummary(out)
	if err := sum.read(in); err != nil {
		fmt.Fprintln(errs, "testsummary:", err)
		return 1
	}
	if !sum.finish() {
		return 1
	}
	return 0
}
