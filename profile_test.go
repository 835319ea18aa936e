package tollkeeper_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func TestChangeUsername(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	a, b := k.SignedIn(k.Child(parent)), k.SignedIn(k.Child(parent))
	if err := k.Auth.ChangeUsername(ctx, a, "Ada_1"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"ada_1": tollkeeper.ErrUsernameTaken, "no spaces": tollkeeper.ErrInvalidUsername, strings.Repeat("x", 31): tollkeeper.ErrInvalidUsername} {
		if err := k.Auth.ChangeUsername(ctx, b, name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	if err := k.Auth.ChangeUsername(ctx, a, "ADA_1"); err != nil {
		t.Fatal("its own name in other letters:", err)
	}
}

func TestExportShowsTheOwnerHisDataAndNoSecret(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	child := k.Child(parent)
	for who, a := range map[string]authtest.Account{"parent": parent, "child": child} {
		d, err := k.Auth.Export(ctx, k.SignedIn(a))
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		if !strings.Contains(text, a.Email) || len(d.Sessions) != 1 || strings.Contains(text, "argon2") {
			t.Errorf("%s: %s", who, text)
		}
		if (d.Balance != nil) != (who == "parent") {
			t.Errorf("%s: balance %v: a child sees nothing of its parent's", who, d.Balance)
		}
	}
}

// A change of username tells that a name is taken, as sign-up does: as often as that, and no more.
func TestTakenUsernamesAreToldAtTheRateOfSignUps(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.SignUpBelow(p, "c@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Username = "taken" })
		c := w.child(p, "d@example.com")
		var errs []error
		for i := range 30 {
			errs = append(errs, w.Auth.ChangeUsername(ctx, c.Identity, []string{"taken", fmt.Sprint("free", i)}[i%2]))
		}
		if n := tally(errs); n["rate_limited"] != 20 || n["username_taken"] != 5 || n["ok"] != 5 {
			t.Errorf("%v", n)
		}
	})
}
