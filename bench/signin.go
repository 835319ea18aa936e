package bench

import (
	"context"
)

const (
	signInV1     = "tollkeeper, v1 family"
	signInTenant = "tollkeeper, organization family"
	signInCore   = "tollkeeper, without HTTP"
	bareJSON     = "mux, JSON and the cheap hash alone"
)

// openSignIn compares a whole sign-in over HTTP. Everyone hashes by [cheap].
func openSignIn(ctx context.Context, _ Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		us, svc, err := ourPeer(ctx, b)
		if err != nil {
			return err
		}
		owner, err := newTenant(ctx, svc.auth)
		if err != nil {
			return err
		}
		b.add(signInV1, us.signIns())
		tenants := posting("/auth/signin", func(password string) string {
			return `{"email":"` + owner.account.Email + `","password":"` + password + `"}`
		})
		b.add(signInTenant, forgetful(served(svc.mux, tenants(password)), func() { svc.forget(ctx, owner.account) }))
		b.add(signInCore, forgetful(func(int) error {
			_, err := svc.signIn(ctx)
			return err
		}, us.forget))
		others, err := rivals()
		if err != nil {
			return err
		}
		for _, p := range others {
			b.add(p.name, p.signIns())
			b.Cells = append(b.Cells, Cell{"sign-in beyond the hash, over HTTP", p.name, ratio(cpu, signInV1, p.name)})
		}
		b.add(bareJSON, served(bare(), posting("/login", jsonOf("email", "password"))(password)))
		for _, family := range []string{signInV1, signInTenant} {
			b.Targets = append(b.Targets,
				Target{What: "sign-in beyond the hash, " + family[len("tollkeeper, "):] + ", to authboss", Value: ratio(cpu, family, bosses), Unit: "×", Must: 1.25, Aim: 1},
				Target{What: "the same to golang-jwt by hand", Value: ratio(cpu, family, byHands), Unit: "×", Must: 1.7, Aim: 1.3},
				Target{What: "the same", Value: of(allocs, family), Unit: "allocations", Must: 25})
		}
		b.Targets = append(b.Targets, Target{What: "sign-in, v1 family, to mux, JSON and the cheap hash alone", Value: ratio(cpu, signInV1, bareJSON), Unit: "×"})
		return nil
	})
}
