// Command asm writes the assembly of the module argon2 for processors with AVX2: argon2/fill_amd64.s, which
// argon2/fill_amd64.go declares. It is a module of its own, so that avo, which it writes with, is no dependency of who
// hashes.
//
//	cd argon2/asm && go run .
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// Names of what is written, in the folder above.
const (
	assembly = "fill_amd64.s"
	stubs    = "fill_amd64.go"
)

func main() {
	files, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join("..", name), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// generate returns the text of each file by its name.
func generate() (map[string][]byte, error) {
	w := writer{build.NewContext()}
	w.ConstraintExpr("gc,!purego")
	w.mask("rotate24", 3)
	w.mask("rotate16", 2)
	w.begin()
	w.finish()
	file, err := w.Result()
	if err != nil {
		return nil, err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, err
	}
	config := printer.Config{Name: "argon2/asm", Pkg: "argon2"}
	files := make(map[string][]byte)
	printers := map[string]printer.Printer{assembly: printer.NewGoAsm(config), stubs: printer.NewStubs(config)}
	for name, p := range printers {
		if files[name], err = p.Print(file); err != nil {
			return nil, err
		}
	}
	return files, nil
}
