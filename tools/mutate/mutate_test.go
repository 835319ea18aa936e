package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tiny is a module with one function whose tests prove everything, one whose tests prove little, one without a test
// and one that hangs when it is changed.
var tiny = map[string]string{
	"go.mod": "module example.com/tiny\n\ngo 1.26.0\n",
	"strong.go": `package tiny

import "errors"

var errNegative = errors.New("negative")

// Fee is 2 from 10 on, else 1.
func Fee(n int) (int, error) {
	if n < 0 {
		return 0, errNegative
	}
	if n < 10 {
		return 1, nil
	}
	return 2, nil
}
`,
	"weak.go": `package tiny

func Adult(age int, known bool) bool { return known && age >= 18 }

func untested(n int) int { return n + 1 }
`,
	"loop.go": `package tiny

func Count(n int) (sum int) {
	for n > 0 {
		n--
		sum++
	}
	return sum
}
`,
	"table.go": `package tiny

type fee struct {
	name string
	cost int
}

var fees = []fee{{name: "a", cost: 3}}

func Cost(name string) int {
	for _, f := range fees {
		if f.name == name {
			return f.cost
		}
	}
	return 0
}
`,
	"tiny_test.go": `package tiny

import "testing"

func TestFee(t *testing.T) {
	for n, want := range map[int]int{0: 1, 9: 1, 10: 2, 100: 2} {
		if got, err := Fee(n); got != want || err != nil {
			t.Error(n, got, err)
		}
	}
	if got, err := Fee(-1); err == nil || got != 0 {
		t.Error("no error")
	}
}

func TestAdult(t *testing.T) {
	if !Adult(30, true) {
		t.Error("an adult is none")
	}
}

func TestCount(t *testing.T) {
	if Count(3) != 3 {
		t.Error(Count(3))
	}
}

func TestCost(t *testing.T) {
	if Cost("a") != 3 || Cost("b") != 0 {
		t.Error(Cost("a"), Cost("b"))
	}
}
`,
	"targets.txt":  "strong.go weak.go loop.go table.go : . # all\n",
	"accepted.txt": "# nothing yet\n",
	"report.txt":   "before\n" + beginMark + "old\n" + endMark + "after\n",
}

// module writes tiny somewhere, with some files in the place of its own.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	dir := t.TempDir()
	all := maps.Clone(tiny)
	maps.Copy(all, files)
	for name, text := range all {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func mutate(t *testing.T, dir string, args ...string) (bool, string) {
	t.Helper()
	var out strings.Builder
	ok, err := run(t.Context(), append([]string{"-root", dir, "-targets", filepath.Join(dir, "targets.txt")}, args...), &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return ok, out.String()
}

func wantLines(t *testing.T, out string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+out, "\n"+line) {
			t.Errorf("no line %q in\n%s", line, out)
		}
	}
}

func TestChangesThatNoTestNoticesAreTold(t *testing.T) {
	dir := module(t, nil)
	before, err := os.ReadFile(filepath.Join(dir, "weak.go"))
	if err != nil {
		t.Fatal(err)
	}
	ok, out := mutate(t, dir, "-files", "strong,weak,table", "-report", "report.txt", "-known", filepath.Join(dir, "known.json"))
	if ok {
		t.Error("survivors without a reason are not told by the exit code")
	}
	wantLines(t, out,
		"| strong.go | 10 | 10 | 0 | 0 | 100.0 % | 100.0 % |",
		"| table.go | 6 | 6 | 0 | 0 | 100.0 % | 100.0 % |",
		"survived: weak.go:3: Adult: known && age >= 18 => known\n",
		"survived: weak.go:3: Adult: known && age >= 18 => age >= 18\n",
		"survived: weak.go:3: Adult: age >= 18 => age > 18\n",
		"survived: weak.go:3: Adult: 18 => 18 + 1\n",
		"not reached: weak.go:5: untested: n + 1 => n - 1\n",
	)
	if strings.Contains(out, "survived: strong.go") || strings.Contains(out, "survived: table.go") {
		t.Errorf("what is proved survives:\n%s", out)
	}
	after, err := os.ReadFile(filepath.Join(dir, "weak.go"))
	if err != nil || string(after) != string(before) {
		t.Errorf("the tree was written: %v\n%s", err, after)
	}
	report, err := os.ReadFile(filepath.Join(dir, "report.txt"))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(report), "before\n", "- `weak.go`: `Adult: 18 => 18 + 1`: no reason yet\n", "after\n")
	if strings.Contains(string(report), "old") {
		t.Errorf("the last report still stands:\n%s", report)
	}
}

