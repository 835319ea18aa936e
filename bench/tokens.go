package bench

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

const (
	firstMemory   = "first/memory"
	firstHand     = "first/" + byHands
	firstGuardian = "first/" + guardian
	floorCase     = "the floor"
)

// moreThanRemembered is a number of tokens of which hardly one is remembered when its turn comes again: some times what
// a checker remembers at most, for it also knows for a while which it saw once.
const (
	moreThanRemembered = 120_000
	_                  = uint(moreThanRemembered - 3*token.MostRemembered)
	_                  = uint(moreThanRemembered - 3*mostCached)
)

// openFirstSight compares the first check of a token, which nobody's cache knows.
func openFirstSight(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		if err := b.addFirst(ctx, "memory", memory.New(), s.size(moreThanRemembered, 50)); err != nil {
			return err
		}
		if err := b.addFirstRivals(s.size(moreThanRemembered, 50)); err != nil {
			return err
		}
		if err := b.addAsymmetric(ctx, s.size(fewerTokens, 10)); err != nil {
			return err
		}
		b.Cells = []Cell{
			{"request, token at first sight", byHands, ratio(cpu, firstMemory, firstHand)},
			{"request, token at first sight", guardian, ratio(cpu, firstMemory, firstGuardian)},
		}
		b.Targets = []Target{
			{What: "`Authenticate`, first sight of an HS256 token, to golang-jwt by hand", Value: ratio(cpu, firstMemory, firstHand), Unit: "×", Must: 0.2},
			{What: "the same", Value: of(allocs, firstMemory), Unit: "allocations", Must: 2},
			{What: "the same to the floor: HMAC, base64 and claims alone", Value: ratio(cpu, firstMemory, floorCase), Unit: "×", Aim: 2},
			{What: "the same to go-guardian's opaque tokens at first sight", Value: ratio(cpu, firstMemory, firstGuardian), Unit: "×"},
			{What: "first sight of an EdDSA token, to the signature check alone", Value: ratio(cpu, "first/EdDSA", "EdDSA alone"), Unit: "×", Must: 1.15},
			{What: "first sight of an ES256 token, to the signature check alone", Value: ratio(cpu, "first/ES256", "ES256 alone"), Unit: "×", Must: 1.15},
			{What: "first sight of an RS256 token, to the signature check alone", Value: ratio(cpu, "first/RS256", "RS256 alone"), Unit: "×", Must: 1.15},
		}
		return nil
	})
}

// addFirst adds the check of so many tokens in turn, over a store.
func (b *Bench) addFirst(ctx context.Context, name string, kept store.Store, n int) error {
	svc, err := newService(ctx, kept)
	if err != nil {
		return err
	}
	b.onClose(svc.close)
	owner, err := newTenant(ctx, svc.auth)
	if err != nil {
		return err
	}
	many, err := owner.mint(n + 1)
	if err != nil {
		return err
	}
	check := func(token string) error {
		_, err := svc.auth.Authenticate(ctx, tollkeeper.SecretText(token))
		return err
	}
	b.add("known/"+name, func(int) error { return check(many[0]) })
	b.add("first/"+name, inTurn(many[1:], check))
	return nil
}

// inTurn calls do with one after the other.
func inTurn[T any](all []T, do func(T) error) func(int) error {
	next := 0
	return func(int) error {
		next++
		return do(all[next%len(all)])
	}
}

func (b *Bench) addFirstRivals(n int) error {
	hand, guards := newByHand(), newGuards()
	tokens, err := hand.many(n)
	if err != nil {
		return err
	}
	b.add(firstHand, inTurn(tokens, func(token string) error { _, err := hand.authenticate(token); return err }))
	b.addFloor(hand, tokens)
	requests, err := guards.many(n)
	if err != nil {
		return err
	}
	b.add(firstGuardian, inTurn(requests, func(r *http.Request) error { _, err := guards.tokens.Authenticate(r.Context(), r); return err }))
	return nil
}

// openStores measures the check of a token over each store.
func openStores(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		lite, err := b.lite(ctx, filepath.Join(s.Dir, "stores.db"))
		if err != nil {
			return err
		}
		_, server, err := b.server(ctx, s.Postgres)
		if err != nil {
			return err
		}
		for _, st := range []struct {
			name  string
			store store.Store
		}{{"memory", memory.New()}, {"sqlite", lite}, {"postgres", server}} {
			if err := b.addFirst(ctx, st.name, st.store, s.size(moreThanRemembered, 50)); err != nil {
				return fmt.Errorf("%s: %w", st.name, err)
			}
			b.Targets = append(b.Targets, Target{What: "known token to one at first sight, " + st.name, Value: ratio(cpu, "known/"+st.name, "first/"+st.name), Unit: "×"})
		}
		return nil
	})
}
