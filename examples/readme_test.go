package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/examples/internal/witness"
)

// snippet is a piece of code in README.md.
type snippet struct {
	heading  string // the last one above it
	language string
	text     string
}

// snippets reads README.md, by a link in testdata: the go command answers a test's result from its cache although a file
// outside the test's module has changed.
func snippets(t *testing.T, language string) (found []snippet, whole string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile("(?ms)^#+ ([^\n]*)$|^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	heading := ""
	for _, part := range parts {
		if part[1] != "" {
			heading = part[1]
		} else if part[2] == language {
			found = append(found, snippet{heading, part[2], part[3]})
		}
	}
	return found, string(text)
}

// TestReadmeCommands runs what README.md says to paste, family after family in one shell, against the server that it
// says to start.
func TestReadmeCommands(t *testing.T) {
	needs(t, "curl")
	program := in(t, t.TempDir())
	s := program.Start(t, anyPort, "-mail-dir=mail")
	var script strings.Builder
	families := []string{"app", "organization", "v1", "platform"}
	for _, family := range families {
		fmt.Fprintf(&script, "%s\nprintf '\\036'\n", curls(t, family))
	}
	output := shell(t, strings.ReplaceAll(script.String(), "localhost:8080", strings.TrimPrefix(s.URL, "http://")))
	answers := map[string][]answered{}
	for i, text := range strings.Split(strings.TrimSuffix(output, "\036"), "\036") {
		for each := json.NewDecoder(strings.NewReader(text)); each.More(); {
			a := answered{}
			if err := each.Decode(&a); err != nil {
				t.Fatalf("the %s family is answered %s: %v", families[i], text, err)
			}
			answers[families[i]] = append(answers[families[i]], a)
		}
	}
	left := regexp.MustCompile(`what is left: (\S+)`).FindStringSubmatch(curls(t, "organization"))
	if left == nil {
		t.Fatal("README.md does not say how many credits are left")
	}
	want := map[string][]string{ // what is in each answer
		"app": {`"email":"cleo@home.example"`, `"code":"invalid_credentials"`},
		"organization": {
			`"accountType":"parent"`, `"accountType":"child"`, `"daysUntilExpiry":90`, `"creditBalance":` + strings.ReplaceAll(left[1], ",", "") + `,`,
		},
		"v1":       {`"email":"bob@home.example"`, `"message":"Successfully logged out!"`, `"message":"Sorry! You are not logged in!"`},
		"platform": {`"message":"OTP sent successfully"`, `"error":"Invalid credentials"`},
	}
	for family, texts := range want {
		if len(answers[family]) != len(texts) {
			t.Fatalf("the %s family answers %d times, want %d: %s", family, len(answers[family]), len(texts), output)
		}
		for i, text := range texts {
			if got := answers[family][i].text(t); !strings.Contains(got, text) {
				t.Errorf("answer %d of the %s family is %s, want %s", i+1, family, got, text)
			}
		}
	}
	if t.Failed() {
		return
	}
	key := regexp.MustCompile(`APK_[A-Z2-7]+`).FindString(answers["organization"][0].text(t))
	if !strings.Contains(answers["organization"][1].text(t), `"parentAccount":"`+key+`"`) {
		t.Errorf("the child is not below the parent %s: %s", key, answers["organization"][1].text(t))
	}
	verifyMailedCode(t, s.URL, filepath.Join(program.Dir, "mail"), key)
}

type answered map[string]any

func (a answered) text(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// verifyMailedCode does the last step with the code of the mail instead of the printed one.
func verifyMailedCode(t *testing.T, url, dir, key string) {
	t.Helper()
	box, code := witness.NewMailbox(dir), ""
	for end := time.Now().Add(30 * time.Second); code == ""; time.Sleep(5 * time.Millisecond) {
		if code = box.Code("ada@home.example"); code == "" && time.Now().After(end) {
			t.Fatal("no code came")
		}
	}
	body := fmt.Sprintf(`{"email":"ada@home.example","otp":%q,"PlatformId":%q}`, code, key)
	if status, answer := call(t, "POST "+url+"/api/user/verify-otp", body, ""); status != 200 || !strings.Contains(answered(answer).text(t), `"token":"ey`) {
		t.Errorf("with the mailed code: %d %v", status, answer)
	}
}

// curls answers the one snippet below the family's heading.
func curls(t *testing.T, family string) string {
	t.Helper()
	all, _ := snippets(t, "sh")
	for _, s := range all {
		if strings.HasPrefix(s.heading, "The "+family+" family") && strings.Contains(s.text, "curl") {
			return s.text
		}
	}
	t.Fatalf("README.md has no curl below the %s family", family)
	return ""
}

// TestReadmeFlags: the server knows every flag that README.md gives it or names.
func TestReadmeFlags(t *testing.T) {
	all, whole := snippets(t, "sh")
	lines := 0
	for _, s := range all {
		if !strings.Contains(s.text, "go run ./cmd/tollkeeper") {
			continue
		}
		lines++
		// go is a function that hands the arguments to the server, which stops at -h with 0 if it knows those before.
		script := `set -e; go() { [ "$2" = ./cmd/tollkeeper ] || return 0; shift 2; '` + server + `' "$@" -h >/dev/null; }` + "\n" + s.text
		shell(t, script)
	}
	if lines < 2 {
		t.Errorf("README.md starts the server %d times", lines)
	}
	help := in(t, t.TempDir()).Run(t, "-h").Out
	named := regexp.MustCompile("`-([a-z-]+)[ `]").FindAllStringSubmatch(whole, -1)
	named = append(named, regexp.MustCompile("`(TOLLKEEPER_[A-Z_]+)`").FindAllStringSubmatch(whole, -1)...)
	for _, name := range named {
		if !strings.Contains(help, name[1]) {
			t.Errorf("README.md names %s, and -h does not", name[0])
		}
	}
	if len(named) < 10 {
		t.Errorf("README.md names %v", named)
	}
}

// needs skips the test without a program, or fails it where all must be there.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("TOLLKEEPER_TEST_STRICT") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// shell runs a script in bash, and answers what it printed.
func shell(t *testing.T, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir, cmd.WaitDelay = t.TempDir(), time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v in\n%s\nprints %s", err, script, output.String())
	}
	if left, err := os.ReadDir(cmd.Dir); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v behind, %v", left, err)
	}
	return output.String()
}
