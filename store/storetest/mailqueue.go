package storetest

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// waiting returns the mail of the kit that waits, as the store lists it: all of it is due before the day is over.
func (k *kit) waiting(q store.MailQuery) []store.QueuedMail {
	k.Helper()
	got, err := k.store.ListMail(k.ctx, q)
	k.ok(err)
	return slices.DeleteFunc(got, func(m store.QueuedMail) bool { return m.DueAt.After(posting.AddDate(0, 0, 1)) })
}

// failed claims the mails, which are due, and has each fail, to be tried again at that time.
func (k *kit) failed(mails []store.QueuedMail, retry time.Time, why string) {
	k.Helper()
	for range mails {
		m := k.due(1, posting)[0]
		k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: m.ID, Tries: m.Tries, Retry: retry, Failure: why}))
	}
}

func listMail(k *kit) {
	k.run("what is due first comes first", func(k *kit) {
		mails := k.post(5)
		k.claims(k.waiting(store.MailQuery{Limit: 10}), mails)
		k.claims(k.waiting(store.MailQuery{Limit: 2}), mails[:2])
		place := store.Position{At: mails[1].DueAt, ID: mails[1].ID}
		k.claims(k.waiting(store.MailQuery{Limit: 2, After: place}), mails[2:4])
		place.ID = before(mails[1].ID)
		k.claims(k.waiting(store.MailQuery{Limit: 1, After: place}), mails[1:2])
		k.claims(k.waiting(store.MailQuery{ID: mails[3].ID, Limit: 9}), mails[3:4])
		k.claims(k.waiting(store.MailQuery{ID: id(), Limit: 9}), nil)
		k.claims(k.due(1, posting), mails[:1])
		k.claims(k.waiting(store.MailQuery{Limit: 10}), append(slices.Clone(mails[1:]), mails[0]))
	})
	k.run("with all of it", func(k *kit) {
		k.claimed()
		m := queued(store.Lookup{Email: "a@b.example", Scope: id()})
		m.Kind, m.To, m.Failure = store.MailChangeEmail, "New@b.example", "not looked at"
		k.ok(k.store.QueueMail(k.ctx, []store.QueuedMail{m}))
		m.Failure = ""
		k.equal("queued", k.waiting(store.MailQuery{Limit: 9}), []store.QueuedMail{m})
		k.failed([]store.QueuedMail{m}, posting.Add(time.Hour), "refused \u00fc\u2028")
		m.Tries, m.DueAt, m.Failure = 1, posting.Add(time.Hour), "refused \u00fc\u2028"
		k.equal("failed", k.waiting(store.MailQuery{Limit: 9}), []store.QueuedMail{m})
		got := k.due(1, posting.Add(time.Hour))
		m.Tries, m.DueAt, m.Failure = 2, got[0].DueAt, ""
		k.equal("claimed", got, []store.QueuedMail{m})
		k.equal("leased", k.waiting(store.MailQuery{ID: m.ID, Limit: 9}), []store.QueuedMail{m})
	})
	k.run("only what failed", func(k *kit) {
		mails := k.post(4)
		k.failed(mails[:2], posting.Add(time.Hour), "refused")
		k.due(1, posting)
		k.claims(k.waiting(store.MailQuery{Failed: true, Limit: 9}), inTurn(mails[:2]))
		k.claims(k.waiting(store.MailQuery{Failed: true, Limit: 1}), inTurn(mails[:2])[:1])
		k.claims(k.waiting(store.MailQuery{Failed: true, ID: mails[3].ID, Limit: 9}), nil)
		k.claims(k.due(1, posting.Add(time.Hour-time.Millisecond)), mails[3:4])
	})
	k.run("counts", countMail)
}

