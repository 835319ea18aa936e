package tollkeeper_test

import (
	"fmt"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

func TestMailDomainIsNoMachinesAddress(t *testing.T) {
	story(t, func(w *world) {
		for _, email := range []string{"a@127.0.0.1", "a@10.1", "a@example.1"} {
			_, err := w.auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: password})
			w.want(err, tollkeeper.ErrInvalidEmail)
		}
		for _, email := range []string{"a@1.example", "a@127.0.0.1.example", "a@example.x1"} {
			_, err := w.auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: password})
			w.ok(err)
		}
	})
}

// A change of username tells that a name is taken, as sign-up does: as often as that, and no more.
func TestTakenUsernamesAreToldAtTheRateOfSignUps(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.signUp(tollkeeper.SignUpRequest{Email: "c@example.com", Password: password, Username: "taken", ParentKey: p.PublicKey})
		c := w.child(p, "d@example.com")
		var errs []error
		for i := range 30 {
			errs = append(errs, w.auth.ChangeUsername(ctx, c.Identity, []string{"taken", fmt.Sprint("free", i)}[i%2]))
		}
		if n := tally(errs); n["rate_limited"] != 20 || n["username_taken"] != 5 || n["ok"] != 5 {
			t.Errorf("%v", n)
		}
	})
}
