package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
	"golang.org/x/mod/modfile"
)

// repository is a work tree of git.
type repository struct {
	ctx  context.Context
	root string
}

// git runs git in the repository with more environment and with input, and returns what it prints.
func (r repository) git(env []string, input string, args ...string) (string, error) {
	command := exec.CommandContext(r.ctx, "git", args...)
	command.Dir = r.root
	command.Env = append(os.Environ(), env...)
	command.Stdin = strings.NewReader(input)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, problems.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// last returns the version that was tagged last, or "".
func (r repository) last() (string, error) {
	tags, err := r.git(nil, "", "tag", "--list", "v*")
	return latest(strings.Fields(tags)), err
}

// modules are the folders of all modules. Those that are not released require the same version, so that one number is
// true of the whole tree.
func modules() []string { return slices.Concat(workspace.Released, workspace.Private) }

// requires tells which modules of this repository a module requires in another version.
func (r repository) requires(folder, version string) (others []string, err error) {
	mod, err := workspace.Mod(r.root, folder)
	if err != nil {
		return nil, err
	}
	for _, required := range mod.Require {
		if _, ours := workspace.Folder(required.Mod.Path); ours && required.Mod.Version != version {
			others = append(others, required.Mod.String())
		}
	}
	return others, nil
}

// requiring returns the go.mod of a module as it has to be for the version.
func (r repository) requiring(folder, version string) ([]byte, error) {
	mod, err := workspace.Mod(r.root, folder)
	if err != nil {
		return nil, err
	}
	var lines []*modfile.Require
	for _, required := range mod.Require {
		if _, ours := workspace.Folder(required.Mod.Path); ours {
			required.Mod.Version = version
		}
		lines = append(lines, required)
	}
	mod.SetRequireSeparateIndirect(lines)
	mod.Cleanup()
	return mod.Format()
}

// prepared returns the tree of what is there now, with what is not committed, where each go.mod requires the version.
// Neither the files nor the index change.
func (r repository) prepared(version string) (string, error) {
	dir, err := os.MkdirTemp("", "release-index-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	index := []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	if _, err := r.git(index, "", "read-tree", "HEAD"); err != nil {
		return "", err
	}
	if _, err := r.git(index, "", "add", "--all"); err != nil {
		return "", err
	}
	for _, folder := range modules() {
		others, err := r.requires(folder, version)
		if err != nil {
			return "", err
		}
		if len(others) == 0 {
			continue
		}
		text, err := r.requiring(folder, version)
		if err != nil {
			return "", err
		}
		blob, err := r.git(nil, string(text), "hash-object", "-w", "--stdin")
		if err != nil {
			return "", err
		}
		if _, err := r.git(index, "", "update-index", "--cacheinfo", "100644,"+blob+","+path.Join(folder, "go.mod")); err != nil {
			return "", err
		}
	}
	return r.git(index, "", "write-tree")
}

func (r repository) read(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(r.root, name))
	return string(text), err
}

// write replaces a file that is there, and tells whether that changed it.
func (r repository) write(name string, text []byte) (bool, error) {
	before, err := os.ReadFile(filepath.Join(r.root, name))
	if err != nil || bytes.Equal(before, text) {
		return false, err
	}
	return true, os.WriteFile(filepath.Join(r.root, name), text, 0o666)
}

// refusals says everything that keeps the commit from being the version.
func (r repository) refusals(version string) error {
	var problems []error
	last, err := r.last()
	problems = append(problems, err, isNext(last, version))
	status, err := r.git(nil, "", "status", "--porcelain")
	if problems = append(problems, err); status != "" {
		problems = append(problems, fmt.Errorf("what is here is not committed:\n%s", status))
	}
	text, err := r.read(changelog)
	problems = append(problems, err)
	if _, date, err := section(text, version); err != nil {
		problems = append(problems, err)
	} else if date == unreleased {
		problems = append(problems, fmt.Errorf("%s calls %s unreleased", changelog, version))
	}
	for _, folder := range modules() {
		others, err := r.requires(folder, version)
		if problems = append(problems, err); len(others) > 0 {
			problems = append(problems, fmt.Errorf("%s/go.mod requires %s", folder, strings.Join(others, ", ")))
		}
	}
	for _, folder := range workspace.Released {
		name := workspace.Tag(folder, version)
		found, err := r.git(nil, "", "tag", "--list", name)
		if problems = append(problems, err); found != "" {
			problems = append(problems, fmt.Errorf("the tag %s is there", name))
		}
	}
	return errors.Join(problems...)
}
