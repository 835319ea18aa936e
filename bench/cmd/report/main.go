// Command report measures all topics, and writes their tables into docs/PERFORMANCE.md, or with -to "" prints them. The
// main ratios are drawn, too.
//
//	scripts/services run go run ./bench/cmd/report
//	go run ./bench/cmd/report -only authenticate,sign-in -each 200ms -passes 2 -to "" -picture ""
package main

import (
	"context"
	"errors"
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
	picture string
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
	flag.StringVar(&o.picture, "picture", "docs/pictures/performance.svg", "file of the picture, drawn when all topics ran that it has bars of; empty: none")
	flag.StringVar(&o.dir, "dir", "", "folder for SQLite files, on the disk to be measured; empty: a new temporary one")
	flag.StringVar(&o.profile, "cpuprofile", "", "file for a profile of the passes")
	flag.BoolVar(&o.small, "small", false, "data of a size for tests: opens at once, says nothing about first sight, crowds and growth")
	flag.Parse()
	return o
}

// report measures one topic after the other and writes each table as soon as it is there. A topic that fails leaves its
// table as it was and does not stop the others.
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
	topics, err := o.topics()
	if err != nil {
		return err
	}
	begun, machine := time.Now(), bench.Machine(ctx, s)
	var shares []bench.Share
	var failed error
	drawn := 0
	for i, t := range topics {
		fmt.Fprintf(os.Stderr, "%d of %d, after %s: %s\n", i+1, len(topics), since(begun), t.Name)
		text, some, err := o.measure(ctx, t, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = o.write(t.Name, text)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s is left as it was: %v\n", t.Name, err)
			failed = errors.Join(failed, err)
			continue
		}
		shares = append(shares, some...)
		if t.Drawn {
			drawn++
		}
	}
	fmt.Fprintf(os.Stderr, "all in %s\n", since(begun))
	if drawn == count(bench.Topics()) {
		failed = errors.Join(failed, o.draw(shares))
	}
	if len(topics) == len(bench.Topics()) { // else it would tell of tables that another machine may have made
		failed = errors.Join(failed, o.write("machine", machine+"\n- the run took "+since(begun)))
	}
	return failed
}

func since(t time.Time) string { return time.Since(t).Round(time.Second).String() }

// topics are those that the command line names.
func (o order) topics() ([]bench.Topic, error) {
	all := bench.Topics()
	if o.only == "" {
		return all, nil
	}
	var some []bench.Topic
	for name := range strings.SplitSeq(o.only, ",") {
		i := slices.IndexFunc(all, func(t bench.Topic) bool { return t.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no topic %q", name)
		}
		some = append(some, all[i])
	}
	return some, nil
}

// count returns how many topics are drawn.
func count(all []bench.Topic) (n int) {
	for _, t := range all {
		if t.Drawn {
			n++
		}
	}
	return n
}

func (o order) measure(ctx context.Context, t bench.Topic, s bench.Setup) (string, []bench.Share, error) {
	start := time.Now()
	b, err := t.Start(ctx, s)
	if err != nil {
		return "", nil, err
	}
	defer b.Close()
	if o.match != "" {
		b.Cases = slices.DeleteFunc(b.Cases, func(c bench.Case) bool { return !strings.Contains(c.Name, o.match) })
		b.Targets, b.Cells = nil, nil
	}
	open := time.Since(start)
	stop, err := o.startProfile()
	if err != nil {
		return "", nil, err
	}
	r, err := b.Measure(o.passes, o.each)
	stop()
	if err != nil {
		return "", nil, err
	}
	text := b.Markdown(r)
	if b.Check != nil {
		said, err := b.Check()
		if err != nil {
			return "", nil, err
		}
		text += "\n" + said + "\n"
	}
	fmt.Printf("%s (opened in %.0f s, measured in %.0f s)\n\n%s\n", t.Name, open.Seconds(), (time.Since(start) - open).Seconds(), text)
	return text, b.Shares(r), nil
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

// write puts a table into the document; the others stay.
func (o order) write(name, table string) error {
	if o.to == "" {
		return nil
	}
	text, err := os.ReadFile(o.to)
	if err != nil {
		return err
	}
	document, err := bench.Replace(string(text), name, table)
	if err != nil {
		return err
	}
	return os.WriteFile(o.to, []byte(document), 0o644)
}

// draw writes the table of all rivals, and the picture.
func (o order) draw(all []bench.Share) error {
	if o.match != "" {
		return nil
	}
	matrix := bench.Matrix(all)
	fmt.Println(matrix)
	if err := o.write("rivals", matrix); err != nil || o.picture == "" {
		return err
	}
	return os.WriteFile(o.picture, []byte(bench.Picture(all)), 0o644)
}
