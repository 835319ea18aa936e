package ui_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui"
)

// Who came with a name that nobody could choose here keeps it when they change something else.
func TestABroughtUsernameStays(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	username := strings.Repeat("ann.smith-", 6) + "old"
	line := `{"email":"ann@home.example","emailProven":true,"username":"` + username + `","passwordHash":"$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS"}`
	if r, err := kit.Auth.Host().ImportAccounts(t.Context(), tollkeeper.Scope{}, strings.NewReader(line), tollkeeper.ImportOptions{}); err != nil || r.Made != 1 {
		t.Fatal(r, err)
	}
	in, err := kit.Auth.SignIn(t.Context(), tollkeeper.SignInRequest{Username: username, Password: "correct horse battery", Audience: tollkeeper.AudienceApp})
	if err != nil {
		t.Fatal(err)
	}
	b := holding(t, mux, string(in.Token))
	b.open("/account")
	if b.field("username").attr("value") != username || b.field("username").attr("maxlength") != "63" {
		t.Errorf("a browser would cut %q at %s", b.field("username").attr("value"), b.field("username").attr("maxlength"))
	}
	b.submit("Save", "name", "Ann")
	b.sees("/account?about=saved", 200, "Your changes are saved.")
	if got := b.field("username").attr("value"); got != username {
		t.Errorf("the username became %q", got)
	}
}
