package bench

import (
	"context"
)

// openAuthenticate compares the check of one request again and again: as a call, and as middleware above a handler that
// looks at who is there.
func openAuthenticate(ctx context.Context, _ Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		us, _, err := ourPeer(ctx, b)
		if err != nil {
			return err
		}
		others, err := rivals()
		if err != nil {
			return err
		}
		for _, p := range append([]*peer{us}, others...) {
			if err := p.requests(b); err != nil {
				return err
			}
		}
		known, guarded := bareCall(ours), asMiddleware(ours)
		for _, p := range others {
			b.Cells = append(b.Cells, Cell{"request, bare call", p.name, ratio(cpu, known, bareCall(p.name))})
		}
		for _, p := range others {
			b.Cells = append(b.Cells, Cell{"request, middleware", p.name, ratio(cpu, guarded, asMiddleware(p.name))})
		}
		b.Targets = []Target{
			{What: "`Authenticate`, known token, memory store, to authboss", Value: ratio(cpu, known, bareCall(bosses)), Unit: "×", Must: 0.38, Aim: 0.3},
			{What: "the same to go-guardian", Value: ratio(cpu, known, bareCall(guardian)), Unit: "×", Must: 1.4, Aim: 1.2},
			{What: "the same", Value: of(allocs, known), Unit: "allocations"},
			{What: "as middleware, identity in the context, to authboss", Value: ratio(cpu, guarded, asMiddleware(bosses)), Unit: "×", Must: 0.6, Aim: 0.5},
			{What: "the same to go-guardian", Value: ratio(cpu, guarded, asMiddleware(guardian)), Unit: "×", Must: 2, Aim: 1.5},
			{What: "the same", Value: of(allocs, guarded), Unit: "allocations", Must: 2},
		}
		return nil
	})
}

func (b *Bench) add(name string, do func(int) error) {
	b.Cases = append(b.Cases, Case{Name: name, Do: do})
}
