package record

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
)

// File returns the name of a package's record in the folder of records: store/rules.txt.
func File(pkg string) string {
	folder, _ := workspace.Folder(pkg)
	if folder == "." {
		folder = path.Base(workspace.Root)
	}
	return folder + ".txt"
}

// Read returns the records of a folder.
func Read(folder fs.FS) (API, error) {
	a := API{}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".txt" {
			return err
		}
		text, err := fs.ReadFile(folder, name)
		pkg := workspace.Path(strings.TrimSuffix(name, ".txt"))
		if name == File(workspace.Root) {
			pkg = workspace.Root
		}
		a[pkg] = string(text)
		return err
	})
	return a, err
}

// Write makes the folder hold the records of a, and no others.
func (a API) Write(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for pkg, text := range a {
		name := filepath.Join(folder, filepath.FromSlash(File(pkg)))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}
