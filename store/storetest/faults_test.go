package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// brittle is a store whose UpdateAccount has two statements: one that does it, and one after it.
type brittle struct {
	store.Store
	faults         Faults
	swallows, half bool
}

func (b *brittle) statement() error {
	if b.faults.Next() {
		return errors.New("a fault")
	}
	return nil
}

func (b *brittle) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (a store.Account, r store.Receipt, err error) {
	if err := b.statement(); err != nil && !b.swallows {
		return a, r, err
	}
	if b.half {
		a, r, err = b.Store.UpdateAccount(ctx, c, now)
	}
	if err := b.statement(); err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	if !b.half {
		a, r, err = b.Store.UpdateAccount(ctx, c, now)
	}
	return a, r, err
}

// TestCompareFaultsCatches what is not told, and what is half done.
func TestCompareFaultsCatches(t *testing.T) {
	for name, c := range map[string]struct {
		of     *brittle
		caught string
	}{
		"nothing":                       {&brittle{}, ""},
		"an error that nobody sees":     {&brittle{swallows: true}, `UpdateAccount: statement 1 failed, and the answer is "ok"`},
		"a change of a verb that fails": {&brittle{half: true}, `UpdateAccount: the store's answer is "conflict", by the rules it is "ok"`},
	} {
		t.Run(name, func(t *testing.T) {
			c.of.Store = memory.New()
			r := &recorder{only: "faults", record: &record{ran: map[string]bool{}, failed: map[string]string{}}}
			r.Run("faults", func(sub kitT) { compareFaults(sub, 1, c.of, &c.of.faults) })
			if told := r.failed["faults"]; (c.caught == "") != (told == "") || !strings.Contains(told, c.caught) {
				t.Errorf("%.300q, want %q", told, c.caught)
			}
		})
	}
}
