// Command report measures all topics, and writes their tables into docs/PERFORMANCE.md, or with -to "" prints them.
//
//	scripts/services run go run ./bench/cmd/report
//	go run ./bench/cmd/report -only authenticate,sign-in -each 200ms -passes 2 -to ""
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/bench"
)

func main() {
	if asked, err := bench.Apart(); asked {
		exit(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(report(ctx, read()))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// order is what the command line asks for.
type order struct {
	passes  int
	each    time.Duration
	only    string
	match   string
	to      string
	dir     string
	profile string
	small   bool
}

func read() order {
	var o order
	flag.IntVar(&o.passes, "passes", 6, "how often each case runs, in turn with the others")
	flag.DurationVar(&o.each, "each", time.Second, "how long one pass of a case takes")
	flag.StringVar(&o.only, "only", "", "names of topics, with commas; empty: all")
	flag.StringVar(&o.match, "match", "", "only cases whose name contains this; their targets are not reckoned")
	flag.StringVar(&o.to, "to", "docs/PERFORMANCE.md", "document with the markers; empty: print")
	flag.StringVar(&o.dir, "dir", "", "folder for SQLite files, on the disk to be measured; empty: a new temporary one")
	flag.StringVar(&o.profile, "cpuprofile", "", "file for a profile of the passes")
	flag.BoolVar(&o.small, "small", false, "data of a size for tests: opens at once, says nothing about first sight, crowds and growth")
	flag.Parse()
	return o
}

func report(ctx context.Context, o order) error {
	s := bench.Setup{Postgres: os.Getenv("TOLLKEEPER_TEST_POSTGRES"), Redis: os.Getenv("TOLLKEEPER_TEST_REDIS"), Dir: o.dir, Small: o.small}
	if s.Dir == "" {
		dir, err := os.MkdirTemp("", "tollkeeper-bench-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.Dir = dir
	}
	tables := map[string]string{"machine": bench.Machine(ctx, s)}
	for _, t := range bench.Topics() {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), t.Name) {
			continue
		}
		text, err := o.measure(ctx, t, s)
		if err != nil {
			return err
		}
		tables[t.Name] = text
	}
	if o.to == "" {
		return nil
	}
	return o.write(tables)
}

func (o order) measure(ctx context.Context, t bench.Topic, s bench.Setup) (string, error) {
	start := time.Now()
	b, err := t.Start(ctx, s)
	if err != nil {
		return "", err
	}
	defer b.Close()
	if o.match != "" {
		b.Cases = slices.DeleteFunc(b.Cases, func(c bench.Case) bool { return !strings.Contains(c.Name, o.match) })
		b.Targets = nil
	}
	open := time.Since(start)
	stop, err := o.startProfile()
	if err != nil {
		return "", err
	}
	r, err := b.Measure(o.passes, o.each)
	stop()
	if err != nil {
		return "", err
	}
	text := b.Markdown(r)
	if b.Check != nil {
		said, err := b.Check()
		if err != nil {
			return "", err
		}
		text += "\n" + said + "\n"
	}
	fmt.Printf("%s (opened in %.0f s, measured in %.0f s)\n\n%s\n", t.Name, open.Seconds(), (time.Since(start) - open).Seconds(), text)
	return text, ctx.Err()
}

func (o order) startProfile() (stop func(), err error) {
	if o.profile == "" {
		return func() {}, nil
	}
	f, err := os.Create(o.profile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}

// write puts the tables into the document. Topics that were not measured keep theirs.
func (o order) write(tables map[string]string) error {
	text, err := os.ReadFile(o.to)
	if err != nil {
		return err
	}
	document := string(text)
	for name, table := range tables {
		if document, err = bench.Replace(document, name, table); err != nil {
			return err
		}
	}
	return os.WriteFile(o.to, []byte(document), 0o644)
}
