package main

import (
	"strings"
	"testing"
)

const (
	passing = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"ok  \tp\t(cached)\n"}
{"Action":"pass","Package":"p","Elapsed":1.5}
`
	failing = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}
`
	panicking = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: boom\n"}
{"Action":"fail","Package":"p"}
`
	notBuilding = `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p/a.go:3: undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}
`
	skipping = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: only on Plan 9\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p"}
`
	noTests = `{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}
{"Action":"skip","Package":"p"}
`
)

func TestSummary(t *testing.T) {
	tests := []struct {
		name, in string
		code     int
		want     []string
		wantNot  string
	}{
		{"passed", passing, 0, []string{"ok        1.5s  p (cached)\n", "1 passed, 0 failed, 0 skipped\n"}, "noise"},
		{"failed", failing, 1, []string{"a_test.go:7: got 1, want 2", "FAIL  p\n", "0 passed, 1 failed, 0 skipped\n"}, "ok"},
		{"panicked", panicking, 1, []string{"did not finish: TestA\npanic: boom\n", "0 passed, 1 failed, 0 skipped\n"}, "ok"},
		{"does not build", notBuilding, 1, []string{"undefined: x", "FAIL  p\n", "0 passed, 0 failed, 0 skipped\n"}, "ok"},
		{"skipped", skipping, 0, []string{"skipped: TestA: a_test.go:7: only on Plan 9\n", "0 passed, 0 failed, 1 skipped\n"}, "FAIL"},
		{"skipped a backend", strings.Replace(skipping, "only on Plan 9", "TOLLKEEPER_TEST_POSTGRES is not set", 1), 1,
			[]string{"skipped for want of a backend: p TestA: a_test.go:7: TOLLKEEPER_TEST_POSTGRES", "1 skipped\n"}, "no tests ran"},
		{"nothing ran", noTests, 1, []string{"no tests ran"}, "ok"},
		{"empty", "", 1, []string{"no tests ran"}, "ok"},
		{"not an event", "go: cannot load module\n" + passing, 0, []string{"go: cannot load module\n"}, "FAIL"},
		{"long line", `{"Action":"output","Package":"p","Output":"` + strings.Repeat("x", 1<<20) + "\"}\n" + passing, 0, []string{"1 passed"}, "FAIL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs strings.Builder
			if code := run(strings.NewReader(tt.in), &out, &errs); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("output lacks %q:\n%s", want, out.String())
				}
			}
			if strings.Contains(out.String(), tt.wantNot) {
				t.Errorf("output contains %q:\n%s", tt.wantNot, out.String())
			}
		})
	}
}
