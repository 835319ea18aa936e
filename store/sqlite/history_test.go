package sqlite_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// TestKillBetweenStatements ends a process right before some statement, many times: every change that is there has its
// event, and every event its change.
func TestKillBetweenStatements(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	p := blank(store.Root)
	grant := &store.LedgerEntry{ID: id(), Owner: p.ID, Key: "grant", Operation: store.OpGrant, Amount: 1 << 40, At: now.AddDate(1, 0, 0)}
	events := []store.Event{happened("account", p.ID, 1), named("paid", "grant", 1)}
	create(t, s, store.NewAccount{Account: p, Grant: grant, Effects: store.Effects{Events: events}})
	for range 40 {
		n := 1 + rand.IntN(400)
		c, out := process(t, "die before statement "+strconv.Itoa(n), path, p.ID)
		for out.Scan() {
			t.Fatal(out.Text())
		}
		_ = c.Wait()
		wantEvents(t, s)
	}
	if seen, err := s.Texts(eventKinds); err != nil || len(seen) != 10 {
		t.Errorf("of the kinds of events there are only %q, %v", seen, err)
	}
}

const (
	eventKinds = `SELECT DISTINCT coalesce(method, name) FROM events`

	// changes and told say the same in the same words: what, of whom, the last number, how many.
	changes = `SELECT 'account ' || hex(id) || ' 1 ' || version FROM accounts
UNION ALL SELECT 'mailed ' || hex(id) || ' 1 1' FROM accounts WHERE parent <> zeroblob(16) AND id NOT IN (SELECT id FROM outbox)
UNION ALL SELECT 'session ' || hex(id) || ' 1 1' FROM sessions
UNION ALL SELECT 'rotated ' || hex(id) || ' ' || generation || ' ' || generation FROM sessions WHERE generation > 0
UNION ALL SELECT 'seen ' || hex(id) || ' ' || seen_at || ' 1' FROM sessions WHERE seen_at > created_at
UNION ALL SELECT iif(ended = 1, 'revoked ', 'reused ') || hex(id) || ' 1 1' FROM sessions WHERE ended > 0
UNION ALL SELECT 'used ' || hex(id) || ' ' || counter || ' ' || counter FROM factors WHERE counter > 0
UNION ALL SELECT 'paid ' || coalesce(key, 'session:' || lower(printf('%s-%s-%s-%s-%s', substr(hex(id), 1, 8), substr(hex(id), 9, 4),
  substr(hex(id), 13, 4), substr(hex(id), 17, 4), substr(hex(id), 21)))) || ' 1 1' FROM ledger WHERE operation <> 'retention'
UNION ALL SELECT 'month_closed ' || hex(owner) || ' ' || max(amount) || ' ' || count(*) FROM ledger WHERE operation = 'retention' GROUP BY owner`
	told = `SELECT coalesce(method, name) || ' ' || coalesce(code, hex(account)) || ' ' || max(credits) || ' ' || iif(method = 'seen', 1, count(*))
FROM events WHERE coalesce(method, '') <> 'used' OR code IN (SELECT hex(id) FROM factors) GROUP BY coalesce(method, name), coalesce(code, hex(account))`
)

// wantEvents compares all that changed with all that is said to have happened.
func wantEvents(t *testing.T, s *sqlite.Store) {
	t.Helper()
	for what, query := range map[string]string{
		"changes without their event": changes + ` EXCEPT ` + told,
		"events without their change": told + ` EXCEPT SELECT * FROM (` + changes + `)`,
	} {
		if list, err := s.Texts(query); err != nil || len(list) > 0 {
			t.Fatalf("%s: %d, such as %q (%v)", what, len(list), list[:min(3, len(list))], err)
		}
	}
}

// happened is an event of the kind about the row with the id. n counts the events of that kind about it.
func happened(kind string, row uuid.UUID, n int64) store.Event {
	return named(kind, strings.ToUpper(hex.EncodeToString(row[:])), n)
}

func named(kind, row string, n int64) store.Event {
	return store.Event{ID: id(), At: now, Name: "test", Method: kind, Code: store.Code(row), Credits: n}
}

// live does what an account's life has, in four goroutines, until it dies.
func live(ctx context.Context, s *sqlite.Store, parent uuid.UUID, statements string) error {
	n, err := strconv.Atoi(statements)
	if err != nil {
		return err
	}
	s.KillBefore(n)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				l := life{ctx, s, parent, now.Add(time.Duration(rand.IntN(1e6)) * time.Millisecond)}
				if err := l.step(); unexpected(err) {
					fmt.Println(err)
				}
			}
		})
	}
	wg.Wait()
	return nil
}

// unexpected leaves aside what goroutines say that lost a race.
func unexpected(err error) bool {
	return err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.Conflict{}) && !errors.Is(err, store.ErrProofSpent)
}

type life struct {
	context.Context
	*sqlite.Store
	parent uuid.UUID
	at     time.Time
}

