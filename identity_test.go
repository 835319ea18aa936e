package tollkeeper_test

import (
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
		auth := reflect.ValueOf(w.Auth)
		identity := reflect.TypeFor[*tollkeeper.Identity]()
		tried := 0
		for _, nobody := range []*tollkeeper.Identity{nil, {}} {
			for i := range auth.NumMethod() {
				name, method := auth.Type().Method(i).Name, auth.Method(i)
				in := make([]reflect.Value, method.Type().NumIn())
				asks := false
				for j := range in {
					switch kind := method.Type().In(j); kind {
					case identity:
						in[j], asks = reflect.ValueOf(nobody), true
					case reflect.TypeFor[string]():
						in[j] = reflect.ValueOf(p.Email)
					case reflect.TypeFor[tollkeeper.Role]():
						in[j] = reflect.ValueOf(tollkeeper.RoleAdmin)
					case reflect.TypeFor[tollkeeper.Status]():
						in[j] = reflect.ValueOf(tollkeeper.StatusDisabled)
					case reflect.TypeFor[time.Duration]():
						in[j] = reflect.ValueOf(time.Hour)
					default:
						if j == 0 && kind.Implements(reflect.TypeFor[interface{ Done() <-chan struct{} }]()) {
							in[j] = reflect.ValueOf(ctx)
						} else {
							in[j] = reflect.Zero(kind)
						}
					}
				}
				if !asks {
					continue
				}
				tried++
				out := call(t, name, method, in)
				if out != nil && out[len(out)-1].IsNil() && (name != "Sessions" || out[0].Len() > 0) {
					t.Errorf("%s(%v) = %v: no error", name, nobody, out)
				}
			}
		}
		if tried < 40 {
			t.Fatalf("only %d calls were tried", tried)
		}
	})
}

func call(t *testing.T, name string, method reflect.Value, in []reflect.Value) (out []reflect.Value) {
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s panics: %v", name, r)
		}
	}()
	return method.Call(in)
}
