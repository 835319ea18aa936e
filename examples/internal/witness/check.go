package witness

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// CheckAnswers wants that nothing went wrong so far, that every session that was answered still serves at the server
// at base, and that none does whose sign-out was answered.
func (w *Witness) CheckAnswers(tb testing.TB, base string) {
	tb.Helper()
	w.mu.Lock()
	sessions := append([]*session(nil), w.sessions...)
	for _, text := range w.wrong {
		tb.Error(text)
	}
	w.mu.Unlock()
	for _, s := range sessions {
		w.mu.Lock()
		ended, tried := w.revoked[s.id]
		w.mu.Unlock()
		path := "/auth/organization-details"
		if s.platform {
			path = "/api/user/status"
		}
		status, text, err := w.send(http.MethodGet, base+path, nil, s.token)
		want := http.StatusOK
		if ended {
			want = http.StatusUnauthorized
		}
		if err != nil || status != want && (!tried || ended) {
			tb.Errorf("session %s of %s: %d %s %v, want %d", s.id, s.account.email, status, text, err, want)
		}
	}
}

// leased is longer than a process that was killed keeps others from the mail it was sending.
const leased = 3 * time.Minute

// CheckMail wants every mail that was promised to have arrived, or to be in the store's outbox still. That is sent
// for this, by an Authenticator of that config whose clock is ahead, so that nobody has to wait for leases to end.
func (w *Witness) CheckMail(tb testing.TB, kept store.Store, config tollkeeper.Config) {
	tb.Helper()
	config.Mail.Mailer, config.Now = w.Mail, func() time.Time { return time.Now().Add(leased) }
	auth, err := tollkeeper.New(kept, config)
	if err != nil {
		tb.Fatal(err)
	}
	if err := auth.Close(context.Background()); err != nil {
		tb.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, email := range w.told {
		if n, err := w.Mail.Count(email); n == 0 || err != nil {
			tb.Errorf("%d mails for %s, %v", n, email, err)
		}
	}
}

// CheckStore wants in the store, which no server uses meanwhile: every account that was answered; for every parent a
// balance that is not negative and is the sum of its ledger; one row for each paid session and each child; a session
// for each row of a sign-in; counters that tell the number of rows.
func (w *Witness) CheckStore(tb testing.TB, kept store.Store, now time.Time) {
	tb.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	ctx := context.Background()
	for _, list := range [][]*account{w.parents, w.children, w.mailers} {
		for _, a := range list {
			s, err := kept.FindAccount(ctx, store.Lookup{ID: a.id})
			if err != nil || s.Account.Email != a.email || s.Account.PublicKey != a.key {
				tb.Errorf("account %s: %q, %v", a.email, s.Account.Email, err)
			}
		}
	}
	books := map[uuid.UUID]map[string]tollkeeper.LedgerEntry{}
	for _, p := range w.parents {
		books[p.id] = w.checkBook(tb, kept, p, now)
	}
	for _, s := range w.sessions {
		if _, ok := books[s.account.payer().id]["session:"+s.id.String()]; ok != s.paid {
			tb.Errorf("session %s of %s: in the ledger %v, want %v", s.id, s.account.email, ok, s.paid)
		}
	}
	for _, c := range append(w.children[:len(w.children):len(w.children)], w.mailers...) {
		if e := books[c.parent.id]["account:"+c.id.String()]; e.Amount != -5 {
			tb.Errorf("child %s: the ledger says %+v", c.email, e)
		}
	}
}

// checkBook checks one parent's ledger and returns it by key.
func (w *Witness) checkBook(tb testing.TB, kept store.Store, p *account, now time.Time) map[string]tollkeeper.LedgerEntry {
	tb.Helper()
	b, err := kept.Balance(context.Background(), p.id)
	if err != nil {
		tb.Errorf("balance of %s: %v", p.email, err)
	}
	book, sum, signIns := map[string]tollkeeper.LedgerEntry{}, int64(0), int64(0)
	for _, e := range ledger(tb, kept, p.id) {
		if _, twice := book[e.Key]; twice {
			tb.Errorf("%s pays twice for %s", p.email, e.Key)
		}
		book[e.Key] = e
		sum += e.Amount
		if e.Operation == tollkeeper.OpSignIn {
			signIns++
			w.checkPaid(tb, kept, e, now)
		}
	}
	if b.Credits != sum || sum < 0 || b.SignIns != signIns || b.Granted-b.Used != sum {
		tb.Errorf("%s: %+v; its ledger has %d credits and %d sign-ins", p.email, b, sum, signIns)
	}
	return book
}

// checkPaid wants the session that a row was written for, unless somebody tried to sign it out.
func (w *Witness) checkPaid(tb testing.TB, kept store.Store, e tollkeeper.LedgerEntry, now time.Time) {
	tb.Helper()
	id, err := uuid.Parse(e.Key[len("session:"):])
	if err != nil {
		tb.Errorf("ledger key %s: %v", e.Key, err)
		return
	}
	_, tried := w.revoked[id]
	_, err = kept.Session(context.Background(), id, now)
	if err != nil && !(tried && errors.Is(err, store.ErrNotFound)) {
		tb.Errorf("ledger row %s without session: %v", e.Key, err)
	}
}

func ledger(tb testing.TB, kept store.Store, owner uuid.UUID) []tollkeeper.LedgerEntry {
	tb.Helper()
	const page = 1000
	var all []tollkeeper.LedgerEntry
	for p := (store.CreditQuery{Limit: page}); ; p.After = all[len(all)-1].ID {
		rows, err := kept.ListCredits(context.Background(), owner, p)
		if err != nil {
			tb.Fatal(err)
		}
		if all = append(all, rows...); len(rows) < page {
			return all
		}
	}
}
