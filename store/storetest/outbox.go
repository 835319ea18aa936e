package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func outbox(k *kit) {
	k.run("queue", queueMail)
	k.run("claim", claimMail)
	k.run("finish", finishMail)
	k.run("list", listMail)
	k.run("resume", resumeMail)
	k.run("races", raceOutbox)
}

// queued makes a mail that is due where no other row of a store is.
func queued(l store.Lookup) store.QueuedMail {
	return store.QueuedMail{ID: id(), Kind: store.MailNotice, Lookup: l, Args: map[string]string{"what": "changed"}, DueAt: posting}
}

// claimed takes all mail of the kit from the outbox, leased or not, and returns what of it has one of the ids.
func (k *kit) claimed(ids ...uuid.UUID) []store.QueuedMail {
	k.Helper()
	var found []store.QueuedMail
	for {
		some, err := k.store.ClaimMail(k.ctx, 100, time.Hour, posting.AddDate(0, 0, 1))
		k.ok(err)
		for _, m := range some {
			if slices.Contains(ids, m.ID) {
				found = append(found, m)
			}
			k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: m.ID, Tries: m.Tries}))
		}
		if len(some) == 0 {
			return found
		}
	}
}

// post empties the outbox and queues n mails that are due a millisecond after each other.
func (k *kit) post(n int) []store.QueuedMail {
	k.Helper()
	k.claimed()
	mails := make([]store.QueuedMail, n)
	for i := range mails {
		mails[i] = queued(store.Lookup{})
		mails[i].DueAt = posting.Add(time.Duration(i-n) * time.Millisecond)
	}
	k.ok(k.store.QueueMail(k.ctx, mails))
	return mails
}

// due claims what is due then, leased for a minute.
func (k *kit) due(limit int, at time.Time) []store.QueuedMail {
	k.Helper()
	got, err := k.store.ClaimMail(k.ctx, limit, time.Minute, at)
	k.ok(err)
	return got
}

// claims wants just these mails to be due, in this order.
func (k *kit) claims(got, want []store.QueuedMail) {
	k.Helper()
	k.that(len(got) == len(want), "%d mails are due, want %d", len(got), len(want))
	for i := range got {
		k.that(got[i].ID == want[i].ID, "mail %d is %v, want %v", i, got[i].ID, want[i].ID)
	}
}

func queueMail(k *kit) {
	k.run("keeps all of it", func(k *kit) {
		k.claimed()
		m := queued(store.Lookup{Email: "a@b.example", Scope: id(), ScopeKey: "APK_x", ScopeNumber: 7, Widget: true, Stray: true})
		m.Kind, m.To = store.MailChangeEmail, "New@b.example"
		m.Args = map[string]string{"a": "1", "ü": "\u2028\"'", "": ""}
		bare := queued(store.Lookup{ID: id(), Number: 3, PublicKey: "APK_y", Issuer: "i", Subject: "s", Credential: []byte{0, 0xff}, Credentials: true})
		bare.Args, bare.DueAt = nil, posting.Add(-time.Second)
		k.ok(k.store.QueueMail(k.ctx, []store.QueuedMail{m, bare}))
		got := k.due(10, posting)
		k.claims(got, []store.QueuedMail{bare, m})
		for i, want := range []store.QueuedMail{bare, m} {
			want.Tries, want.DueAt = 1, got[i].DueAt // when it is due again is not looked at
			k.equal("mail", got[i], want)
		}
	})
	k.run("an id that is there stays as it is", func(k *kit) {
		k.claimed()
		m := queued(store.Lookup{})
		k.ok(k.store.QueueMail(k.ctx, []store.QueuedMail{m}))
		twin := m
		twin.To, twin.DueAt = "other@b.example", posting.Add(-time.Hour)
		fresh := queued(store.Lookup{})
		k.ok(k.store.QueueMail(k.ctx, []store.QueuedMail{twin, fresh}))
		k.claims(k.due(10, posting.Add(-time.Millisecond)), nil)
		got := k.due(10, posting)
		k.that(len(got) == 2 && got[0].To == "" && got[1].To == "", "mails are %+v", got)
		k.ok(k.store.QueueMail(k.ctx, []store.QueuedMail{m}))
		k.claims(k.due(10, posting), nil)
		k.ok(k.store.QueueMail(k.ctx, nil))
	})
}

