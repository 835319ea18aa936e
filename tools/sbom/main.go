// Command sbom writes what each module of the workspace builds, as CycloneDX
// 1.6 in JSON: its modules with versions, sums and licences, and which needs
// which. The same tree gives the same files: they name no time, no machine and
// no serial number.
//
//	go run ./tools/sbom FOLDER
//
// It writes FOLDER/NAME.cdx.json for each module. Listed is what an importer
// builds on linux/amd64 without cgo; tests and Go itself are not. A module
// whose licence has no known text ends it with an error.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: sbom FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	modules, err := mains()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	for _, m := range modules {
		b, err := describe(m, modules[0].Dir)
		if err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
		text, err := json.MarshalIndent(b, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, fileName(m.Path)), append(text, '\n'), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// fileName is tollkeeper.cdx.json for the root and tollkeeper-store-redis.cdx.json for store/redis.
func fileName(module string) string {
	parts := strings.Split(module, "/")
	return strings.Join(parts[min(2, len(parts)-1):], "-") + ".cdx.json"
}
