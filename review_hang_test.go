package tollkeeper_test

import (
	"context"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// hung does not come back from what is done besides an answer.
type hung struct{ store.Store }

func (hung) Settle(ctx context.Context, _ store.Settlement, _ time.Time) error {
	<-ctx.Done()
	return ctx.Err()
}

func (hung) QueueMail(ctx context.Context, _ []store.QueuedMail) error {
	<-ctx.Done()
	return ctx.Err()
}

// What is done besides an answer, by the best effort, must not keep it for ever: it outlives the request's own deadline.
func TestSignInComesBackFromAStoreThatHangs(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.config
		c.Limits.Attempts = hung{w.store}
		auth, err := tollkeeper.New(hung{w.store}, c)
		w.ok(err)
		defer auth.Close(ctx)
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		before := time.Now()
		in := p.attempt(password)
		in.Client = from("10.0.0.1")
		_, err = auth.SignIn(limited, in)
		w.ok(err)
		if waited := time.Since(before); waited > 10*time.Second {
			t.Errorf("it came back after %v", waited)
		}
	})
}

// A store that is away is not a wrong code.
func TestReauthenticateTellsAStoreThatIsAwayFromAWrongCode(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		e, err := w.auth.EnrolFactor(ctx, p.Identity, password, tollkeeper.Client{})
		w.ok(err)
		code := func() string {
			w.pass(time.Minute)
			c, err := totp.GenerateCode(string(e.Seed), w.now())
			w.ok(err)
			return c
		}
		_, err = w.auth.ConfirmFactor(ctx, p.Identity, tollkeeper.SecretText(code()), tollkeeper.Client{})
		w.ok(err)
		w.store.faults(failing("UpdateAccount"), nil)
		w.want(w.auth.Reauthenticate(ctx, p.Identity, tollkeeper.Confirmation{Password: password, Code: tollkeeper.SecretText(code())}), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		good := code()
		w.ok(w.auth.Reauthenticate(ctx, p.Identity, tollkeeper.Confirmation{Password: password, Code: tollkeeper.SecretText(good)}))
		w.want(w.auth.Reauthenticate(ctx, p.Identity, tollkeeper.Confirmation{Password: password, Code: tollkeeper.SecretText(good)}), tollkeeper.ErrInvalidCode)
	})
}
