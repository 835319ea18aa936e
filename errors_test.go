package tollkeeper_test

import (
	"errors"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

func TestErrorsCompareByCode(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		target error
		want   bool
	}{
		"another code":                  {tollkeeper.ErrConflict, tollkeeper.ErrEmailTaken, false},
		"a field where none is asked":   {&tollkeeper.Error{Code: "conflict", Field: "x"}, tollkeeper.ErrConflict, true},
		"another field":                 {tollkeeper.ErrInvalidEmail.WithField("parent"), tollkeeper.ErrInvalidEmail, false},
		"no field where one is asked":   {&tollkeeper.Error{Code: "invalid_email"}, tollkeeper.ErrInvalidEmail, false},
		"another message":               {tollkeeper.ErrInvalidEmail.WithMessage("No"), tollkeeper.ErrInvalidEmail, true},
		"its cause":                     {tollkeeper.ErrInternal.WithCause(io.EOF), io.EOF, true},
		"what is no error of this kind": {tollkeeper.ErrInternal, io.EOF, false},
	} {
		if got := errors.Is(c.err, c.target); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if (&tollkeeper.Error{Code: "some_code"}).Error() != "some code" {
		t.Error("a code without a text must speak for itself")
	}
}

// Codes is complete: each sentinel's code, once.
func TestCodesListsEverySentinel(t *testing.T) {
	var declared []tollkeeper.Code
	for name, made := range declaredErrors(t, ".") {
		code := codeIn(t, made)
		if code == "" {
			t.Errorf("%s has no code", name)
		}
		declared = append(declared, tollkeeper.Code(code))
	}
	slices.Sort(declared)
	if listed := slices.Sorted(slices.Values(tollkeeper.Codes())); !slices.Equal(listed, declared) {
		t.Errorf("listed are %v,\ndeclared are %v", listed, declared)
	}
}

// Each With… returns a copy with one field changed, so that no request changes what all of them compare with.
func TestErrorsAreChangedInACopy(t *testing.T) {
	before := *tollkeeper.ErrBusy
	tried := 0
	for method, with := range reflect.ValueOf(tollkeeper.ErrBusy).Methods() {
		if !strings.HasPrefix(method.Name, "With") {
			continue
		}
		tried++
		var arg reflect.Value
		switch with.Type().In(0) {
		case reflect.TypeFor[error]():
			arg = reflect.ValueOf(io.EOF)
		case reflect.TypeFor[time.Duration]():
			arg = reflect.ValueOf(time.Hour)
		default:
			arg = reflect.ValueOf("another")
		}
		made := with.Call([]reflect.Value{arg})[0].Interface().(*tollkeeper.Error)
		if *tollkeeper.ErrBusy != before || !errors.Is(made, tollkeeper.ErrBusy) {
			t.Errorf("%s changed the sentinel or the code", method.Name)
		}
		changed := 0
		for i := range reflect.TypeFor[tollkeeper.Error]().NumField() {
			if got := reflect.ValueOf(*made).Field(i).Interface(); got != reflect.ValueOf(before).Field(i).Interface() {
				changed++
				if got != arg.Interface() {
					t.Errorf("%s: %v, want %v", method.Name, got, arg)
				}
			}
		}
		if changed != 1 {
			t.Errorf("%s changed %d fields", method.Name, changed)
		}
	}
	if tried < 4 {
		t.Errorf("only %d methods were tried", tried)
	}
}

// What a store says in plain errors reaches the host as an *Error, the cause behind it.
func TestErrorsOfAStore(t *testing.T) {
	said := map[string]struct{ plain, want error }{
		"ErrNotFound":            {store.ErrNotFound, tollkeeper.ErrNotFound},
		"ErrNoParent":            {store.ErrNoParent, tollkeeper.ErrNotFound.WithField("parent")},
		"ErrLastAdmin":           {store.ErrLastAdmin, tollkeeper.ErrLastAdmin},
		"ErrInsufficientCredits": {store.ErrInsufficientCredits, tollkeeper.ErrInsufficientCredits},
		"ErrProofSpent":          {store.ErrProofSpent, tollkeeper.ErrInvalidLink},
		"ErrInvalid":             {store.ErrInvalid, tollkeeper.ErrInvalidInput},
		"ErrUnavailable":         {store.ErrUnavailable, tollkeeper.ErrUnavailable},
		"ErrNotMigrated":         {store.ErrNotMigrated, tollkeeper.ErrUnavailable},
		"ErrNewerSchema":         {store.ErrNewerSchema, tollkeeper.ErrUnavailable},
	}
	if declared := slices.Sorted(maps.Keys(declaredErrors(t, "store"))); !slices.Equal(slices.Sorted(maps.Keys(said)), declared) {
		t.Errorf("package store declares %v", declared)
	}
	said["a conflict"] = struct{ plain, want error }{store.Conflict{Field: "email"}, tollkeeper.ErrConflict.WithField("email")}
	said["the driver's own"] = struct{ plain, want error }{errDriver, tollkeeper.ErrUnavailable}
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for name, c := range said {
			w.store.faults(func(verb string) error {
				if verb == "DeleteAccount" {
					return c.plain
				}
				return nil
			}, nil)
			if err := w.Auth.Host().DeleteAccount(ctx, p.ID); !errors.Is(err, c.want) || !errors.Is(err, c.plain) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		w.store.faults(nil, nil)
	})
}