func claimMail(k *kit) {
	k.run("oldest first, up to limit", func(k *kit) {
		mails := k.post(5)
		k.claims(k.due(2, posting), mails[:2])
		k.claims(k.due(2, posting), mails[2:4])
		k.claims(k.due(2, posting), mails[4:])
		k.claims(k.due(2, posting), nil)
	})
	k.run("not before it is due", func(k *kit) {
		mails := k.post(3)
		k.claims(k.due(10, mails[0].DueAt.Add(-time.Millisecond)), nil)
		k.claims(k.due(10, mails[1].DueAt), mails[:2])
		k.claims(k.due(10, posting), mails[2:])
	})
	k.run("a lease ends, and each claim is a try", func(k *kit) {
		mails := k.post(1)
		for try := range 3 {
			at := posting.Add(time.Duration(try) * time.Minute)
			got := k.due(10, at)
			k.claims(got, mails)
			k.that(got[0].Tries == try+1, "tries are %d, want %d", got[0].Tries, try+1)
			k.that(got[0].DueAt.Equal(at.Add(time.Minute)), "the lease ends at %v", got[0].DueAt)
			k.claims(k.due(10, at), nil)
			k.claims(k.due(10, at.Add(time.Minute-time.Millisecond)), nil)
		}
	})
}

func finishMail(k *kit) {
	k.run("without retry it is gone", func(k *kit) {
		m := k.post(1)[0]
		k.due(1, posting)
		k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: m.ID, Tries: 1}))
		k.claims(k.due(10, posting.Add(time.Hour)), nil)
		k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: m.ID, Tries: 1}))
		k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: id(), Tries: 1, Retry: posting}))
	})
	k.run("with retry it is due then", func(k *kit) {
		mails := k.post(1)
		k.due(1, posting)
		k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: mails[0].ID, Tries: 1, Retry: posting.Add(2 * time.Hour)}))
		k.claims(k.due(10, posting.Add(2*time.Hour-time.Millisecond)), nil)
		got := k.due(10, posting.Add(2*time.Hour))
		k.claims(got, mails)
		k.that(got[0].Tries == 2, "tries are %d, want 2", got[0].Tries)
	})
	k.run("with retry it may have other args then", func(k *kit) {
		mails := k.post(2)
		k.due(2, posting)
		args := map[string]string{"counted": "yes", "ü": "\u2028\"'"}
		for _, m := range mails {
			k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: m.ID, Tries: 1, Retry: posting.Add(time.Minute), Args: args}))
			args = nil // and the other keeps its own
		}
		for i, got := range k.due(2, posting.Add(time.Minute)) {
			want := mails[i]
			if want.Tries, want.DueAt = 2, got.DueAt; want.ID == mails[0].ID {
				want.Args = map[string]string{"counted": "yes", "ü": "\u2028\"'"}
			}
			k.equal("mail", got, want)
			k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: got.ID, Tries: 1, Retry: posting, Args: map[string]string{"late": "yes"}}))
			k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: got.ID, Tries: 2, Retry: posting.Add(time.Hour)}))
		}
		got := k.due(2, posting.Add(time.Hour))
		k.that(len(got) == 2 && got[0].Args["late"]+got[1].Args["late"] == "", "one who comes late gives args: %+v", got)
	})
	k.run("another claim is a fence", func(k *kit) {
		mails := k.post(1)
		k.due(1, posting)
		k.due(1, posting.Add(time.Minute))
		for _, tries := range []int{0, 1, 3} {
			k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: mails[0].ID, Tries: tries}))
			k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: mails[0].ID, Tries: tries, Retry: posting}))
		}
		k.claims(k.due(10, posting.Add(time.Minute)), nil)
		k.claims(k.due(10, posting.Add(2*time.Minute)), mails)
		k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: mails[0].ID, Tries: 3}))
		k.claims(k.due(10, posting.Add(time.Hour)), nil)
	})
}
