package tollkeeper_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// bestEffort are the calls that may fail without an end to the operation: what is counted is given back by itself.
var bestEffort = []string{"Release"}

// Whatever an operation asks of the store, and does not get, ends it: nothing is taken for absent, right or done.
func TestEveryCallThatFailsEndsTheOperation(t *testing.T) {
	for what, list := range map[string]map[string]operation{"Authenticator": operations, "Host": hostOperations} {
		for name, prepare := range list {
			t.Run(what+"/"+name, func(t *testing.T) {
				var verbs []string
				scenery(t, func(s *scene) {
					do := prepare(s)
					s.store.watch()
					s.ok(do())
					verbs = s.store.verbs()
				})
				if len(verbs) == 0 {
					t.Fatal("it asks the store for nothing")
				}
				for i, verb := range verbs {
					if slices.Contains(bestEffort, verb) {
						continue
					}
					scenery(t, func(s *scene) {
						do := prepare(s)
						s.store.faults(nth(i+1), nil)
						if err := do(); !errors.Is(err, tollkeeper.ErrUnavailable) {
							t.Errorf("while call %d of %v fails: %v", i+1, verbs, err)
						}
						s.store.faults(nil, nil)
					})
				}
			})
		}
	}
}

// scenery runs f in a story of its own.
func scenery(t *testing.T, f func(s *scene), edits ...func(*tollkeeper.Config)) {
	t.Helper()
	people := issuer{}
	story(t, func(w *world) {
		s := &scene{world: w, tenant: w.tenant("tenant@example.com"), issuer: people}
		s.by = w.Identity(s.tenant.Token)
		name, google := "Shop", tollkeeper.IssuerSettings{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "client-1"}
		w.ok(errOf(w.Auth.UpdateOrganization(ctx, s.by, tollkeeper.OrganizationPatch{Name: &name, Issuers: []tollkeeper.IssuerSettings{google}})))
		f(s)
	}, append([]func(*tollkeeper.Config){unlimited, func(c *tollkeeper.Config) {
		c.Refresh.Idle = 24 * time.Hour
		c.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: people}
	}}, edits...)...)
}

// nth fails one of the calls of a request.
func nth(n int) func(verb string) error {
	return func(verb string) error {
		if strings.HasPrefix(verb, "worker.") {
			return nil
		}
		if n--; n == 0 {
			return errDriver
		}
		return nil
	}
}

// Nothing that asks the store is left out.
func TestEveryOperationIsTried(t *testing.T) {
	for list, of := range map[*map[string]operation]reflect.Type{
		&operations: reflect.TypeFor[*tollkeeper.Authenticator](), &hostOperations: reflect.TypeFor[tollkeeper.Host](),
	} {
		for method := range of.Methods() {
			asks := slices.Contains(slices.Collect(method.Type.Ins()), reflect.TypeFor[context.Context]())
			if _, listed := (*list)[method.Name]; listed != asks && method.Name != "Close" {
				t.Errorf("%v.%s: listed %t", of, method.Name, listed)
			}
		}
	}
}
