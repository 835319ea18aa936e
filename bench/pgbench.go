package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// addPgbench adds PostgreSQL's own benchmark, on the same server, in a database of its own.
func (b *Bench) addPgbench(ctx context.Context, s Setup) error {
	program, err := findPgbench()
	if err != nil {
		return err
	}
	db, err := newDatabase(ctx, s.Postgres)
	if err != nil {
		return err
	}
	b.onClose(db.drop)
	scale := strconv.Itoa(s.size(10, 1))
	if out, err := exec.CommandContext(ctx, program, "-i", "-q", "-s", scale, db.dsn).CombinedOutput(); err != nil {
		return fmt.Errorf("pgbench -i: %w\n%s", err, out)
	}
	args := []string{"-N", "-n", "-c", "8", "-j", "2"}
	b.Cases = append(b.Cases, Case{Name: pgbenchN, Pass: func(d time.Duration) (Sample, error) {
		much := []string{"-T", strconv.Itoa(int(math.Ceil(d.Seconds())))} // whole seconds, at least one
		if s.Small {
			much = []string{"-t", "2"}
		}
		return pgbench(ctx, program, append(slices.Concat(args, much), db.dsn))
	}})
	return nil
}

var (
	tps       = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)
	processed = regexp.MustCompile(`(?m)^number of transactions actually processed: ([0-9]+)`)
)

func pgbench(ctx context.Context, program string, args []string) (Sample, error) {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return Sample{}, fmt.Errorf("%w\n%s", err, out)
	}
	rate, n := tps.FindSubmatch(out), processed.FindSubmatch(out)
	if rate == nil || n == nil {
		return Sample{}, fmt.Errorf("pgbench printed no figures:\n%s", out)
	}
	perSecond, err1 := strconv.ParseFloat(string(rate[1]), 64)
	ops, err2 := strconv.Atoi(string(n[1]))
	return Sample{Ops: ops, PerOp: 1e9 / perSecond}, errors.Join(err1, err2)
}

func findPgbench() (string, error) {
	if p, err := exec.LookPath("pgbench"); err == nil {
		return p, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		return "", errors.New("pgbench is not installed; it comes with PostgreSQL")
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}
