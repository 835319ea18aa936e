package storetest

import (
	"context"
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// Compare does random histories of all verbs with a store and with store/memory, which decides by store/rules, and
// fails at the first answer that differs: an error with its field, a receipt, an account, a session, a balance, a list,
// or now and then all that is visible. Ids, keys and names come from small pools, so that everything collides.
//
// It makes at least that many steps, and goes on until every outcome that matters was met; one that is never met is a
// failure, too. It returns how often which outcome of which verb was met. Like the random tests of [Run], which makes a
// short Compare of its own, it logs its seed.
func Compare(t *testing.T, steps int, open func(t *testing.T) store.Store) map[string]int {
	return compare(&kit{kitT: real{t}, ctx: context.Background(), store: open(t)}, steps, patience)
}

// The steps of one history, and of the Compare that is part of Run.
const (
	historySteps = 1500
	patience     = 20 // histories at most that are made to meet all outcomes
)

func compared(k *kit) { compare(k, historySteps, patience) }

// compare makes more than the steps, in as many histories as it takes to meet every outcome, up to most; 0: none.
func compare(k *kit, steps, most int) map[string]int {
	d, seen := k.seeded(), map[string]int{}
	for made := 0; made < steps || made < most*historySteps && len(unmet(seen)) > 0; made += historySteps {
		w := newTwins(k, d, seen)
		for i := range historySteps {
			w.step(i)
		}
		w.everything()
		w.leave()
	}
	if missing := unmet(seen); most > 0 && len(missing) > 0 {
		k.Fatalf("never met: %s", strings.Join(missing, "; "))
	}
	return seen
}

// dawn is when a history begins. No other test of the kit lives in the two years after it, so that the verbs that see
// all rows of a store see just those of the history.
var (
	dawn = time.Date(1980, 1, 10, 0, 0, 0, 0, time.UTC)
	noon = dawn.AddDate(1, 11, 0)
)

// twins are the store and memory, with what the history did to both so far.
type twins struct {
	*kit
	d     *dice
	stats map[string]int
	at    time.Time
	salt  uuid.UUID // keeps what must be unique in the store apart from other histories, also of the same seed
	made  uint16

	stores  [2]store.Store // the one under test, and memory
	numbers [2]map[uuid.UUID]int64

	tenants  []uuid.UUID
	people   []uuid.UUID
	last     map[uuid.UUID]store.Account // as it was last seen
	sessions []store.Session
	secrets  []store.Secret
	entries  []uuid.UUID
	applied  []store.LedgerEntry
	debits   []store.Charge
	mails    []uuid.UUID
	factors  []uuid.UUID
	onces    []store.Once
	logged   []uuid.UUID
	mailed   []uuid.UUID
	askers   []store.Digest
	imported []time.Time // when accounts were made elsewhere

	attempted attemptPool
}

func newTwins(k *kit, d *dice, seen map[string]int) *twins {
	w := &twins{
		kit: k, d: d, stats: seen, at: dawn, salt: uuid.New(), stores: [2]store.Store{k.store, memory.New()},
		numbers: [2]map[uuid.UUID]int64{{}, {}}, last: map[uuid.UUID]store.Account{},
	}
	pardon := w.digest()
	for _, l := range []store.Limit{rate, lock, ceiling, {Free: 2, Base: time.Second, Max: time.Minute, Window: time.Hour}} {
		w.attempted.buckets = append(w.attempted.buckets, store.Bucket{Key: w.digest(), Limit: l, Pardon: pardon})
	}
	w.attempted.marks = []store.Digest{w.digest(), w.digest(), {}}
	w.attempted.pardons = []store.Digest{pardon}
	w.attempted.owners = []uuid.UUID{uuid.New(), {}}
	w.mailed, w.askers = []uuid.UUID{uuid.New(), uuid.New(), {}, {}}, []store.Digest{w.digest(), w.digest(), {}}
	w.outlast()
	w.leave()
	for range 4 {
		w.newRoot()
	}
	return w
}

// step does one verb, some time after the one before.
func (w *twins) step(i int) {
	w.at = w.at.Add(time.Duration(1+w.d.roll(2000)) * time.Millisecond)
	if w.d.roll(40) == 0 && w.at.Before(noon) {
		w.at = w.at.Add(time.Duration(w.d.roll(60)*w.d.roll(30)) * time.Hour / 2)
	}
	verbs := []func(){
		w.create, w.create, w.update, w.update, w.update, w.update, w.erase, w.find, w.list,
		w.signIn, w.signIn, w.signIn, w.signIn, w.rotate, w.rotate, w.rotate, w.rotate, w.touch, w.revoke, w.look,
		w.put, w.put, w.claim, w.claim, w.apply, w.apply, w.apply, w.close, w.queue, w.lease, w.finish, w.resume, w.log, w.log, w.take, w.take, w.ease,
	}
	verbs[w.d.roll(len(verbs))]()
	switch {
	case i%300 == 299:
		w.sweep()
	case i%50 == 49:
		w.sample()
	}
}

// both does the same with both stores, and wants the same of both. request is what to show where they differ. It
// returns the outcome.
func (w *twins) both(verb string, request any, do func(s store.Store, i int) (any, error)) string {
	w.Helper()
	got, err := do(w.stores[0], 0)
	want, wantErr := do(w.stores[1], 1)
	a, b := outcome(err), outcome(wantErr)
	w.met(verb, b)
	if a != b {
		w.Fatalf("%s: the store's answer is %q, by the rules it is %q\nrequest: %+v", verb, a, b, request)
	}
	if d := differences(verb, []any{got}, []any{want}); len(d) > 0 {
		w.Fatalf("%s\nrequest: %+v", strings.Join(d, "\n"), request)
	}
	return b
}

// chance is true once in n times.
func (w *twins) chance(n int) bool { return w.d.roll(n) == 0 }

// one picks any of a list, mostly a late one; of an empty list the zero value.
func one[T any](w *twins, list []T) (x T) {
	if len(list) == 0 {
		return x
	}
	if recent := 12; len(list) > recent && !w.chance(4) {
		list = list[len(list)-recent:]
	}
	return list[w.d.roll(len(list))]
}

// any picks an id of a pool, and now and then one that nobody has.
func (w *twins) any(ids []uuid.UUID) uuid.UUID {
	if len(ids) == 0 || w.chance(40) {
		return w.id()
	}
	return one(w, ids)
}

// id makes a UUIDv7 of the history's time. The ids of one step are in the order in which they were made.
func (w *twins) id() uuid.UUID {
	x := w.salt
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(w.at.UnixMilli()))
	copy(x[:6], ms[2:])
	w.made++
	binary.BigEndian.PutUint16(x[6:], w.made&0x0fff|0x7000)
	x[8] = x[8]&0x3f | 0x80
	return x
}