// inTurn sorts mails that are due at one time.
func inTurn(mails []store.QueuedMail) []store.QueuedMail {
	mails = slices.Clone(mails)
	slices.SortFunc(mails, func(a, b store.QueuedMail) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return mails
}

func countMail(k *kit) {
	k.claimed()
	count := func() store.MailCounts {
		k.Helper()
		n, err := k.store.CountMail(k.ctx)
		k.ok(err)
		return n
	}
	none := count() // but for those of another day
	mails := k.post(3)
	want := store.MailCounts{Waiting: none.Waiting + 3, Failed: none.Failed, Oldest: mails[0].DueAt}
	k.equal("queued", count(), want)
	k.failed(mails[:1], posting.Add(time.Hour), "refused")
	want.Failed, want.Oldest = want.Failed+1, mails[1].DueAt
	k.equal("one failed", count(), want)
	k.due(1, posting.Add(time.Hour))
	k.due(9, posting.Add(time.Hour))
	want.Failed--
	want.Oldest = posting.Add(time.Hour + time.Minute)
	k.equal("leased", count(), want)
	k.claimed()
	k.equal("sent", count(), none)
}

func resumeMail(k *kit) {
	k.run("due anew", func(k *kit) {
		mails := k.post(1)
		k.failed(mails, posting.Add(time.Hour), "refused")
		about := id()
		e := event(about)
		k.ok(k.store.ResumeMail(k.ctx, store.Resumption{ID: mails[0].ID, DueAt: posting.In(elsewhere), Events: []store.Event{e}}))
		k.equal("event", k.log(about), []store.Event{e})
		got := k.waiting(store.MailQuery{Limit: 9})
		k.claims(got, mails)
		k.that(got[0].Failure == "refused" && got[0].Tries == 1 && got[0].DueAt.Equal(posting), "resumed as %+v", got[0])
		again := k.due(9, posting)
		k.claims(again, mails)
		k.that(again[0].Tries == 2, "tries are %d", again[0].Tries)
	})
	k.run("given up", func(k *kit) {
		mails := k.post(2)
		k.failed(mails[:1], posting.Add(time.Hour), "refused")
		about := id()
		k.ok(k.store.ResumeMail(k.ctx, store.Resumption{ID: mails[0].ID, Events: []store.Event{event(about)}}))
		k.that(len(k.log(about)) == 1, "no event")
		k.claims(k.waiting(store.MailQuery{Limit: 9}), mails[1:])
		k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: mails[0].ID, Tries: 1, Retry: posting}))
		k.claims(k.due(9, posting.Add(time.Hour)), mails[1:])
	})
	k.run("nothing that does not wait for another try", func(k *kit) {
		mails := k.post(3)
		k.due(1, posting)
		k.failed(mails[1:2], posting.Add(-time.Hour), "refused")
		k.due(1, posting.Add(-time.Hour))
		about := id()
		for _, of := range []uuid.UUID{mails[0].ID, mails[1].ID, mails[2].ID, id(), {}} {
			for _, due := range []time.Time{posting, {}} {
				k.fails(k.store.ResumeMail(k.ctx, store.Resumption{ID: of, DueAt: due, Events: []store.Event{event(about)}}), store.ErrNotFound)
			}
		}
		k.that(len(k.log(about)) == 0, "an event of what did not happen")
		k.that(len(k.waiting(store.MailQuery{Limit: 9})) == 3, "a mail is gone")
		k.claims(k.due(9, posting.Add(-time.Hour+time.Millisecond)), nil)
	})
}

// raceResume has some make mails due that failed, while others claim what is due: no mail that was claimed becomes due
// again.
func raceResume(k *kit) {
	mails := k.post(40)
	k.failed(mails, posting.Add(time.Hour), "refused")
	claims := map[uuid.UUID]int{}
	var mu sync.Mutex
	var resuming atomic.Int64
	resuming.Store(callers / 2)
	resume := func() error {
		defer resuming.Add(-1)
		for n := range 3 * len(mails) {
			err := k.store.ResumeMail(k.ctx, store.Resumption{ID: mails[n%len(mails)].ID, DueAt: posting})
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	}
	k.tally(race(callers, func(i int) error {
		if i < callers/2 {
			return resume()
		}
		for resuming.Load() > 0 {
			some, err := k.store.ClaimMail(k.ctx, 3, time.Hour, posting)
			if err != nil {
				return err
			}
			mu.Lock()
			for _, m := range some {
				claims[m.ID]++
			}
			mu.Unlock()
		}
		return nil
	}))
	for _, m := range k.due(len(mails), posting) {
		claims[m.ID]++
	}
	for _, m := range mails {
		k.that(claims[m.ID] == 1, "a mail is claimed %d times", claims[m.ID])
	}
}

// raceGiveUp has everybody give mails up that failed and are due, and claim others in between: each is given up or
// claimed. Whoever is alone at first meets mails that they have claimed, so that no order of callers hides a fault.
func raceGiveUp(k *kit) {
	mails := k.post(40)
	k.failed(mails, posting, "refused")
	ends := map[uuid.UUID]int{}
	var mu sync.Mutex
	k.tally(race(callers, func(int) error {
		for n := range mails {
			var some []store.QueuedMail
			var err error
			if n%2 == 0 {
				m := mails[len(mails)-1-n]
				if err = k.store.ResumeMail(k.ctx, store.Resumption{ID: m.ID}); err == nil {
					some = append(some, m)
				} else if errors.Is(err, store.ErrNotFound) {
					err = nil
				}
			} else {
				some, err = k.store.ClaimMail(k.ctx, 1, time.Hour, posting)
			}
			if err != nil {
				return err
			}
			mu.Lock()
			for _, m := range some {
				ends[m.ID]++
			}
			mu.Unlock()
		}
		return nil
	}))
	for _, m := range mails {
		k.that(ends[m.ID] == 1, "a mail ended %d times", ends[m.ID])
	}
}
