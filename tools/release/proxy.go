package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// serve writes the released modules of a tree into dir, as the module proxy of a file URL has them. The archives are
// made as the go command makes them of a tag.
func (r repository) serve(dir, tree, version string) error {
	plain, err := r.borrowed()
	if err != nil {
		return err
	}
	defer os.RemoveAll(plain.root)
	for _, folder := range workspace.Released {
		if err := plain.serveModule(dir, tree, folder, version); err != nil {
			return err
		}
	}
	return nil
}

// borrowed returns a repository of no branch with the objects of r: r may be a further work tree of another repository,
// in which [zip.CreateFromVCS] finds no git.
func (r repository) borrowed() (repository, error) {
	objects, err := r.git(nil, "", "rev-parse", "--path-format=absolute", "--git-path", "objects")
	if err != nil {
		return repository{}, err
	}
	dir, err := os.MkdirTemp("", "release-git-")
	if err != nil {
		return repository{}, err
	}
	plain := repository{r.ctx, dir}
	_, err = plain.git(nil, "", "init", "--quiet")
	return plain, errors.Join(err, os.WriteFile(filepath.Join(dir, ".git", "objects", "info", "alternates"), []byte(objects+"\n"), 0o600))
}

func (r repository) serveModule(dir, tree, folder, version string) error {
	escaped, err := module.EscapePath(workspace.Path(folder))
	if err != nil {
		return err
	}
	dir = filepath.Join(dir, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	prefix := ""
	if folder != "." {
		prefix = folder + "/"
	}
	mod, err := r.git(nil, "", "show", tree+":"+prefix+"go.mod")
	if err != nil {
		return err
	}
	info, err := json.Marshal(map[string]any{"Version": version, "Time": time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"list": version + "\n", version + ".mod": mod + "\n", version + ".info": string(info)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	archive, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		return err
	}
	of := module.Version{Path: workspace.Path(folder), Version: version}
	return errors.Join(zip.CreateFromVCS(archive, of, r.root, tree, prefix), archive.Close())
}
