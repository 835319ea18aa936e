package storetest

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func raceOutbox(k *kit) {
	k.run("each mail is claimed once", raceClaim)
	k.run("the same mail is queued once", raceQueue)
	k.run("a mail that is being sent is not made due", raceResume)
	k.run("a mail is given up or sent", raceGiveUp)
	k.run("sweepers do not disturb each other", raceSweep)
}

func raceClaim(k *kit) {
	mails := k.post(100)
	claims := map[uuid.UUID]int{}
	var mu sync.Mutex
	k.tally(race(callers, func(int) error {
		for {
			some, err := k.store.ClaimMail(k.ctx, 5, time.Hour, posting)
			if err != nil || len(some) == 0 {
				return err
			}
			mu.Lock()
			for _, m := range some {
				claims[m.ID]++
			}
			mu.Unlock()
		}
	}))
	for _, m := range k.due(100, posting) {
		claims[m.ID]++
	}
	for _, m := range mails {
		k.that(claims[m.ID] == 1, "a mail is claimed %d times", claims[m.ID])
	}
}

func raceQueue(k *kit) {
	mails := k.post(2)
	k.claimed()
	back := []store.QueuedMail{mails[1], mails[0]}
	k.tally(race(callers, func(i int) error {
		return k.store.QueueMail(k.ctx, [][]store.QueuedMail{mails, back}[i%2])
	}))
	k.claims(k.due(10, posting), mails)
}

func raceSweep(k *kit) {
	p, dying := k.parent(0), k.parent(0)
	a := k.child(p)
	var gone []store.Secret
	for range 20 {
		gone = append(gone, k.expired(a, dusk))
		k.child(dying)
	}
	stays := k.put(secret(a, store.PurposeReset))
	k.remove(dying)
	at := dusk.AddDate(0, 0, 5)
	k.tally(race(callers, func(int) error {
		for range 1000 {
			more, err := k.store.Sweep(k.ctx, 3, at)
			if err != nil || !more {
				return err
			}
		}
		return errUnexpected
	}))
	k.swept(at)
	for _, s := range gone {
		k.that(!k.hasSecret(s), "an expired secret is left")
	}
	k.that(k.hasSecret(stays), "a live secret is swept")
}