func TestAcceptedSurvivorsNeedAReasonThatStillHolds(t *testing.T) {
	reasons := `weak.go | Adult: known && age >= 18 => known | a reason
weak.go | Adult: known && age >= 18 => age >= 18 | a reason
weak.go | Adult: age >= 18 => age > 18 | a reason
weak.go | Adult: 18 => 18 + 1 | a reason
weak.go | untested: n + 1 => n - 1 | a reason
weak.go | untested: 1 => 1 + 1 | a reason
`
	ok, out := mutate(t, module(t, map[string]string{"accepted.txt": reasons}), "-files", "weak")
	if !ok {
		t.Errorf("all survivors have a reason:\n%s", out)
	}
	wantLines(t, out, "| weak.go | 7 | 1 | 6 | 0 | 14.3 % | 100.0 % |\n")
	stale := reasons + "weak.go | Adult: age => 7 | such a change is gone\nweak.go | Adult: known && age >= 18 => false | killed\n"
	ok, out = mutate(t, module(t, map[string]string{"accepted.txt": stale}), "-files", "weak")
	if ok {
		t.Error("reasons for what is killed or gone are taken")
	}
	wantLines(t, out, "accepted, but killed or gone: weak.go | Adult: age => 7\n",
		"accepted, but killed or gone: weak.go | Adult: known && age >= 18 => false\n")
	name := filepath.Join(t.TempDir(), "accepted.txt")
	if err := os.WriteFile(name, []byte("weak.go | Adult: 18 => 18 + 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readAccepted(name); err == nil {
		t.Error("a line without a reason is taken")
	}
}

// A function in a table that other packages use is reached where it is called, whoever calls it.
func TestTablesOfOtherPackagesReachAFunction(t *testing.T) {
	dir := module(t, map[string]string{
		"adult.go": `package tiny

type Rule struct{ Holds func(age int) bool }

var Grown = Rule{adult}

func adult(age int) bool { return age > 17 }
`,
		"door/door_test.go": `package door

import (
	"testing"

	"example.com/tiny"
)

func TestDoor(t *testing.T) {
	if tiny.Grown.Holds(17) || !tiny.Grown.Holds(18) {
		t.Error("a child comes in")
	}
}
`,
		"targets.txt": "adult.go : . door\n",
	})
	if ok, out := mutate(t, dir); !ok {
		t.Errorf("what the table leads to is not tried:\n%s", out)
	}
}

// Tests that were added are tried on the survivors alone.
func TestWhatWasKilledNeedNotBeTriedAgain(t *testing.T) {
	dir := module(t, nil)
	known := filepath.Join(dir, "known.json")
	mutate(t, dir, "-files", "weak,table", "-known", known)
	more := tiny["tiny_test.go"] + `
func TestAge(t *testing.T) {
	if Adult(17, true) || !Adult(18, true) || Adult(30, false) || untested(1) != 2 {
		t.Error("a child is an adult")
	}
}
`
	if err := os.WriteFile(filepath.Join(dir, "tiny_test.go"), []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "table.go"), []byte(strings.Replace(tiny["table.go"], "3", "4", 1)), 0o600); err != nil {
		t.Fatal(err) // its test fails: nothing of it could be killed any more
	}
	ok, out := mutate(t, dir, "-files", "weak,table", "-known", known, "-resume")
	if ok || !strings.Contains(out, "| weak.go | 7 | 7 | 0 | 0 |") || !strings.Contains(out, "| table.go | 6 | 4 | 0 | 2 | 66.7 % | 66.7 % |") {
		t.Errorf("what was killed is tried again, or what survived is not:\n%s", out)
	}
}

// What lived is not tried again once it has a reason, though a test notices it by now; without -resume it is.
func TestWhatLivesForAReasonNeedNotBeTriedAgain(t *testing.T) {
	dir := module(t, nil)
	args := []string{"-files", "weak", "-known", filepath.Join(dir, "known.json")}
	mutate(t, dir, args...)
	more := tiny["tiny_test.go"] + `
func TestAge(t *testing.T) {
	if Adult(17, true) || !Adult(18, true) {
		t.Error("a child is an adult")
	}
}
`
	reason := "weak.go | Adult: 18 => 18 + 1 | nobody is 18\n"
	for name, text := range map[string]string{"tiny_test.go": more, "accepted.txt": reason} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, out := mutate(t, dir, append(args, "-resume")...)
	wantLines(t, out, "accepted: weak.go:3: Adult: 18 => 18 + 1 (nobody is 18)\n")
	if strings.Contains(out, "survived: weak.go:3: Adult: age >= 18 => age > 18") {
		t.Errorf("what has no reason is not tried again:\n%s", out)
	}
	_, out = mutate(t, dir, args...)
	wantLines(t, out, "accepted, but killed or gone: weak.go | Adult: 18 => 18 + 1\n")
}

func TestTestsMayBeLeftOut(t *testing.T) {
	dir := module(t, nil)
	if ok, out := mutate(t, dir, "-files", "strong", "-leave", "Fee$"); ok || !strings.Contains(out, "| strong.go | 10 | 0 |") {
		t.Errorf("a test that is left out is run:\n%s", out)
	}
}

func TestASampleIsRepeatedByItsSeed(t *testing.T) {
	dir := module(t, nil)
	_, first := mutate(t, dir, "-list", "-sample", "5", "-seed", "7")
	_, again := mutate(t, dir, "-list", "-sample", "5", "-seed", "7")
	if first != again || strings.Count(first, "\n") != 6 {
		t.Errorf("five changes and the seed were wanted twice:\n%s\n%s", first, again)
	}
	if _, other := mutate(t, dir, "-list", "-sample", "5", "-seed", "8"); other == first {
		t.Errorf("another seed chooses alike:\n%s", other)
	}
}

func TestNothingIsTriedBeyondTheBudget(t *testing.T) {
	_, out := mutate(t, module(t, nil), "-files", "weak", "-budget", "1ns")
	wantLines(t, out, "7 were not tried.\n")
}

func TestATestThatHangsKills(t *testing.T) {
	ok, out := mutate(t, module(t, nil), "-files", "loop", "-grace", "300ms")
	if !ok || !strings.Contains(out, "| loop.go | 4 | 4 | 0 | 0 | 100.0 % |") {
		t.Errorf("a loop without an end is not noticed:\n%s", out)
	}
}

// What a case of a select waits for is no statement that could be left out.
func TestASelectStaysOne(t *testing.T) {
	dir := module(t, map[string]string{"loop.go": `package tiny

func Count(n int) int {
	done := make(chan int, 1)
	done <- n
	select {
	case got := <-done:
		return got
	case <-make(chan bool):
	}
	return n
}
`})
	ok, out := mutate(t, dir, "-files", "loop", "-grace", "300ms")
	if !ok || !strings.Contains(out, "| loop.go | 1 | 1 | 0 | 0 | 100.0 % |") {
		t.Errorf("got\n%s", out)
	}
}
