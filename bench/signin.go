package bench

import (
	"context"

	"golang.org/x/crypto/argon2"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

const (
	signInV1     = "tollkeeper, v1 family"
	signInTenant = "tollkeeper, organization family"
	signInCore   = "tollkeeper, without HTTP"
	hashAlone    = "the cheap hash alone"
	bareJSON     = "mux + JSON alone"
)

// openSignIn compares a whole sign-in over HTTP. Ours hashes with the cheapest argon2id there is, 8 KiB and one pass,
// and what that costs alone in the same pass is taken off; the rivals compare texts where they would hash.
func openSignIn(ctx context.Context, _ Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		svc, err := newService(ctx, memory.New())
		if err != nil {
			return err
		}
		b.onClose(svc.close)
		owner, err := newTenant(ctx, svc.auth)
		if err != nil {
			return err
		}
		rival, err := newBoss()
		if err != nil {
			return err
		}
		credentials := func(email string) string { return `{"email":"` + email + `","password":"` + password + `"}` }
		text, salt := []byte(password), make([]byte, 16)
		b.add(signInV1, posted(svc.mux, "/authentiq/v1/user/login", credentials(email)))
		b.add(signInTenant, posted(svc.mux, "/auth/signin", credentials(owner.account.Email)))
		b.add(signInCore, func(int) error {
			_, err := svc.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: password})
			return err
		})
		b.add(hashAlone, func(int) error {
			argon2.IDKey(text, salt, cheapHash.Time, cheapHash.Memory, cheapHash.Threads, 32)
			return nil
		})
		b.add(handChecks, posted(newByHand(), "/login", credentials(email)))
		b.add(bosses, posted(rival.handler(), "/auth/login", credentials(email)))
		b.add(bareJSON, posted(bare(), "/login", credentials(email)))
		beyond := func(ours, rival string) Value {
			return combined(cpu, func(v ...float64) float64 { return (v[0] - v[1]) / v[2] }, ours, hashAlone, rival)
		}
		b.Targets = []Target{
			{What: "sign-in beyond the hash, v1 family, to golang-jwt by hand", Value: beyond(signInV1, handChecks), Unit: "×", Must: 0.5},
			{What: "the same to authboss", Value: beyond(signInV1, bosses), Unit: "×", Must: 0.4},
			{What: "the same to mux + JSON alone", Value: beyond(signInV1, bareJSON), Unit: "×", Aim: 2},
			{What: "sign-in beyond the hash, organization family, to golang-jwt by hand", Value: beyond(signInTenant, handChecks), Unit: "×", Must: 0.5},
			{What: "the same to authboss", Value: beyond(signInTenant, bosses), Unit: "×", Must: 0.4},
		}
		return nil
	})
}
