package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/tollkeeper/tollkeeper/tools/internal/record"
	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
)

// tag makes the tags of the version, after all that could speak against it.
func tag(r repository, version string, out io.Writer) error {
	if err := r.refusals(version); err != nil {
		return err
	}
	if err := r.judge(version, out); err != nil {
		return err
	}
	tree, err := r.git(nil, "", "rev-parse", "HEAD^{tree}")
	if err != nil {
		return err
	}
	if err := r.importers(tree, version, out); err != nil {
		return err
	}
	return r.tags(version, out)
}

// tags makes all tags or none, each with the notes of the version, and prints how to push them.
func (r repository) tags(version string, out io.Writer) error {
	text, err := r.read(changelog)
	if err != nil {
		return err
	}
	notes, _, err := section(text, version)
	if err != nil {
		return err
	}
	var made []string
	for _, folder := range workspace.Released {
		name := workspace.Tag(folder, version)
		// The notes keep their lines that begin with #.
		if _, err := r.git(nil, name+"\n\n"+notes, "tag", "--annotate", "--cleanup=whitespace", "--file=-", name, "HEAD"); err != nil {
			if len(made) > 0 {
				_, undoErr := r.git(nil, "", append([]string{"tag", "--delete"}, made...)...)
				err = errors.Join(err, undoErr)
			}
			return err
		}
		made = append(made, name)
	}
	fmt.Fprintf(out, "tagged; nothing is pushed yet. To publish it:\n\ngit push --atomic origin HEAD %s\n", strings.Join(made, " "))
	return nil
}

// judge compares the exported API with that of the last version, and refuses what the step to this one does not allow.
func (r repository) judge(version string, out io.Writer) error {
	tree, err := record.Load(r.root)
	if err != nil {
		return err
	}
	now, err := tree.API()
	if err != nil {
		return err
	}
	written, err := record.Read(os.DirFS(filepath.Join(r.root, "api")))
	if err != nil {
		return err
	}
	if !maps.Equal(now, written) {
		return errors.New("the records in api are of another state; run: make api")
	}
	last, err := r.last()
	if err != nil || last == "" {
		return err
	}
	before, err := r.recorded(last)
	if err != nil {
		return err
	}
	return allowed(tree.Compare(before, now), last, version, out)
}

// allowed tells the changes, and refuses those that the step from last to version may not bring.
func allowed(changes []record.Change, last, version string, out io.Writer) error {
	if len(changes) > 0 {
		fmt.Fprintf(out, "since %s:\n", last)
	}
	refused := false
	for _, c := range changes {
		fmt.Fprintln(out, c)
		refused = refused || c.Compatible && !mayAdd(last, version) || !c.Compatible && !mayBreak(last, version)
	}
	if refused {
		return fmt.Errorf("these changes are too many for a step from %s to %s", last, version)
	}
	return nil
}

// recorded returns the API as the records of a tag say it.
func (r repository) recorded(tag string) (record.API, error) {
	dir, err := os.MkdirTemp("", "release-api-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	names, err := r.git(nil, "", "ls-tree", "-r", "--name-only", tag, "api/")
	if err != nil {
		return nil, err
	}
	for name := range strings.Lines(names + "\n") {
		name = strings.TrimSpace(name)
		text, err := r.git(nil, "", "show", tag+":"+name)
		if err != nil {
			return nil, err
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text+"\n"), 0o600)); err != nil {
			return nil, err
		}
	}
	return record.Read(fs.FS(os.DirFS(filepath.Join(dir, "api"))))
}
