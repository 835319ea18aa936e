package main

import (
	"errors"
	"fmt"
	"io"
	"path"
	"time"
)

// prepareTree writes the version where the tree names it, and tells which files that changed.
func prepareTree(r repository, version string, out io.Writer) error {
	last, err := r.last()
	if err != nil {
		return err
	}
	if err := isNext(last, version); err != nil {
		return err
	}
	text, err := r.read(changelog)
	if err != nil {
		return err
	}
	if _, _, err := section(text, version); err != nil {
		return err
	}
	texts := map[string][]byte{changelog: []byte(dated(text, version, time.Now().UTC().Format(time.DateOnly)))}
	names := []string{changelog}
	for _, folder := range modules() {
		others, err := r.requires(folder, version)
		if err != nil {
			return err
		}
		if len(others) == 0 {
			continue
		}
		name := path.Join(folder, "go.mod")
		if texts[name], err = r.requiring(folder, version); err != nil {
			return err
		}
		names = append(names, name)
	}
	var problems []error
	for _, name := range names {
		changed, err := r.write(name, texts[name])
		if problems = append(problems, err); changed {
			fmt.Fprintln(out, name)
		}
	}
	fmt.Fprintf(out, "read and commit what changed, then: scripts/release %s\n", version)
	return errors.Join(problems...)
}
