package bench

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

const (
	knownMemory   = "known/memory"
	firstMemory   = "first/memory"
	middleware    = "middleware/memory"
	handChecks    = "golang-jwt by hand"
	guardians     = "go-guardian"
	guardiansBare = "go-guardian, without the context"
	bosses        = "authboss"
	floorCase     = "the floor"
)

// openAuthenticate compares the check of an authenticated request.
func openAuthenticate(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		if err := b.addStores(ctx, s); err != nil {
			return err
		}
		for _, add := range []func(context.Context, Setup) error{b.addMiddleware, b.addAsymmetric, b.addCheckRivals} {
			if err := add(ctx, s); err != nil {
				return err
			}
		}
		b.Targets = []Target{
			{What: "`Authenticate`, known token, memory store, to go-guardian", Value: ratio(cpu, knownMemory, guardians), Unit: "×", Must: 1.0, Aim: 0.85},
			{What: "the same to go-guardian's bare call", Value: ratio(cpu, knownMemory, guardiansBare), Unit: "×"},
			{What: "the same to authboss", Value: ratio(cpu, knownMemory, bosses), Unit: "×", Must: 0.35},
			{What: "the same", Value: of(allocs, knownMemory), Unit: "allocations"},
			{What: "as middleware, identity in the context, to go-guardian", Value: ratio(cpu, middleware, guardians), Unit: "×", Must: 1.25, Aim: 1.1},
			{What: "the same to authboss", Value: ratio(cpu, middleware, bosses), Unit: "×", Must: 0.5},
			{What: "the same", Value: of(allocs, middleware), Unit: "allocations", Must: 2},
			{What: "`Authenticate`, first sight of an HS256 token, to golang-jwt by hand", Value: ratio(cpu, firstMemory, handChecks), Unit: "×", Must: 0.2},
			{What: "the same", Value: of(allocs, firstMemory), Unit: "allocations", Must: 5},
			{What: "the same to the floor: HMAC, base64 and claims alone", Value: ratio(cpu, firstMemory, floorCase), Unit: "×", Aim: 1.5},
			{What: "first sight of an EdDSA token, to the signature check alone", Value: ratio(cpu, "first/EdDSA", "EdDSA alone"), Unit: "×", Must: 1.15},
			{What: "first sight of an ES256 token, to the signature check alone", Value: ratio(cpu, "first/ES256", "ES256 alone"), Unit: "×", Must: 1.15},
			{What: "first sight of an RS256 token, to the signature check alone", Value: ratio(cpu, "first/RS256", "RS256 alone"), Unit: "×", Must: 1.15},
		}
		return nil
	})
}

// addStores adds known and first sight over each store.
func (b *Bench) addStores(ctx context.Context, s Setup) error {
	lite, err := sqlite.Open(filepath.Join(s.Dir, "authenticate.db"))
	if err != nil {
		return err
	}
	b.onClose(func() { _ = lite.Close() })
	if err := lite.Migrate(ctx); err != nil {
		return err
	}
	db, err := newDatabase(ctx, s.Postgres)
	if err != nil {
		return err
	}
	b.onClose(db.drop)
	server := postgres.New(db.pool)
	if err := server.Migrate(ctx); err != nil {
		return err
	}
	for _, st := range []struct {
		name  string
		store store.Store
	}{{"memory", memory.New()}, {"sqlite", lite}, {"postgres", server}} {
		if err := b.addChecks(ctx, s, st.name, st.store); err != nil {
			return fmt.Errorf("%s: %w", st.name, err)
		}
	}
	return nil
}

// addChecks adds the check of one token again and again, and of more tokens in turn than are remembered.
func (b *Bench) addChecks(ctx context.Context, s Setup, name string, kept store.Store) error {
	svc, err := newService(ctx, kept)
	if err != nil {
		return err
	}
	b.onClose(svc.close)
	owner, err := newTenant(ctx, svc.auth)
	if err != nil {
		return err
	}
	many, err := owner.mint(s.size(moreThanRemembered, 50))
	if err != nil {
		return err
	}
	b.Cases = append(b.Cases,
		Case{Name: "known/" + name, Do: func(int) error {
			_, err := svc.auth.Authenticate(ctx, tollkeeper.SecretText(many[0]))
			return err
		}},
		Case{Name: "first/" + name, Do: inTurn(many[1:], func(token string) error {
			_, err := svc.auth.Authenticate(ctx, tollkeeper.SecretText(token))
			return err
		})})
	return nil
}

// inTurn calls do with one token after the other.
func inTurn(tokens []string, do func(string) error) func(int) error {
	next := 0
	return func(int) error {
		next++
		return do(tokens[next%len(tokens)])
	}
}

// addMiddleware adds RequireAuth with the identity in the context, on one request again and again.
func (b *Bench) addMiddleware(ctx context.Context, _ Setup) error {
	svc, err := newService(ctx, memory.New())
	if err != nil {
		return err
	}
	b.onClose(svc.close)
	session, err := svc.signIn(ctx)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", string("Bearer "+session.Token))
	guarded := httpadapter.RequireAuth(svc.auth)(http.HandlerFunc(sayWhom))
	b.add(middleware, handled(guarded, r))
	return nil
}

// sayWhom is the handler below every middleware: it looks at who is there.
func sayWhom(w http.ResponseWriter, r *http.Request) {
	if _, ok := httpadapter.IdentityFrom(r.Context()); !ok {
		w.WriteHeader(http.StatusTeapot)
	}
}

func (b *Bench) add(name string, do func(int) error) {
	b.Cases = append(b.Cases, Case{Name: name, Do: do})
}

// handled serves one request again and again.
func handled(h http.Handler, r *http.Request) func(int) error {
	w := newDiscard()
	return func(int) error {
		w.status = 0
		h.ServeHTTP(w, r)
		return w.ok()
	}
}

func (b *Bench) addCheckRivals(_ context.Context, s Setup) error {
	hand := newByHand()
	tokens, err := hand.many(s.size(moreThanRemembered, 50))
	if err != nil {
		return err
	}
	b.add(handChecks, inTurn(tokens, func(token string) error { _, err := hand.authenticate(token); return err }))
	b.addFloor(hand, tokens)

	strategy, r, err := guardian()
	if err != nil {
		return err
	}
	b.add(guardians, handled(guardedBy(strategy), r))
	b.add(guardiansBare, func(int) error { _, err := strategy.Authenticate(r.Context(), r); return err })

	rival, err := newBoss()
	if err != nil {
		return err
	}
	withCookie, err := rival.signedIn()
	if err != nil {
		return err
	}
	b.add(bosses, handled(rival.guarded(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), withCookie))
	return nil
}
