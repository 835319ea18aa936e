package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// fault spoils a request in one way, and the verb must refuse it with want.
type fault[R any] struct {
	name  string
	spoil func(*kit, *R)
	want  error
}

// firstWins wants every fault to be refused, and of any two the one that stands first in the list. Each time it makes a
// request that may be done, and spoils it with the later fault first: where both move the same field, one is left.
func firstWins[R any](k *kit, request func(*kit) R, try func(*kit, R) error, faults []fault[R]) {
	k.ok(try(k, request(k)))
	for i, first := range faults {
		k.run(first.name, func(k *kit) {
			r := request(k)
			first.spoil(k, &r)
			k.fails(try(k, r), first.want)
		})
		for _, second := range faults[i+1:] {
			if first.want == second.want {
				continue
			}
			k.run(first.name+" before "+second.name, func(k *kit) {
				r := request(k)
				second.spoil(k, &r)
				first.spoil(k, &r)
				k.fails(try(k, r), first.want)
			})
		}
	}
}

// repeats wants none of the faults to be looked at when the request was done before: again does it once more.
func repeats[R any](k *kit, request func(*kit) R, try, again func(*kit, R) error, faults []fault[R]) {
	for _, f := range faults {
		k.run("before "+f.name, func(k *kit) {
			r := request(k)
			k.ok(try(k, r))
			f.spoil(k, &r)
			k.ok(again(k, r))
		})
	}
}

// refusable runs a verb, and wants the books of the owner as they were if it fails.
func (k *kit) refusable(owner uuid.UUID, verb func() error) error {
	k.Helper()
	balance, lines := k.balance(owner), len(k.ledger(owner))
	err := verb()
	if err != nil {
		k.equal("balance after an error", k.balance(owner), balance)
		k.that(len(k.ledger(owner)) == lines, "a refused request wrote into the ledger")
	}
	return err
}

// spentEntry returns the id of an entry that stands in the owner's ledger.
func (k *kit) spentEntry(owner uuid.UUID) uuid.UUID {
	k.Helper()
	return k.ledger(owner)[0].ID
}

// chargeFaults are those of a Charge, which every verb that has one looks at in the same order.
func chargeFaults[R any](of func(*R) *store.Charge) []fault[R] {
	return []fault[R]{
		{"a negative price", func(_ *kit, r *R) { of(r).Price = -1 }, store.ErrInvalid},
		{"too few credits", func(_ *kit, r *R) { of(r).Price = 1000 }, store.ErrInsufficientCredits},
		{"an entry id in use", func(k *kit, r *R) { of(r).Entry = k.spentEntry(of(r).Owner) }, store.Conflict{}},
	}
}
