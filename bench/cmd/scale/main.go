// Command scale fills each store with a million accounts and live sessions, and writes what they take into
// docs/SCALE.md, or with -to "" prints it. It takes minutes for each store, some gigabytes of memory and of disk.
//
//	scripts/services run go run ./bench/cmd/scale
//	go run ./bench/cmd/scale -only memory -rows 100000 -to ""
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	rows := flag.Int("rows", 1_000_000, "accounts, and as many live sessions")
	only := flag.String("only", "", "names of stores, with commas; empty: memory,sqlite,postgres,redis")
	to := flag.String("to", "docs/SCALE.md", "document with the markers; empty: print")
	dir := flag.String("dir", "", "folder for the SQLite file, on the disk to be measured; empty: a new temporary one")
	flag.Parse()
	if err := scale(ctx, *rows, *only, *to, *dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func scale(ctx context.Context, rows int, only, to, dir string) error {
	if rows < 3 {
		return fmt.Errorf("scale: -rows is %d; it must be 3 or more", rows)
	}
	if dir == "" {
		made, err := os.MkdirTemp("", "tollkeeper-scale-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(made)
		dir = made
	}
	s := bench.Setup{Postgres: os.Getenv("TOLLKEEPER_TEST_POSTGRES"), Redis: os.Getenv("TOLLKEEPER_TEST_REDIS"), Dir: dir}
	all := map[string]string{"machine": bench.Machine(ctx, s)}
	for _, part := range bench.ScaleParts() {
		if only != "" && !slices.Contains(strings.Split(only, ","), part.Name) {
			continue
		}
		start := time.Now()
		tables, err := part.Measure(ctx, s, rows)
		if err != nil {
			return err
		}
		for name, table := range tables {
			fmt.Printf("%s (after %.0f s)\n\n%s\n", name, time.Since(start).Seconds(), table)
			all[name] = table
		}
	}
	if to == "" {
		return ctx.Err()
	}
	return write(to, all)
}

// write puts the tables into the document. Stores that were not measured keep theirs.
func write(to string, tables map[string]string) error {
	text, err := os.ReadFile(to)
	if err != nil {
		return err
	}
	document := string(text)
	for name, table := range tables {
		if document, err = bench.Replace(document, name, table); err != nil {
			return err
		}
	}
	return os.WriteFile(to, []byte(document), 0o644)
}
