package tollkeeper_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// A host's handler that forgot to ask who calls hands on no Identity, or an empty one. It gets an error, no panic, and nothing
// of the root scope, whose id is zero, too.
func TestIdentityOfNobodyIsRefusedEverywhere(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		tried := 0
		for _, nobody := range []*tollkeeper.Identity{nil, {}} {
			for name, method := range reflect.ValueOf(w.Auth).Methods() {
				in, asks := arguments(method.Type(), p.Email, nobody)
				if !asks {
					continue
				}
				tried++
				out := call(t, name.Name, method, in)
				if out != nil && out[len(out)-1].IsNil() && (name.Name != "Sessions" || out[0].Len() > 0) {
					t.Errorf("%s(%v) = %v: no error", name.Name, nobody, out)
				}
			}
		}
		if tried < 40 {
			t.Fatalf("only %d calls were tried", tried)
		}
	})
}

// arguments fills what a method takes: itself where it asks who calls, and otherwise what comes as far as possible.
func arguments(method reflect.Type, email string, by *tollkeeper.Identity) (in []reflect.Value, asks bool) {
	for kind := range method.Ins() {
		switch kind {
		case reflect.TypeFor[context.Context]():
			in = append(in, reflect.ValueOf(ctx))
		case reflect.TypeFor[*tollkeeper.Identity]():
			in, asks = append(in, reflect.ValueOf(by)), true
		case reflect.TypeFor[string]():
			in = append(in, reflect.ValueOf(email))
		case reflect.TypeFor[tollkeeper.Role]():
			in = append(in, reflect.ValueOf(tollkeeper.RoleAdmin))
		case reflect.TypeFor[tollkeeper.Status]():
			in = append(in, reflect.ValueOf(tollkeeper.StatusDisabled))
		case reflect.TypeFor[time.Duration]():
			in = append(in, reflect.ValueOf(time.Hour))
		default:
			in = append(in, reflect.Zero(kind))
		}
	}
	return in, asks
}

func call(t *testing.T, name string, method reflect.Value, in []reflect.Value) (out []reflect.Value) {
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s panics: %v", name, r)
		}
	}()
	return method.Call(in)
}