func (l life) step() error {
	list, err := l.ListAccounts(l, l.parent, store.Page{Limit: 20})
	if err != nil || len(list) < 2 || rand.IntN(8) == 0 {
		return errors.Join(err, l.join())
	}
	a := list[rand.IntN(len(list))]
	sessions, err := l.ListSessions(l, a.ID, store.Page{Limit: 9}, l.at)
	if err != nil || len(sessions) == 0 || rand.IntN(3) == 0 {
		return errors.Join(err, l.signIn(a))
	}
	x := sessions[rand.IntN(len(sessions))]
	switch rand.IntN(8) {
	case 0:
		return l.change(a)
	case 1:
		return l.DeleteAccount(l, store.Deletion{Scope: a.Parent, ID: a.ID, Events: []store.Event{happened("account", a.ID, 1)}}, l.at)
	case 2:
		return l.RevokeSession(l, store.Revocation{Account: a.ID, Session: x.ID, Events: []store.Event{happened("revoked", x.ID, 1)}}, l.at)
	case 3:
		return l.touch(x)
	case 4:
		return l.mail()
	case 5:
		e := store.LedgerEntry{ID: id(), Owner: l.parent, Key: id().String(), Operation: store.OpPackage, Amount: 5, At: l.at}
		_, _, _, err := l.ApplyCredit(l, store.Posting{Entry: e, Events: []store.Event{named("paid", e.Key, 1)}})
		return err
	case 6:
		_, _, err := l.CloseMonths(l, store.Closing{Month: store.MonthOf(now) + rand.IntN(9), Price: 1, Limit: 1, Log: true}, l.at)
		return err
	}
	return l.rotate(x)
}

func (l life) join() error {
	a := blank(l.parent)
	f := store.Factor{ID: id(), Kind: store.FactorTOTP, Sealed: []byte("sealed"), CreatedAt: now}
	linked := store.Linked{Issuer: "https://issuer.example", Subject: a.ID.String(), LinkedAt: now}
	_, _, err := l.CreateAccount(l, store.NewAccount{Account: a, Linked: []store.Linked{linked}, Factors: []store.Factor{f}, Effects: l.pays(
		[]store.QueuedMail{{ID: a.ID, Kind: store.MailVerify, Lookup: store.Lookup{ID: a.ID}, DueAt: now}}, happened("account", a.ID, 1))}, l.at)
	return err
}

// pays are effects with a charge that has its event, too.
func (l life) pays(mail []store.QueuedMail, events ...store.Event) store.Effects {
	c := store.Charge{Owner: l.parent, Key: id().String(), Entry: id(), Operation: store.OpSignIn, Price: 1, Required: true}
	return store.Effects{Charge: c, Mail: mail, Events: append(events, named("paid", c.Key, 1))}
}

func (l life) signIn(a store.Account) error {
	found, err := l.FindAccount(l, store.Lookup{ID: a.ID, Credentials: true})
	if err != nil {
		return err
	}
	n := signIn(found.Account, l.parent)
	n.Session.Epoch, n.Session.RefreshUntil = found.Account.Epoch, now.Add(1000*time.Hour)
	events := []store.Event{happened("session", n.Session.ID, 1)}
	if len(found.Factors) > 0 && rand.IntN(2) == 0 {
		f := found.Factors[0]
		n.Use = store.Use{Factor: f.ID, Counter: f.Counter + 1}
		events = append(events, happened("used", f.ID, n.Use.Counter))
	}
	n.By = store.IssuedKey{Issuer: "https://issuer.example", Subject: a.ID.String()}
	n.Once = store.Once{Digest: store.Digest(append(n.Session.ID[:], a.ID[:]...)), Until: now.Add(time.Hour)}
	n.Effects = l.pays(nil, events...)
	_, err = l.CreateSession(l, n, l.at)
	return err
}

func (l life) change(a store.Account) error {
	c := store.Change{Account: a, EndSessions: rand.IntN(2) == 0, Effects: l.pays(nil, happened("account", a.ID, 1))}
	c.Account.Name = l.at.String()
	c.PutFactors = []store.Factor{{ID: id(), Kind: store.FactorPasskey, Credential: []byte(c.Account.Name), CreatedAt: now, PendingUntil: l.at}}
	_, _, err := l.UpdateAccount(l, c, l.at)
	return err
}

func (l life) rotate(x store.Session) error {
	_, err := l.RotateSession(l, store.Rotation{
		Session: x.ID, Generation: x.Generation - 2*rand.IntN(2), ExpiresAt: x.ExpiresAt, RefreshUntil: x.RefreshUntil,
		Moved: []store.Event{happened("rotated", x.ID, int64(x.Generation)+1)}, Reused: []store.Event{happened("reused", x.ID, 1)},
	}, l.at)
	return err
}

// touching is held so that no touch moves a session back.
var touching sync.Mutex

func (l life) touch(x store.Session) error {
	touching.Lock()
	defer touching.Unlock()
	live, err := l.Session(l, x.ID, l.at)
	if err != nil {
		return err
	}
	at := live.Session.SeenAt.Add(time.Millisecond)
	return l.TouchSession(l, store.Touch{Account: x.Account, Session: x.ID, Events: []store.Event{happened("seen", x.ID, at.UnixMilli())}}, at)
}

func (l life) mail() error {
	list, err := l.ClaimMail(l, 2, time.Second, l.at)
	for _, m := range list {
		d := store.Delivery{ID: m.ID, Tries: m.Tries, Events: []store.Event{happened("mailed", m.ID, 1)}}
		err = errors.Join(err, l.FinishMail(l, d))
	}
	return err
}
