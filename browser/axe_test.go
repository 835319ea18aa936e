package browser_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// axe is the script of axe-core, which finds what keeps people from using a page (WCAG 2.2, and good practice).
var axe struct {
	sync.Once
	script string
	err    error
}

// readAxe installs axe-core, pinned and checked by package-lock.json, into a folder of its own, and reads it.
func readAxe() (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "tollkeeper-axe")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "axe"))); err != nil {
		return "", err
	}
	install := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--cache", filepath.Join(folder, "cache"))
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	text, err := os.ReadFile(filepath.Join(folder, "node_modules", "axe-core", "axe.min.js"))
	return string(text), err
}

// needAxe skips the test where axe-core cannot be had, and fails it where all must be.
func needAxe(t *testing.T) {
	t.Helper()
	axe.Do(func() { axe.script, axe.err = readAxe() })
	switch {
	case axe.err == nil:
	case os.Getenv("TOLLKEEPER_TEST_STRICT") == "1":
		t.Fatal("axe-core cannot be had: ", axe.err)
	default:
		t.Skip("axe-core cannot be had; it takes npm, and its registry")
	}
}

// violation is a rule of axe-core that a page breaks.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

func (v violation) String() string {
	var b strings.Builder
	b.WriteString(v.ID + " (" + cmp.Or(v.Impact, "minor") + "): " + v.Help)
	for _, n := range v.Nodes {
		b.WriteString("\n    " + n.HTML + "\n    " + strings.ReplaceAll(n.FailureSummary, "\n", " "))
	}
	return b.String()
}

// ofLooks are the rules that a further screen of the same page can break.
const ofLooks = `, runOnly: ["color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable", "empty-table-header"]`

// accessible fails the test for everything that axe-core has against the page that is open. Rules are further options
// of its; empty: all rules there are.
func (w *world) accessible(what, rules string) {
	w.t.Helper()
	run := `axe.run(document, {resultTypes: ["violations"], preload: false` + rules + `}).then((r) => JSON.stringify(r.violations))`
	if w.script(`String(Boolean(window.axe))`) == "false" {
		run = axe.script + `; ` + run
	}
	said, err := chromedp.Run(w.tab, chromedp.Evaluate[string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatal(what, err)
	}
	var found []violation
	if err := json.Unmarshal([]byte(said), &found); err != nil {
		w.t.Fatal(what, err)
	}
	for _, v := range found {
		w.t.Errorf("%s: %s", what, v)
	}
}
