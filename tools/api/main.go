// Command api compares what the released packages export with the records in the folder api, and fails when they
// differ. It says what whoever imports them has to change.
//
//	go run ./tools/api         compares
//	go run ./tools/api -write  writes the records anew
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"

	"github.com/tollkeeper/tollkeeper/tools/internal/record"
)

func main() {
	write := flag.Bool("write", false, "write the records anew")
	flag.Parse()
	same, err := run(os.Stdout, ".", "api", *write)
	if err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
	if !same && !*write {
		fmt.Println("the records in api are of another state; if it is meant, run: make api")
		os.Exit(1)
	}
}

// run tells how the exports of the repository at root differ from the records in folder, and whether those are right.
func run(out io.Writer, root, folder string, write bool) (bool, error) {
	tree, err := record.Load(root)
	if err != nil {
		return false, err
	}
	now, err := tree.API()
	if err != nil {
		return false, err
	}
	written, err := record.Read(os.DirFS(folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	for _, c := range tree.Compare(written, now) {
		fmt.Fprintln(out, c)
	}
	if write {
		return true, now.Write(folder)
	}
	return maps.Equal(written, now), nil
}
