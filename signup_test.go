package tollkeeper_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

func TestMailDomainIsNoMachinesAddress(t *testing.T) {
	story(t, func(w *world) {
		for _, email := range []string{"a@127.0.0.1", "a@10.1", "a@example.1"} {
			_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: email, Password: password})
			w.want(err, tollkeeper.ErrInvalidEmail)
		}
		for _, email := range []string{"a@1.example", "a@127.0.0.1.example", "a@example.x1"} {
			_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: email, Password: password})
			w.ok(err)
		}
	})
}

// countedBreach counts how often it is asked.
type countedBreach struct{ n int }

func (b *countedBreach) Breached(context.Context, string) (bool, error) { b.n++; return true, nil }

func TestSignUpAsksTheBreachServiceBehindItsRate(t *testing.T) {
	b := &countedBreach{}
	story(t, func(w *world) {
		for i := range 50 {
			_, _ = w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: fmt.Sprintf("p%d@example.com", i), Password: password, Client: from("10.0.0.1")})
		}
		if b.n > 10 {
			t.Errorf("asked %d times", b.n)
		}
	}, func(c *tollkeeper.Config) { c.Passwords.Breach = b })
}
