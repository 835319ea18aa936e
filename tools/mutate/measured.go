package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// measured is what is remembered of a test, so that it need not be run again to learn what it reaches. It is as good
// as the program is the same and the file of the test is: what a test reaches since its helpers were changed may be
// missed, which makes survivors and never kills.
type measured struct {
	Of      string // the digest of the changed program and of the file of the test
	Tests   []part // it, or its subtests
	Skipped bool   // it fails without any change
}

// part is a test, or a subtest of one that takes long.
type part struct {
	Name    string
	Took    time.Duration
	Costs   time.Duration
	Reached []byte // a bit for each number
}

// remembered returns the tests that are known by their name in this state, and notes those that are not.
func (r *runner) remembered(ctx context.Context, b *testProgram, name, of string) []*test {
	key := b.folder + " " + name
	r.mutex.Lock()
	m, ok := r.known.Measured[key]
	r.mutex.Unlock()
	if !ok || m.Of != of {
		list := r.measureOne(ctx, b, name)
		m = measured{Of: of, Skipped: len(list) == 0}
		for _, t := range list {
			m.Tests = append(m.Tests, part{t.name, t.took, t.costs, packed(t.reached)})
		}
		if ctx.Err() == nil {
			r.mutex.Lock()
			r.known.Measured[key] = m
			r.mutex.Unlock()
		}
		return list
	}
	if m.Skipped {
		r.say("%s fails without any change, and is left out", key)
	}
	var list []*test
	for _, p := range m.Tests {
		list = append(list, &test{program: b, name: p.Name, took: p.Took, costs: p.Costs, reached: unpacked(p.Reached)})
	}
	return list
}

func packed(reached []byte) []byte {
	bits := make([]byte, len(reached)/8+1)
	for i, b := range reached {
		bits[i/8] |= b << (i % 8)
	}
	return bits
}

func unpacked(bits []byte) []byte {
	reached := make([]byte, 8*len(bits))
	for i := range reached {
		reached[i] = bits[i/8] >> (i % 8) & 1
	}
	return reached
}

// digest is that of all changed files.
func (p *program) digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(p.changed)) {
		h.Write(p.changed[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// digests are those of the files that the tests of a folder stand in, by the names of the tests.
func digests(dir string) (map[string]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil && strings.ContainsAny(d.Name.Name[:1], "TFE") {
				of[d.Name.Name] = hex.EncodeToString(sum[:8])
			}
		}
	}
	return of, nil
}
