package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestProcessors(t *testing.T) {
	tests := map[string]struct {
		cores, now int
		set        bool
		want       int
	}{
		"no limit":                  {2, 2, false, 6},
		"no limit, one core":        {1, 1, false, 5},
		"a quota":                   {8, 2, false, 2},
		"set by somebody":           {8, 8, true, 8},
		"set by somebody, to more":  {2, 4, true, 4},
		"no limit, and many cores":  {64, 64, false, 68},
		"a quota of all but one":    {8, 7, false, 7},
		"set by somebody, to fewer": {8, 1, true, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := processors(tt.cores, tt.now, tt.set); got != tt.want {
				t.Errorf("%d Ps, want %d", got, tt.want)
			}
		})
	}
}

// TestShareProcessors asks two processes, because what it sets is the process's.
func TestShareProcessors(t *testing.T) {
	if os.Getenv("TOLLKEEPER_TEST_PROCESSORS") != "" {
		before := runtime.GOMAXPROCS(0)
		shareProcessors()
		fmt.Printf("from %d to %d\n", before, runtime.GOMAXPROCS(0))
		return
	}
	for _, limit := range []string{"", "2"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestShareProcessors$")
		cmd.Env = append(os.Environ(), "TOLLKEEPER_TEST_PROCESSORS=1", "GOMAXPROCS="+limit)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var from, to int
		if _, err := fmt.Sscanf(string(out), "from %d to %d", &from, &to); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		want := from
		if limit == "" && from == runtime.NumCPU() {
			want += spare
		}
		if to != want {
			t.Errorf("GOMAXPROCS=%q on %d cores: %s", limit, runtime.NumCPU(), strings.TrimSpace(string(out)))
		}
	}
}
