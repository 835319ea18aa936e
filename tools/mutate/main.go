// Command mutate changes the program in many small ways, one at a time, and runs the tests on each: a change that no
// test notices is a decision that no test proves.
//
//	go run ./tools/mutate                          all files of targets.txt
//	go run ./tools/mutate -files otp.go,internal   these files, and those below these folders
//	go run ./tools/mutate -sample 200 -seed 7      a random part
//
// All changes are compiled in at once, each behind a switch that an environment variable sets (schemata), so that a
// test program is built once and not once a change. Each test is run alone first and notes which changes it reaches;
// a change is then tried on these tests only, the quickest first. A test that fails, panics or hangs kills it. Nothing
// is written into the tree: the go command reads the changed files through -overlay.
//
// It exits 1 when a change survives that accepted.txt does not name with a reason, or names one that no longer
// survives or exists.
package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	root, targets, accepted, report, known string
	files                                  []string // nil: all
	budget, grace                          time.Duration
	leave                                  *regexp.Regexp // nil: nothing
	sample, jobs                           int
	seed                                   uint64
	list, resume                           bool
}

func parse(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("mutate", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.root, "root", ".", "the `folder` that all paths are below")
	f.StringVar(&o.targets, "targets", "", "the `file` that names files and their tests (targets.txt of tools/mutate)")
	f.StringVar(&o.accepted, "accepted", "", "the `file` of survivors with their reasons (accepted.txt beside the targets)")
	f.StringVar(&o.report, "report", "", "a `document` whose part between the mutations markers is written anew")
	f.StringVar(&o.known, "known", "", "a `file` that remembers what tests reach and which of them killed what, for the next time")
	f.BoolVar(&o.resume, "resume", false, "take what -known tells of as killed, and what lived for a reason as living, and try the rest")
	files := f.String("files", "", "only files whose `paths` begin with one of these, with commas between")
	f.DurationVar(&o.budget, "budget", 0, "stop trying after this time; 0: never")
	f.DurationVar(&o.grace, "grace", 15*time.Second, "a test hangs after six times its time and this")
	f.Func("leave", "leave out the tests whose names this `pattern` finds, which makes survivors and no kills", func(p string) (err error) {
		o.leave, err = regexp.Compile(p)
		return err
	})
	f.IntVar(&o.sample, "sample", 0, "try this `number` of changes, chosen at random; 0: all")
	f.Uint64Var(&o.seed, "seed", 0, "of -sample; 0: a new one, which is printed")
	f.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), "test programs that run at once")
	f.BoolVar(&o.list, "list", false, "print the changes and run nothing")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag", f.Arg(0))
	}
	if *files != "" {
		o.files = strings.Split(*files, ",")
	}
	if o.root, err = filepath.Abs(o.root); err != nil {
		return o, err
	}
	if o.root, err = filepath.EvalSymlinks(o.root); err != nil {
		return o, err
	}
	o.targets = cmp.Or(o.targets, filepath.Join(o.root, "tools", "mutate", "targets.txt"))
	o.accepted = cmp.Or(o.accepted, filepath.Join(filepath.Dir(o.targets), "accepted.txt"))
	if o.sample > 0 && o.seed == 0 {
		var seed [8]byte
		rand.Read(seed[:])
		o.seed = binary.BigEndian.Uint64(seed[:])
	}
	return o, nil
}

// run returns whether nothing is left to explain.
func run(ctx context.Context, args []string, out io.Writer) (bool, error) {
	o, err := parse(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	groups, err := readTargets(o.targets, o.root)
	if err != nil {
		return false, err
	}
	accepted, err := readAccepted(o.accepted)
	if err != nil {
		return false, err
	}
	p, err := mutateAll(ctx, o.root, groups)
	if err != nil {
		return false, err
	}
	chosen, err := choose(p.mutants, o, out)
	if err != nil {
		return false, err
	}
	if o.list {
		for _, m := range chosen {
			fmt.Fprintln(out, m)
		}
		return true, nil
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	r, err := newRunner(o, p, accepted, dir, out)
	if err != nil {
		return false, err
	}
	if err := errors.Join(r.try(ctx, chosen), r.saveKnown(chosen)); err != nil {
		return false, err
	}
	rep := reportOf(chosen, accepted, o.sample == 0 && o.budget == 0)
	fmt.Fprint(out, rep.text())
	if o.report != "" {
		if err := rep.writeInto(filepath.Join(o.root, o.report)); err != nil {
			return false, err
		}
	}
	return rep.ok(), ctx.Err()
}

// choose takes the files and the sample: of them the changes whose digests with the seed are the smallest, in this
// order, so that a budget that ends early has tried some of each file. A change that comes or goes leaves the others
// of a seed where they are.
func choose(all []*mutant, o options, out io.Writer) ([]*mutant, error) {
	list := slices.DeleteFunc(slices.Clone(all), func(m *mutant) bool {
		return o.files != nil && !slices.ContainsFunc(o.files, func(w string) bool { return strings.HasPrefix(m.file, w) })
	})
	if len(list) == 0 {
		return nil, errors.New("there is nothing to change")
	}
	if o.sample == 0 {
		return list, nil
	}
	o.sample = min(o.sample, len(list))
	fmt.Fprintf(out, "a sample of %d out of %d, -seed %d\n", o.sample, len(list), o.seed)
	rank := map[*mutant][]byte{}
	for _, m := range list {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", o.seed, m.key()))
		rank[m] = sum[:]
	}
	return slices.SortedFunc(maps.Keys(rank), func(a, b *mutant) int { return bytes.Compare(rank[a], rank[b]) })[:o.sample], nil
}
