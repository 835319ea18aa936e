package memory_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// sizes are rows of each kind. What a verb costs must hardly depend on them: run with -bench . -benchtime 20000x
var sizes = []int{1_000, 100_000}

// full returns a store where the parent 0 has n children, 1 to n, each with a session n+child, a charge for it, a
// secret, a counter and a mail.
func full(b *testing.B, n int) *memory.Store {
	b.Helper()
	s := memory.New()
	create(b, s, account(0, store.Root))
	for i := 1; i <= n; i++ {
		create(b, s, account(i, numbered(0)))
		begin(b, s, n+i, i)
		try(b, s.PutSecrets(b.Context(), []store.Secret{link(i)}, now))
		take(b, s, i)
		try(b, s.QueueMail(b.Context(), []store.QueuedMail{{ID: numbered(i), DueAt: now}}))
	}
	return s
}

func try(b *testing.B, err error) {
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}

func key(n int) (d store.Digest) {
	binary.BigEndian.PutUint64(d[:], uint64(n)*0x9e3779b97f4a7c15)
	return d
}

func link(n int) store.Secret {
	return store.Secret{Account: numbered(n), Purpose: store.PurposeReset, Digest: key(n), CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
}

func begin(b *testing.B, s *memory.Store, session, account int) {
	id := numbered(session)
	_, err := s.CreateSession(b.Context(), store.NewSession{
		Session: store.Session{ID: id, Account: numbered(account), Epoch: 1, CreatedAt: now, ExpiresAt: now.Add(24 * time.Hour), RefreshUntil: now.Add(48 * time.Hour)},
		Effects: store.Effects{Charge: store.Charge{Owner: numbered(0), Key: "session:" + id.String(), Entry: id, Operation: store.OpSignIn, Price: 1, Required: true}},
	}, now.Add(time.Duration(session)*time.Millisecond))
	try(b, err)
}

var lock = store.Limit{Free: 1 << 40, Base: time.Second, Max: time.Minute, Window: time.Hour}

func take(b *testing.B, s *memory.Store, n int) {
	rate := store.Limit{Every: time.Millisecond, Burst: 1 << 30}
	_, err := s.Take(b.Context(), []store.Bucket{{Key: key(n), Limit: lock}, {Key: key(-1), Limit: rate}, {Key: key(-2), Limit: rate}}, now)
	try(b, err)
}

func BenchmarkVerbs(b *testing.B) {
	for _, n := range sizes {
		s := full(b, n)
		ctx, next := b.Context(), 10*n
		verb := func(name string, f func(i int)) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					f(i * 7919 % n)
				}
			})
		}
		child := func(i int) uuid.UUID { return numbered(i + 1) }
		verb("Session", func(i int) { _, err := s.Session(ctx, numbered(n+1+i), now); try(b, err) })
		verb("FindAccount", func(i int) {
			_, err := s.FindAccount(ctx, store.Lookup{ScopeKey: "APK_" + numbered(0).String(), Email: child(i).String() + "@example.com"})
			try(b, err)
		})
		verb("Take", func(i int) { take(b, s, i+1) })
		verb("Release", func(i int) {
			try(b, s.Release(ctx, store.Release{Forget: []store.Bucket{{Key: key(i + 1), Limit: lock}}}, now))
		})
		verb("CreateSession", func(i int) { next++; begin(b, s, next, i+1) })
		verb("TouchSession", func(i int) {
			try(b, s.TouchSession(ctx, store.Touch{Account: child(i), Session: numbered(n + 1 + i)}, now))
		})
		verb("ListSessions", func(i int) { _, err := s.ListSessions(ctx, child(i), store.Page{Limit: 2}, now); try(b, err) })
		verb("RotateSession", func(i int) {
			l, err := s.Session(ctx, numbered(n+1+i), now)
			try(b, err)
			_, err = s.RotateSession(ctx, store.Rotation{Session: l.Session.ID, Generation: l.Session.Generation, ExpiresAt: now.Add(24 * time.Hour), RefreshUntil: now.Add(48 * time.Hour)}, now)
			try(b, err)
		})
		verb("CreateRevoke", func(i int) {
			next++
			begin(b, s, next, i+1)
			try(b, s.RevokeSession(ctx, store.Revocation{Account: child(i), Session: numbered(next)}, now))
		})
		verb("PutSecrets", func(i int) { try(b, s.PutSecrets(ctx, []store.Secret{link(i + 1)}, now)) })
		verb("Secret", func(i int) { _, _, err := s.Secret(ctx, store.PurposeReset, key(i+1)); try(b, err) })
		verb("PutConsumeSecret", func(i int) {
			try(b, s.PutSecrets(ctx, []store.Secret{link(i + 1)}, now))
			_, err := s.ConsumeSecret(ctx, store.Claim{Purpose: store.PurposeReset, Lookup: store.Lookup{ID: child(i)}, Digest: key(i + 1), Tries: 5}, now)
			try(b, err)
		})
		verb("UpdateAccount", func(i int) {
			f, err := s.FindAccount(ctx, store.Lookup{ID: child(i)})
			try(b, err)
			_, _, err = s.UpdateAccount(ctx, store.Change{Account: f.Account}, now)
			try(b, err)
		})
		verb("CreateDeleteAccount", func(int) {
			next++
			create(b, s, account(next, numbered(0)))
			try(b, s.DeleteAccount(ctx, store.Deletion{Scope: numbered(0), ID: numbered(next)}, now))
		})
		verb("ListAccounts", func(i int) {
			_, err := s.ListAccounts(ctx, numbered(0), store.Page{After: store.Position{At: now, ID: child(i)}, Limit: 10})
			try(b, err)
		})
		verb("SearchAccounts", func(i int) {
			_, err := s.ListAccounts(ctx, numbered(0), store.Page{Search: child(i).String()[:18], Limit: 10})
			try(b, err)
		})
		verb("CountAccounts", func(i int) { _, err := s.CountAccounts(ctx, numbered(0), now); try(b, err) })
		verb("ApplyCredit", func(int) {
			next++
			_, _, _, err := s.ApplyCredit(ctx, store.Posting{Entry: store.LedgerEntry{ID: numbered(next), Owner: numbered(0), Key: numbered(next).String(), Operation: "api", Amount: -1, At: now}})
			try(b, err)
		})
		verb("Balance", func(int) { _, err := s.Balance(ctx, numbered(0)); try(b, err) })
		verb("ListCredits", func(i int) {
			_, err := s.ListCredits(ctx, numbered(0), store.CreditQuery{Operation: store.OpSignIn, After: numbered(n + 1 + i), Limit: 10})
			try(b, err)
		})
		verb("QueueClaimFinishMail", func(int) {
			next++
			try(b, s.QueueMail(ctx, []store.QueuedMail{{ID: numbered(next), DueAt: now}}))
			m, err := s.ClaimMail(ctx, 1, time.Hour, now)
			try(b, err)
			try(b, s.FinishMail(ctx, store.Delivery{ID: m[0].ID, Tries: m[0].Tries}))
		})
		verb("SweepNothing", func(int) { _, err := s.Sweep(ctx, 10, now); try(b, err) })
	}
}

// BenchmarkSession is the hot path: every authenticated request asks it once.
func BenchmarkSession(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		s := memory.New()
		create(b, s, account(0, store.Root))
		for i := 1; i <= 1000; i++ {
			create(b, s, account(i, numbered(0)))
		}
		for i := range n {
			begin(b, s, 1000+i, 1+i%1000)
		}
		b.Run(fmt.Sprintf("one/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := s.Session(b.Context(), numbered(1000), now)
				try(b, err)
			}
		})
		b.Run(fmt.Sprintf("any/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_, err := s.Session(b.Context(), numbered(1000+i*7919%n), now)
				try(b, err)
			}
		})
		b.Run(fmt.Sprintf("CreateSession/%d", n), func(b *testing.B) {
			for i := n; b.Loop(); i++ {
				begin(b, s, 1000+i, 1+i%1000)
			}
		})
	}
}
