package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// serverTime returns a clock of the processor time that a PostgreSQL server on this machine has used: its postmaster,
// that one's children, and those that have ended. The error says that its processes are not to be seen from here.
func serverTime(ctx context.Context, dsn string) (func() time.Duration, error) {
	// A backend may have gone by the time that it is looked for; the process that writes the log ahead stays.
	text, err := queryText(ctx, dsn, "SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'walwriter'")
	if err != nil {
		return nil, err
	}
	writer, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	child, err := processOf(writer)
	if err != nil || child.name != "postgres" {
		return nil, errors.Join(fmt.Errorf("bench: process %d of the server is not to be seen from here", writer), err)
	}
	return func() time.Duration { return familyTime(child.parent) }, nil
}

// stat is what /proc/<pid>/stat says of one.
type stat struct {
	name           string
	parent         int
	own, withEnded time.Duration // withEnded counts its children that have ended, too
}

func processOf(pid int) (p stat, err error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return p, err
	}
	before, after, _ := strings.Cut(string(text), "(")
	name, rest := after, ""
	if at := strings.LastIndexByte(after, ')'); at >= 0 {
		name, rest = after[:at], after[at+1:]
	}
	fields := strings.Fields(rest) // from the third on
	if before == "" || len(fields) < 15 {
		return p, fmt.Errorf("bench: no status of process %d", pid)
	}
	p.name = name
	var n [5]int
	for i, field := range []int{1, 11, 12, 13, 14} { // parent, user and system time, the same of ended children
		if n[i], err = strconv.Atoi(fields[field]); err != nil {
			return p, err
		}
	}
	p.parent = n[0]
	p.own = time.Duration(n[1]+n[2]) * ticks
	p.withEnded = p.own + time.Duration(n[3]+n[4])*ticks
	return p, nil
}

// familyTime is the processor time of a process and of its children.
func familyTime(parent int) time.Duration {
	top, err := processOf(parent)
	if err != nil {
		return 0
	}
	sum := top.withEnded
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			if p, err := processOf(pid); err == nil && p.parent == parent {
				sum += p.own
			}
		}
	}
	return sum
}
