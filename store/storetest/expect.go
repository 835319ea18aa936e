package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// ok stops the test at an error.
func (k *kit) ok(err error) {
	k.Helper()
	if err != nil {
		k.Fatalf("unexpected error: %v", describe(err))
	}
}

// fails stops the test unless err is want without a Field, or with just the Field that is given.
func (k *kit) fails(err error, want error, field ...string) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Fatalf("error is %v, want %s", describe(err), want)
	}
	expected := fieldOf(want)
	if len(field) > 0 {
		expected = field[0]
	}
	if got := fieldOf(err); got != expected {
		k.Fatalf("error %s has Field %q, want %q", want, got, expected)
	}
}

// equal reports every difference by its path. Empty and nil slices and maps are the same; times must be UTC.
func (k *kit) equal(what string, got, want any) {
	k.Helper()
	if d := diff(what, reflect.ValueOf(got), reflect.ValueOf(want)); len(d) > 0 {
		k.Fatalf("%s", strings.Join(d, "\n"))
	}
}

// that reports a claim that does not hold.
func (k *kit) that(holds bool, format string, args ...any) {
	k.Helper()
	if !holds {
		k.Fatalf(format, args...)
	}
}

// tally counts the successes of a race; every error must be one of those the contract allows.
func (k *kit) tally(errs []error, allowed ...error) int {
	k.Helper()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
		} else if !anyOf(err, allowed) {
			k.Fatalf("caller %d got %v, which the contract does not have here", i, describe(err))
		}
	}
	return won
}

func anyOf(err error, allowed []error) bool {
	for _, a := range allowed {
		if errors.Is(err, a) {
			return true
		}
	}
	return false
}

func describe(err error) string { return fmt.Sprint(err) }

// fieldOf returns the field that an error names: that of a Conflict, or "parent" for ErrNoParent.
func fieldOf(err error) string {
	if c, ok := errors.AsType[store.Conflict](err); ok {
		return c.Field
	}
	if errors.Is(err, store.ErrNoParent) {
		return "parent"
	}
	return ""
}

func diff(path string, got, want reflect.Value) []string {
	if got.IsValid() != want.IsValid() || got.IsValid() && got.Type() != want.Type() {
		return []string{fmt.Sprintf("%s: got %v, want %v", path, got, want)}
	}
	if t, ok := timeIn(got); ok {
		w, _ := timeIn(want)
		if !t.Equal(w) || t.IsZero() != w.IsZero() || t.Location() != time.UTC {
			return []string{fmt.Sprintf("%s: got %v, want %v", path, t, w)}
		}
		return nil
	}
	switch got.Kind() {
	case reflect.Pointer, reflect.Interface:
		if got.IsNil() || want.IsNil() {
			if got.IsNil() != want.IsNil() {
				return []string{fmt.Sprintf("%s: got %v, want %v", path, got, want)}
			}
			return nil
		}
		return diff(path, got.Elem(), want.Elem())
	case reflect.Struct:
		var all []string
		for i := range got.NumField() {
			all = append(all, diff(path+"."+got.Type().Field(i).Name, got.Field(i), want.Field(i))...)
		}
		return all
	case reflect.Slice:
		if got.Len() != want.Len() {
			return []string{fmt.Sprintf("%s: got %d of them (%v), want %d (%v)", path, got.Len(), got, want.Len(), want)}
		}
		var all []string
		for i := range got.Len() {
			all = append(all, diff(fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i))...)
		}
		return all
	case reflect.Map:
		if got.Len() == 0 && want.Len() == 0 {
			return nil
		}
	}
	if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		return []string{fmt.Sprintf("%s: got %v, want %v", path, got, want)}
	}
	return nil
}

func timeIn(v reflect.Value) (time.Time, bool) {
	if !v.IsValid() {
		return time.Time{}, false
	}
	t, ok := v.Interface().(time.Time)
	return t, ok
}

// errUnexpected stands for a result that the contract does not allow.
var errUnexpected = errors.New("storetest: a result that the contract does not allow")
