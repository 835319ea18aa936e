package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// ticks is how many the kernel counts in a second of processor time, on every architecture that Go runs on.
const ticks = 100

// serverTime is the processor time of a PostgreSQL server on this machine since its start: of its first process, of all
// that it has now, and of all that it had and that ended. So what the server does in the background counts, too.
func serverTime(ctx context.Context, pool *pgxpool.Pool) (time.Duration, error) {
	var backend int
	if err := pool.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return 0, err
	}
	_, first, err := processTime(filepath.Join("/proc", strconv.Itoa(backend)), false)
	if err != nil {
		return 0, err
	}
	all, _, err := processTime(filepath.Join("/proc", strconv.Itoa(first)), true)
	if err != nil {
		return 0, err
	}
	others, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, folder := range others {
		if used, parent, err := processTime(folder, false); err == nil && parent == first { // others may end meanwhile
			all += used
		}
	}
	return all, nil
}

// processTime returns the processor time of a process, or with that of its children that ended, and its parent.
func processTime(folder string, ended bool) (used time.Duration, parent int, err error) {
	text, err := os.ReadFile(filepath.Join(folder, "stat"))
	if err != nil {
		return 0, 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name, which may be anything
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return 0, 0, fmt.Errorf("%s/stat has an unknown form", folder)
	}
	if parent, err = strconv.Atoi(fields[1]); err != nil {
		return 0, 0, err
	}
	times := fields[11:13]
	if ended {
		times = fields[11:15]
	}
	for _, field := range times {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, 0, err
		}
		used += time.Duration(n) * time.Second / ticks
	}
	return used, parent, nil
}
