package examples_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// What README.md says of pasting its commands again: how many sign-ups a network has, that those which are refused
// count, and that a server in memory begins anew.
func TestReadmeCommandsAgain(t *testing.T) {
	_, whole := snippets(t, "sh")
	text := strings.Join(strings.Fields(whole), " ")
	if !strings.Contains(text, "has ten sign-ups an hour, and those that are refused count") || !strings.Contains(text, "start the server with `-store memory:`") {
		t.Fatal("README.md does not say what to expect of its commands")
	}
	var people int
	for _, family := range []string{"app", "organization", "v1", "platform"} {
		people += len(regexp.MustCompile(`/sign-?up |/register `).FindAllString(curls(t, family), -1))
	}
	if people != 4 || !strings.Contains(text, "sign four people up") {
		t.Errorf("the commands sign %d people up", people)
	}
	program := in(t, t.TempDir())
	for range 2 { // the second begins anew
		s := program.Start(t, anyPort, "-store=memory:")
		body := `{"email":"cleo@home.example","username":"cleo","password":"Marble-Thicket-48"}`
		var got []string
		for range 11 {
			status, answer := call(t, "POST "+s.URL+"/api/auth/sign-up", body, "")
			got = append(got, fmt.Sprint(status, " ", answer["code"]))
		}
		want := "[201 <nil>" + strings.Repeat(" 409 email_taken", 9) + " 429 rate_limited]"
		if fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
		s.Stop(t)
	}
}
