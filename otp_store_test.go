package tollkeeper_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// A code that is right proves nothing of an account that changes, or goes, at the same moment: it is used up, and says
// no more than a wrong one.
func TestCodeOfAnAccountThatChangesMeanwhile(t *testing.T) {
	for name, meanwhile := range map[string]error{"changed": store.Conflict{}, "gone": store.ErrNotFound} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				a := w.user("a@example.com")
				w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: a.Email, Client: home}))
				code := w.LastCode(a.Email, tollkeeper.MailSignInCode)
				w.store.faults(func(verb string) error {
					if verb == "UpdateAccount" {
						return meanwhile
					}
					return nil
				}, nil)
				try := func() error {
					return errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: a.Email, Code: tollkeeper.SecretText(code), Client: home}))
				}
				w.want(try(), tollkeeper.ErrInvalidCredentials)
				w.store.faults(nil, nil)
				w.want(try(), tollkeeper.ErrInvalidCredentials)
			}, unlimited)
		})
	}
}

// What cannot be counted is not done.
func TestCodesAreNotMailedUncounted(t *testing.T) {
	story(t, func(w *world) {
		a := w.user("a@example.com")
		w.store.faults(failing("Take"), nil)
		w.want(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: a.Email, Client: home}), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		if mails := w.Mails(a.Email, tollkeeper.MailSignInCode); len(mails) != 0 {
			t.Errorf("%d codes", len(mails))
		}
	})
}

func TestWrongCodesAreLogged(t *testing.T) {
	story(t, func(w *world) {
		a := w.user("a@example.com")
		for _, code := range []tollkeeper.SecretText{"000000", "letters"} {
			w.want(errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{
				Email: a.Email, Code: code, Audience: tollkeeper.AudienceV1, Client: home,
			})), tollkeeper.ErrInvalidCredentials)
		}
		failed := w.Events(tollkeeper.EventSignInFailed)
		if len(failed) != 2 {
			t.Fatalf("%+v", failed)
		}
		for _, e := range failed {
			if e.Audience != tollkeeper.AudienceV1 || e.Network == "" {
				t.Errorf("%+v", e)
			}
		}
	}, unlimited)
}