// Whatever is called while the store is away, the error is ErrUnavailable; what the driver said is for logs only.
func TestErrorsOfADriverStayInTheLog(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.store.faults(func(string) error { return errDriver }, nil)
		unavailable := 0
		for _, of := range []any{w.Auth, w.Auth.Host()} {
			for method, do := range reflect.ValueOf(of).Methods() {
				if method.Name == "Close" || method.Name == "Format" {
					continue
				}
				in, _ := arguments(do.Type(), p.Email, p.Identity)
				for i, v := range in {
					in[i] = about(v, p)
				}
				for _, out := range call(t, method.Name, do, in) {
					err, ok := out.Interface().(error)
					if !ok {
						continue
					}
					if _, ours := errors.AsType[*tollkeeper.Error](err); !ours || strings.Contains(err.Error(), "driver") {
						t.Errorf("%s: %#v", method.Name, err)
					}
					if !errors.Is(err, tollkeeper.ErrUnavailable) {
						continue
					}
					unavailable++
					if logged := slog.AnyValue(err).Resolve().String(); logged != "unavailable: "+errDriver.Error() {
						t.Errorf("%s is logged as %q", method.Name, logged)
					}
				}
			}
		}
		w.store.faults(nil, nil)
		if unavailable < 40 {
			t.Errorf("only %d methods came to the store", unavailable)
		}
	})
}

// about fills an argument with what is true of the account, so that a call comes as far as the store.
func about(v reflect.Value, p authtest.Account) reflect.Value {
	switch v.Interface().(type) {
	case uuid.UUID:
		return reflect.ValueOf(p.ID)
	case tollkeeper.Password:
		return reflect.ValueOf(tollkeeper.Password(p.Password))
	case tollkeeper.SecretText:
		return reflect.ValueOf(tollkeeper.SecretText(p.Token))
	}
	switch v.Type() {
	case reflect.TypeFor[io.Reader]():
		return reflect.ValueOf(strings.NewReader(`{"email":"n@example.com"}`))
	case reflect.TypeFor[io.Writer]():
		return reflect.ValueOf(io.Discard)
	}
	if v.Kind() != reflect.Struct {
		return v
	}
	filled := reflect.New(v.Type()).Elem()
	filled.Set(v)
	for i := range filled.NumField() {
		field := filled.Field(i)
		switch name := v.Type().Field(i).Name; {
		case name == "Email":
			field.SetString("n@example.com")
		case field.Type() == reflect.TypeFor[tollkeeper.Password]():
			field.SetString(p.Password)
		case name == "Owner" || name == "Member":
			field.Set(reflect.ValueOf(p.ID))
		}
	}
	return filled
}

// The log has the reason and not what users read, however often an error was passed on.
func TestTheLogHasTheLastCause(t *testing.T) {
	last := errors.New("dial tcp: connection refused")
	for want, err := range map[string]*tollkeeper.Error{
		"upstream: dial tcp: connection refused":           tollkeeper.ErrUpstream.WithCause(tollkeeper.ErrUpstream.WithCause(last)),
		"internal: upstream: dial tcp: connection refused": tollkeeper.ErrInternal.WithCause(tollkeeper.ErrUpstream.WithCause(last)),
		"upstream": tollkeeper.ErrUpstream,
	} {
		if got := err.LogValue().String(); got != want {
			t.Errorf("logged as %q, want %q", got, want)
		}
	}
}
