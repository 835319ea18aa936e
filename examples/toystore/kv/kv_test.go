package kv_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper/examples/toystore/kv"
)

// keys returns those that a View scans.
func keys(t *testing.T, db *kv.DB, prefix, after string) (found []string) {
	t.Helper()
	err := db.View(t.Context(), func(tx *kv.Tx) error {
		for k := range tx.Scan(prefix, after) {
			found = append(found, k)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestScanIsInOrder(t *testing.T) {
	var db kv.DB
	var want []string
	err := db.Update(t.Context(), func(tx *kv.Tx) error {
		for i := range 500 {
			tx.Put(fmt.Sprintf("a%03d", i*7%500), nil)
			tx.Put(fmt.Sprintf("b%03d", i), nil)
		}
		for i := range 500 {
			if i%3 == 0 {
				tx.Delete(fmt.Sprintf("a%03d", i))
			} else {
				want = append(want, fmt.Sprintf("a%03d", i))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := keys(t, &db, "a", ""); !slices.Equal(got, want) {
		t.Errorf("keys are %v", got)
	}
	if got := keys(t, &db, "a", want[100]); !slices.Equal(got, want[101:]) {
		t.Errorf("keys after %s are %v", want[100], got)
	}
}

func TestAnErrorRollsBack(t *testing.T) {
	var db kv.DB
	refused := errors.New("refused")
	err := db.Update(t.Context(), func(tx *kv.Tx) error {
		tx.Put("a", nil)
		if _, ok := tx.Get("a"); !ok {
			t.Error("a transaction does not see what it wrote")
		}
		return refused
	})
	if got := keys(t, &db, "", ""); !errors.Is(err, refused) || len(got) > 0 {
		t.Errorf("%v, and %v is there", err, got)
	}
}

func TestUpdatesAreSerial(t *testing.T) {
	var db kv.DB
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 100 {
				err := db.Update(t.Context(), func(tx *kv.Tx) error {
					was, _ := tx.Get("n")
					n, _ := strconv.Atoi(string(was))
					tx.Put("n", []byte(strconv.Itoa(n+1)))
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	_ = db.View(t.Context(), func(tx *kv.Tx) error {
		if n, _ := tx.Get("n"); string(n) != "800" {
			t.Errorf("800 updates counted %s", n)
		}
		return nil
	})
}
