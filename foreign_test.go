package tollkeeper_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// A page of another origin gets two thirds of what is counted on its visitor's network for all scopes; what refuses it
// counts nothing, so that the visitor's own attempts are left.
func TestPagesOfOtherOriginsSpendAPart(t *testing.T) {
	const home = "192.0.2.1"
	foreign := from(home)
	foreign.Foreign = true
	t.Run("of the failures of one email", func(t *testing.T) {
		story(t, func(w *world) {
			victim := w.child(w.parent("p@example.com"), "c@example.com")
			for i := range 8 {
				key := w.parent(fmt.Sprintf("eve%d@example.com", i)).PublicKey
				for range 4 {
					r := tollkeeper.SignInRequest{Email: victim.Email, Password: "wrong", Scope: tollkeeper.UnderKey(key), Client: foreign}
					if _, err := w.Auth.SignIn(ctx, r); err == nil {
						t.Error("a wrong password signs in")
					}
				}
			}
			w.ok(w.guess(victim, password, home))
		}, unlimited)
	})
	t.Run("of the rate of a network", func(t *testing.T) {
		story(t, func(w *world) {
			victim := w.child(w.parent("p@example.com"), "c@example.com")
			refused := 0
			for i := range 60 {
				email := fmt.Sprintf("%d@example.com", i)
				if _, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: "wrong", Client: foreign}); errors.Is(err, tollkeeper.ErrRateLimited) {
					refused++
				}
			}
			if refused != 40 {
				t.Errorf("%d of 60 were refused, want 40: a third of 30 is the visitor's", refused)
			}
			w.ok(w.guess(victim, password, home))
		})
	})
}
