package bench_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/bench"
)

// A token that is remembered is checked without an allocation. So the later rounds of all tokens allocate as much as the
// first: were one in fifty known by then, they would not.
func TestFirstSightIsOfEachTokenTheFirst(t *testing.T) {
	do, end, err := bench.FirstSight(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	var first float64
	for round := range 4 {
		before := allocated()
		for range bench.Tokens {
			if err := do(0); err != nil {
				t.Fatal(err)
			}
		}
		each := float64(allocated()-before) / bench.Tokens
		if round == 0 {
			first = each
		}
		if each < 0.98*first || each < 0.5 {
			t.Errorf("round %d: %.2f allocations a token, after %.2f in the first: some are remembered", round+1, each, first)
		}
	}
}

// A first sight allocates once. One token in some thousands is known by chance, which is not to make it none at all.
func TestAnAllocationIsNotRoundedAway(t *testing.T) {
	for measured, shown := range map[float64]float64{0: 0, 0.9995: 1, 1.0023: 1, 0.4: 0, 25.4: 25, 24.9996: 25} {
		if got := bench.Allocations(bench.Sample{Allocs: measured}); got != shown {
			t.Errorf("%v is shown as %v, want %v", measured, got, shown)
		}
	}
}

// What was measured for half an hour is not to be lost for a missing marker.
func TestTheDocumentHasAPlaceForEveryTable(t *testing.T) {
	text, err := os.ReadFile("../docs/PERFORMANCE.md")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"machine", "rivals"}
	for _, topic := range bench.Topics() {
		names = append(names, topic.Name)
	}
	for _, name := range names {
		if _, err := bench.Replace(string(text), name, ""); err != nil {
			t.Error(err)
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

var shares = []bench.Share{
	{"request", "a <rival>", 0.25}, {"request", "another", 2}, {"sign-in", "a <rival>", 1.5}, {"sign-in", "another", 0.5}, {"first sight", "another", 4},
}

func TestMatrixHasTheRowsThatCompareWithAll(t *testing.T) {
	want := "| our time ÷ theirs | a <rival> | another |\n|---|---:|---:|\n| request | 0.25 | 2.00 |\n| sign-in | 1.50 | 0.50 |\n"
	if got := bench.Matrix(shares); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The bars and what is said instead of them are of the same numbers, and the whole is XML.
func TestPictureShowsEveryShare(t *testing.T) {
	drawn := bench.Picture(append(shares, bench.Share{Row: "first sight", Rival: "unmeasured", Ratio: math.NaN()}))
	for d := xml.NewDecoder(strings.NewReader(drawn)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"request: a &lt;rival&gt; 0.25, another 2.00; sign-in: a &lt;rival&gt; 1.50, another 0.50; first sight: another 4.00, unmeasured –.",
		">0.25×</text>", ">2.00×</text>", ">1.50×</text>", ">0.50×</text>", ">4.00×</text>",
	} {
		if !strings.Contains(drawn, want) {
			t.Errorf("the picture has no %q", want)
		}
	}
	if less, more := strings.Count(drawn, `<rect class="less"`), strings.Count(drawn, `<rect class="more"`); less != 2 || more != 3 {
		t.Errorf("%d bars to the left, %d to the right; want 2 and 3", less, more)
	}
	if strings.Contains(drawn, "NaN") {
		t.Error("what was not measured is drawn")
	}
}
