// Command release makes a version of the modules that others import, all with one number.
//
//	release --check [VERSION]  has an importer use the tree as it is, as that version
//	release --prepare VERSION  makes every go.mod require that version, and dates its section of CHANGELOG.md
//	release VERSION            checks everything and tags the commit
//
// A version is the next one after the tags, as v1.2.3. Nothing is pushed and nothing is committed: a person reads what
// --prepare changed and commits it, and pushes the tags by the command that is printed at the end. Which changes a
// version may bring stands in docs/COMPATIBILITY.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	check := flag.Bool("check", false, "have an importer use the tree as the version")
	prepare := flag.Bool("prepare", false, "write the version into the go.mod files and CHANGELOG.md")
	flag.Parse()
	if flag.NArg() > 1 || *check && *prepare || flag.NArg() == 0 && !*check {
		fmt.Fprintln(os.Stderr, "usage: release --check [VERSION] | --prepare VERSION | VERSION")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := repository{ctx: ctx, root: "."}
	do := tag
	switch {
	case *check:
		do = checkTree
	case *prepare:
		do = prepareTree
	}
	if err := do(r, flag.Arg(0), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// checkTree has an importer use the tree, with what is not committed, as the version, or else the one that comes next.
func checkTree(r repository, version string, out io.Writer) error {
	last, err := r.last()
	if err != nil {
		return err
	}
	if version == "" {
		version = following(last)[0]
	}
	if err := isNext(last, version); err != nil {
		return err
	}
	tree, err := r.prepared(version)
	if err != nil {
		return err
	}
	return r.importers(tree, version, out)
}
