package httpadapter_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares requests and responses with testdata/golden/<family>/<row>.txt.
type golden struct {
	*world
	family string
	seen   map[string]bool
}

func newGolden(w *world, family string) *golden {
	return &golden{world: w, family: family, seen: map[string]bool{}}
}

// row sends a request and compares the exchange with its file.
func (g *golden) row(name, route, body string, h ...string) answer {
	g.t.Helper()
	if g.seen[name] {
		g.t.Fatalf("row %s twice", name)
	}
	g.seen[name] = true
	a := g.do(route, body, h...)
	text := stable(exchange(route, body, h, a))
	file := filepath.Join("testdata", "golden", g.family, name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			g.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			g.t.Fatal(err)
		}
		return a
	}
	want, err := os.ReadFile(file)
	if err != nil {
		g.t.Fatal(err)
	}
	if text != string(want) {
		g.t.Errorf("%s differs; run with -update and read the change.\ngot:\n%s\nwant:\n%s", file, text, want)
	}
	return a
}

// complete fails for files that no row reads.
func (g *golden) complete() {
	g.t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "golden", g.family, "*.txt"))
	if err != nil {
		g.t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".txt"); !g.seen[name] {
			g.t.Errorf("%s belongs to no row", file)
		}
	}
}

// exchange writes a request and its response as they were, the body indented.
func exchange(route, body string, h headers, a answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", route)
	for _, line := range h {
		if !strings.HasPrefix(line, "Peer:") {
			fmt.Fprintf(&b, "%s\n", line)
		}
	}
	if body != "" {
		fmt.Fprintf(&b, "\n%s\n", body)
	}
	fmt.Fprintf(&b, "\n-- %d --\n", a.status)
	var names []string
	for name := range a.header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(a.header[name], " | "))
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(a.body), "", "  ") != nil {
		pretty.WriteString(a.body)
	}
	fmt.Fprintf(&b, "\n%s\n", pretty.String())
	return b.String()
}

var unstable = []struct {
	what *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`), "<token>"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<id>"},
	{regexp.MustCompile(`APK_[A-Z2-7]{26}`), "<public key>"},
	{regexp.MustCompile(`"jwtSecret": "[A-Za-z0-9_-]+"`), `"jwtSecret": "<secret>"`},
	{regexp.MustCompile(`(\?token=|"token":")[A-Z0-9]{12}\b`), "${1}<mailed token>"},
	{regexp.MustCompile(`"token":"(i_[A-Za-z0-9_-]{60,}|[A-Za-z0-9_-]{43})"`), `"token":"<mailed token>"`},
	{regexp.MustCompile(`"otp":"[0-9]{6}"`), `"otp":"<code>"`},
	{regexp.MustCompile(`("nextCursor": "|cursor=)[A-Za-z0-9_.-]+`), "${1}<cursor>"},
	{regexp.MustCompile(`("next": "|cursor=)[A-Za-z0-9_.-]+`), "${1}<cursor>"},
	{regexp.MustCompile(`("nextPageToken": "|lastKey=)[A-Za-z0-9_.-]+`), "${1}<cursor>"},
	{regexp.MustCompile(`("challenge": ?")[A-Za-z0-9_.-]{40,}`), "${1}<challenge>"},
	{regexp.MustCompile(`("ticket": ?")[A-Za-z0-9_.-]{40,}`), "${1}<ticket>"},
	{regexp.MustCompile(`("(?:id|rawId|clientDataJSON|attestationObject|authenticatorData|signature|userHandle)": ?")[A-Za-z0-9_-]{16,}`), "${1}<bytes>"},
	{regexp.MustCompile(`("refreshToken": ?")[A-Za-z0-9_.-]{40,}`), "${1}<refresh token>"},
	{regexp.MustCompile(`\?token=[A-Za-z0-9_-]{43}`), "?token=<mailed token>"},
	{regexp.MustCompile(`"secret": "[A-Z2-7]{32}"`), `"secret": "<seed>"`},
	{regexp.MustCompile(`secret=[A-Z2-7]{32}`), "secret=<seed>"},
	{regexp.MustCompile(`base64,[A-Za-z0-9+/=]{100,}`), "base64,<png>"},
	{regexp.MustCompile(`"[a-z2-7]{4}(-[a-z2-7]{4}){3}"`), `"<recovery code>"`},
	{regexp.MustCompile(`"code":"[0-9]{3} ?[0-9]{3}"`), `"code":"<code>"`},
	{regexp.MustCompile(`"(network|Network)": "[0-9./]+"`), `"$1": "<network>"`},
	{regexp.MustCompile(`(__Host-issuer-|state=)[A-Za-z0-9_-]{12,43}`), "${1}<state>"},
	{regexp.MustCompile(`=[ls][01]\.[0-9]+\.[A-Za-z0-9_-]{100,}`), "=<ticket>"},
	{regexp.MustCompile(`__Host-challenge=[01]\.[A-Za-z0-9_.-]{40,}`), "__Host-challenge=<challenge>"},
	{regexp.MustCompile(`(nonce|code_challenge)=[A-Za-z0-9_-]{43}`), "$1=<made up>"},
	{regexp.MustCompile(`X-Request-Id: [A-Z2-7]+`), "X-Request-Id: <request id>"},
}

// stable replaces what differs from run to run.
func stable(s string) string {
	for _, u := range unstable {
		s = u.what.ReplaceAllString(s, u.name)
	}
	return s
}

func TestGoldenFilesHoldNoSecret(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if stable(string(text)) != string(text) {
			t.Errorf("%s holds a token, an id or a key", file)
		}
	}
}

// TestGoldenFilesCoverEveryRoute with a success and, where it can fail, a failure.
func TestGoldenFilesCoverEveryRoute(t *testing.T) {
	for _, r := range rows() {
		files, err := filepath.Glob(filepath.Join("testdata", "golden", r.Family, "*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		good, bad := false, r.Path == "/authentiq/v1/heartbeat" || isPage(r)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			line, rest, _ := strings.Cut(string(text), "\n")
			line, _, _ = strings.Cut(line, "?")
			if line == r.Method+" "+strings.NewReplacer("018f4e1c-a000-7000-8000-00000000abcd", "<id>").Replace(r.Target()) {
				ok := strings.Contains(rest, "\n-- 20") || strings.Contains(rest, "\n-- 303")
				good, bad = good || ok, bad || !ok
			}
		}
		if !good || !bad {
			t.Errorf("%s %s: success %t, failure %t", r.Method, r.Path, good, bad)
		}
	}
}