func (w *twins) digest() (d store.Digest) {
	binary.BigEndian.PutUint64(d[:], uint64(w.d.roll(1<<62)))
	copy(d[8:], w.salt[:])
	return d
}

// word is one of n names that are the history's own.
func (w *twins) word(prefix string, n int) string {
	return fmt.Sprint(w.salt.String()[:13], prefix, w.d.roll(n))
}

func (w *twins) operation() store.Operation {
	return []store.Operation{store.OpSignIn, store.OpSignUp, store.OpVerify, store.OpSocial, "report"}[w.d.roll(5)]
}

// key is one of few of a ledger.
func (w *twins) key() string { return fmt.Sprint("key", w.d.roll(150)) }

func (w *twins) entry() uuid.UUID {
	if len(w.entries) == 0 || !w.chance(8) {
		w.entries = append(w.entries, w.id())
		return w.entries[len(w.entries)-1]
	}
	return one(w, w.entries)
}

// charge is one of all kinds, mostly the owner's.
func (w *twins) charge(owner uuid.UUID) store.Charge {
	if w.chance(5) {
		return store.Charge{}
	}
	if owner == store.Root || w.chance(12) {
		owner = w.any(w.tenants)
	}
	price := int64(w.d.roll(6))
	switch {
	case w.chance(25):
		price = -1
	case w.chance(6):
		price += 50
	}
	return store.Charge{
		Owner: owner, Key: w.key(), Entry: w.entry(), Operation: w.operation(), Price: price, Required: w.chance(2), Tell: w.tell(),
	}
}

// differences are those of two answers.
func differences(what string, got, want any) []string {
	return diff(what, reflect.ValueOf(got), reflect.ValueOf(want))
}
