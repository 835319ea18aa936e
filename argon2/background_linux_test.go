package argon2_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/argon2"
)

// TestBackgroundIsBehindTheOthers counts the threads of the process that are nicer than its first.
func TestBackgroundIsBehindTheOthers(t *testing.T) {
	if niceness(t, strconv.Itoa(os.Getpid())) == 19 {
		t.Skip("the process is as nice as can be")
	}
	before := nicer(t)
	for n := range 4 {
		argon2.Background(n)
	}
	if got := nicer(t) - before; got != 1+1+2+3 {
		t.Errorf("%d threads are behind the others, want 7", got)
	}
}

func nicer(t *testing.T) (n int) {
	t.Helper()
	own := niceness(t, strconv.Itoa(os.Getpid()))
	threads, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		if niceness(t, filepath.Base(thread)) > own {
			n++
		}
	}
	return n
}

// niceness is the 19th field of stat, the 17th after the name in parentheses.
func niceness(t *testing.T, thread string) int {
	t.Helper()
	stat, err := os.ReadFile("/proc/self/task/" + thread + "/stat")
	if err != nil {
		t.Skip(err) // it has ended
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	n, err := strconv.Atoi(strings.Fields(rest)[16])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
