package examples_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestResetInABrowser follows the link of a reset mail in a browser, with the page's own policy in force.
func TestResetInABrowser(t *testing.T) {
	b := open(t, backend(t, "TOLLKEEPER_TEST_CHROMIUM"))
	program := in(t, t.TempDir())
	s := program.Start(t, anyPort, "-mail-dir=mail", "-store=memory:")
	signUp(t, s.URL, "owner@home.example")
	_, owner := call(t, "POST "+s.URL+"/auth/signin", `{"email":"owner@home.example","password":"`+password+`"}`, "")
	below := `"parentPublicKey":"` + regexp.MustCompile(`APK_[A-Z2-7]+`).FindString(fmt.Sprint(owner)) + `"`
	child := `{"username":"bea","email":"ada@home.example","password":"` + password + `",` + below + `}`
	if status, answer := call(t, "POST "+s.URL+"/auth/signup", child, ""); status != 200 {
		t.Fatal(status, answer)
	}
	call(t, "POST "+s.URL+"/auth/reset-password", `{"email":"ada@home.example",`+below+`}`, "")
	text := plainText(t, arrived(t, filepath.Join(program.Dir, "mail"), time.Now().Add(time.Second)), "ada@home.example")
	b.visit(regexp.MustCompile(`http\S+`).FindString(text))
	steps := []struct{ typed, want string }{
		{"password-1", "Password must"},
		{"Green4Anchor!Tide", "Your password was changed. Sign in with it now."},
	}
	for _, step := range steps {
		if got := b.evaluate(submit(step.typed)); !strings.HasPrefix(got, step.want) {
			t.Errorf("%q is answered %q, want %q", step.typed, got, step.want)
		}
	}
	if got := b.evaluate("location.href"); got != s.URL+"/reset-password" {
		t.Errorf("the address is still %s", got)
	}
	if got := b.evaluate("getComputedStyle(document.querySelector('button')).display"); got != "block" {
		t.Errorf("the page's style does not apply: display %s", got)
	}
	if status, answer := call(t, "POST "+s.URL+"/auth/signin", `{"email":"ada@home.example","password":"Green4Anchor!Tide",`+below+`}`, ""); status != 200 {
		t.Errorf("signing in with it: %d %v", status, answer)
	}
}

// submit is a script that fills the form in, sends it and answers what the page then says.
func submit(password string) string {
	return `(async () => {
		const answer = document.getElementById("answer");
		document.getElementById("password").value = "` + password + `";
		document.getElementById("send").click();
		for (let i = 0; i < 200 && (answer.textContent === "…" || document.getElementById("send").disabled); i++)
			await new Promise(done => setTimeout(done, 25));
		return answer.textContent;
	})()`
}

// browser is a page of Chromium, driven over its debugging pipe: JSON messages that end in a zero byte, to file
// descriptor 3 and from 4.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string
	id      int
}

func open(t *testing.T, chromium string) *browser {
	t.Helper()
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--remote-debugging-pipe", "--no-first-run", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, answers}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), answers.Close()
	b := &browser{t: t, to: to, from: bufio.NewReader(from)}
	if err := from.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.command("Browser.close", nil, nil)
		_ = cmd.Wait() // it was told to end
		_, _ = to.Close(), from.Close()
	})
	return b
}

// visit opens a page and waits until it is loaded.
func (b *browser) visit(url string) {
	b.t.Helper()
	var target struct{ TargetID string }
	b.command("Target.createTarget", map[string]any{"url": url}, &target)
	var attached struct{ SessionID string }
	b.command("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for b.evaluate("document.readyState + location.protocol") != "completehttp:" {
		time.Sleep(20 * time.Millisecond)
	}
}

// evaluate runs a script in the page and answers its string.
func (b *browser) evaluate(script string) string {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value string }
		ExceptionDetails json.RawMessage
	}
	b.command("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", script, answer.ExceptionDetails)
	}
	return answer.Result.Value
}

func (b *browser) command(method string, params, result any) {
	b.t.Helper()
	b.id++
	message := map[string]any{"id": b.id, "method": method}
	if params != nil {
		message["params"] = params
	}
	if b.session != "" && method == "Runtime.evaluate" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		text, err := b.from.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID     int
			Error  json.RawMessage
			Result json.RawMessage
		}
		if err := json.Unmarshal(text[:len(text)-1], &answer); err != nil {
			b.t.Fatal(err)
		}
		if answer.ID != b.id {
			continue // an event
		}
		if answer.Error != nil {
			b.t.Fatalf("%s: %s", method, answer.Error)
		}
		if result != nil {
			if err := json.Unmarshal(answer.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}
