package postgres_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// statements remembers each statement that a pool runs with the parameters of its first run.
type statements struct {
	mu   sync.Mutex
	args map[string][]any
}

func (s *statements) note(sql string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.args[sql]; !ok {
		s.args[sql] = args
	}
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.note(d.SQL, d.Args)
	return ctx
}
func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.note(d.SQL, d.Args)
}
func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// crowd fills every table with thousands of rows.
const crowd = `
INSERT INTO accounts (id, parent, email, email_key, username, username_key, name, role, status, house, public_key,
  password, password_changed_at, password_temporary, password_history, verified_at, proven_at, locale, metadata, factors, key_master, key_version,
  organization_owner, must_verify, must_factor, created_at, updated_at, last_sign_in, active_day, orphans)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
  CASE WHEN n <= 1000 THEN '00000000-0000-0000-0000-000000000000' ELSE '00000000-0000-7000-8000-' || lpad(to_hex(n % 1000 + 1), 12, '0') END::uuid,
  '', convert_to('mail' || n, 'UTF8'), '', convert_to('name' || n, 'UTF8'), '', CASE WHEN n % 10 = 0 THEN 'admin' ELSE 'user' END,
  CASE WHEN n % 97 = 0 THEN 'deleted' ELSE 'active' END, false, 'APK_' || n,
  repeat('p', 90), 0, false, '{}', 0, 0, '', '', 0, 'm', 1, '00000000-0000-0000-0000-000000000000', false, false, n, n, n, n % 500, false
FROM generate_series(1, 20000) n;
INSERT INTO credits (owner, balance, closed_month) SELECT id, 1000, 24000 + number % 500 FROM accounts WHERE number <= 20000 ORDER BY number LIMIT 5000;
INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at) SELECT id, id, 'key', 'sign-in', -1, 0, id, 0 FROM accounts;
INSERT INTO months SELECT id, 24000, 0, 0, 0, 0, 0, 0 FROM accounts;
INSERT INTO sessions (id, account, epoch, audience, key_id, generation, rotated_at, network, agent, created_at, seen_at, proved_at, expires_at, refresh_until, end_day)
SELECT id, id, 1, '', '', 0, 0, '', '', 0, 0, 0, 1900000000000 + number, 0, 21990 + number % 100 FROM accounts;
INSERT INTO secrets SELECT id, uuid_send(id), 'sign-in', email_key, NULL, NULL, 0, 0, CASE WHEN number % 2 = 0 THEN 0 ELSE 1900000000000 + number END, number % 4 FROM accounts;
INSERT INTO attempts SELECT sha256(uuid_send(id)), 1, 0, 1900000000000 + number, 0, 0, 0, 21990 + number % 100, 1 FROM accounts;
INSERT INTO marks SELECT uuid_send(id), id, 0, 1900000000000 + number FROM accounts;
INSERT INTO identities SELECT parent, 'issuer', 'person' || number, id, '', 0, 0 FROM accounts;
INSERT INTO factors SELECT id, id, parent, 'passkey', '', '', uuid_send(id), 0, 0, 0, CASE WHEN number % 9 = 0 THEN 1900000000000 + number ELSE 0 END FROM accounts;
INSERT INTO once SELECT uuid_send(id), 1900000000000 + number FROM accounts;
INSERT INTO events (id, at, name, scope, account, network) SELECT id, number, CASE WHEN number % 9 = 0 THEN 'changed' ELSE 'sign_in' END, parent, id, '192.0.2.0' FROM accounts;
INSERT INTO outbox SELECT id, 'notice', '{}', '', '{}', 0, 1900000000000 + number FROM accounts;
ANALYZE`

var sequential = regexp.MustCompile(`Seq Scan on (accounts|identities|factors|once|credits|ledger|months|sessions|secrets|attempts|marks|outbox|events)\b`)

// TestPlans runs every verb and asks the server how it runs the statements on big tables: with the values at hand, and
// with the plan for any values that it keeps for prepared statements.
func TestPlans(t *testing.T) {
	c := database(t, "synchronous_commit=off")
	seen := &statements{args: map[string][]any{}}
	traced := c.Copy()
	traced.ConnConfig.Tracer = seen
	migrated(t, c)
	pool := connect(t, c)
	if _, err := pool.Exec(t.Context(), crowd); err != nil {
		t.Fatal(err)
	}
	everything(t, postgres.New(connect(t, traced)))
	if n, err := postgres.New(pool).CountMail(t.Context()); err != nil || n.Waiting != store.MostMail || n.Failed != 0 {
		t.Errorf("of more mail than is counted: %+v, %v", n, err)
	}
	attempts(t, postgres.New(connect(t, traced), postgres.RelaxedAttempts()))
	if len(seen.args) < 45 {
		t.Errorf("only %d statements were seen", len(seen.args))
	}
	for sql, args := range seen.args {
		for mode, plan := range plans(t, pool, sql, args) {
			if sequential.MatchString(plan) {
				t.Errorf("%s plan of\n%s\n%s", mode, sql, plan)
			}
			if strings.Contains(sql, "a.username_key =") && !strings.Contains(plan, "account_username") {
				t.Errorf("%s plan of\n%s\nwithout the index that keeps usernames apart:\n%s", mode, sql, plan)
			}
		}
	}
}

// plans returns both plans of a statement. It changes nothing.
func plans(t *testing.T, pool *pgxpool.Pool, sql string, args []any) map[string]string {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	explain := func(sql string, args ...any) string {
		rows, err := tx.Query(t.Context(), "EXPLAIN (COSTS OFF) "+sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%v in\n%s", err, sql)
		}
		return strings.Join(lines, "\n")
	}
	out := map[string]string{"custom": explain(sql, args...)}
	if _, err := tx.Exec(t.Context(), "SET LOCAL plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "PREPARE looked_at AS "+sql); err != nil {
		t.Fatal(err)
	}
	execute := "EXECUTE looked_at"
	if n := len(args); n > 0 {
		execute += "(NULL" + strings.Repeat(", NULL", n-1) + ")"
	}
	out["generic"] = explain(execute)
	if _, err := tx.Exec(t.Context(), "DEALLOCATE looked_at"); err != nil {
		t.Fatal(err)
	}
	return out
}

// everything calls each verb so that each of its statements runs.
func everything(t *testing.T, s *postgres.Store) {
	t.Helper()
	p := parent(t, s, 1000)
	a, other := child(t, s, p), child(t, s, p)
	lookups(t, s, p, a)
	a = changes(t, s, p, a)
	sessions(t, s, p, a, other)
	attempts(t, s)
	credits(t, s, p)
	outbox(t, s)
	log(t, s, p, a)
	ok(t, s.DeleteAccount(t.Context(), store.Deletion{Scope: p.ID, ID: other.ID, Mail: mail(), Events: logged(other)}, at))
	refused(t, s.DeleteAccount(t.Context(), store.Deletion{ID: other.ID}, at))
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("not refused")
	}
}

func lookups(t *testing.T, s *postgres.Store, p, a store.Account) {
	t.Helper()
	ctx := t.Context()
	for _, l := range []store.Lookup{
		{ID: a.ID}, {Number: a.Number}, {PublicKey: a.PublicKey}, {Scope: p.ID, Email: a.EmailKey, Issuer: "issuer", Subject: "x"},
		{ScopeKey: p.PublicKey, Email: a.EmailKey, Widget: true}, {ScopeNumber: p.Number, Email: a.EmailKey}, {Email: a.EmailKey, Stray: true},
		{Scope: p.ID, Username: rules.UsernameKey(a.Username)}, {ScopeKey: p.PublicKey, Username: rules.UsernameKey(a.Username)},
		{ScopeNumber: p.Number, Username: rules.UsernameKey(a.Username)},
		{Scope: p.ID, Credential: []byte("key")}, {ScopeKey: p.PublicKey, Credential: []byte("key")}, {ScopeNumber: p.Number, Credential: []byte("key")},
	} {
		for _, l.Credentials = range []bool{false, true} {
			if _, err := s.FindAccount(ctx, l); len(l.Credential) == 0 {
				ok(t, err)
			}
			for _, events := range [][]store.Event{nil, logged(a)} {
				_, err := s.ConsumeSecret(ctx, store.Claim{Purpose: store.PurposeSignIn, Lookup: l, Digest: random(), Tries: 5, Events: events}, at)
				refused(t, err)
			}
		}
	}
	for _, page := range []store.Page{
		{Limit: 5}, {Limit: 5, Search: "mail77"}, {Limit: 5, From: at, To: at}, {Limit: 5, Newest: true}, {Limit: 5, Role: store.RoleAdmin},
		{Limit: 5, Role: store.RoleAdmin, Newest: true, Search: "mail77"}, {Limit: 5, Status: store.StatusDisabled}, {Limit: 5, Status: store.StatusActive},
	} {
		for _, scope := range []uuid.UUID{p.ID, store.Root} {
			_, err := s.ListAccounts(ctx, scope, page)
			ok(t, err)
		}
	}
	_, err := s.CountAccounts(ctx, p.ID, at)
	ok(t, err)
}

// changes returns the account as it then stands.
func changes(t *testing.T, s *postgres.Store, p, a store.Account) store.Account {
	t.Helper()
	ctx := t.Context()
	_, _, err := s.CreateAccount(ctx, store.NewAccount{Account: a}, at)
	ok(t, err)
	for _, parent := range []uuid.UUID{store.Root, p.ID} {
		n := store.NewAccount{Account: account(uuid.New(), parent)}
		n.Linked, n.Factors, n.Events = []store.Linked{{Issuer: "new", Subject: n.Account.ID.String()}}, []store.Factor{passkey()}, logged(n.Account)
		if parent == p.ID {
			n.Charge = told(signIn(a, p.ID, true).Charge)
		}
		_, _, err := s.CreateAccount(ctx, n, at)
		ok(t, err)
	}
	_, _, err = s.CreateAccount(ctx, store.NewAccount{Account: account(uuid.New(), uuid.New())}, at)
	refused(t, err)
	secret := store.Secret{Account: a.ID, Purpose: store.PurposeReset, Digest: random(), CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
	ok(t, s.PutSecrets(ctx, []store.Secret{secret}, at))
	_, err = s.CountSecrets(ctx, a.ID, secret.Purpose, at)
	ok(t, err)
	_, _, err = s.Secret(ctx, secret.Purpose, secret.Digest)
	ok(t, err)
	a.Role = store.RoleAdmin
	f := passkey()
	a, _, err = s.UpdateAccount(ctx, store.Change{
		Account: a, Proof: secret.Digest, Secrets: []store.Secret{secret}, Once: store.Once{Digest: random(), Until: at}, EndSessions: true,
		Link: []store.Linked{{Issuer: "issuer", Subject: "y"}}, Unlink: []store.IssuedKey{{Issuer: "issuer", Subject: "z"}}, PutFactors: []store.Factor{f},
		Effects: store.Effects{Charge: told(signIn(a, p.ID, true).Charge), Events: logged(a)},
	}, at)
	ok(t, err)
	a, _, err = s.UpdateAccount(ctx, store.Change{Account: a, Use: store.Use{Factor: f.ID, Counter: 5}}, at)
	ok(t, err)
	a.Role = store.RoleUser
	_, _, err = s.UpdateAccount(ctx, store.Change{Account: a}, at)
	refused(t, err)
	refused(t, s.DeleteAccount(ctx, store.Deletion{Scope: p.ID, ID: a.ID}, at))
	return a
}

// useOf is a use of a factor that the account gets.
func useOf(t *testing.T, s *postgres.Store, a store.Account) store.Use {
	t.Helper()
	f := passkey()
	subject, err := s.FindAccount(t.Context(), store.Lookup{ID: a.ID})
	ok(t, err)
	_, _, err = s.UpdateAccount(t.Context(), store.Change{Account: subject.Account, PutFactors: []store.Factor{f}}, at)
	ok(t, err)
	return store.Use{Factor: f.ID, Counter: 1}
}

func log(t *testing.T, s *postgres.Store, p, a store.Account) {
	t.Helper()
	ok(t, s.AddEvents(t.Context(), logged(a)))
	for _, q := range []store.EventQuery{{All: true, Limit: 5}, {Scope: p.ID, Limit: 5}, {Account: a.ID, Limit: 5}} {
		_, err := s.ListEvents(t.Context(), q)
		ok(t, err)
	}
}

func attempts(t *testing.T, s *postgres.Store) {
	t.Helper()
	buckets := []store.Bucket{{Key: random(), Limit: store.Limit{Free: 3, Window: time.Hour}, Waive: random(), Pardon: random()}}
	_, err := s.Take(t.Context(), buckets, at)
	ok(t, err)
	ok(t, s.Release(t.Context(), store.Release{Failed: buckets, Marks: []store.Digest{random()}, Until: at.Add(time.Hour), Pardon: []store.Digest{random()}, PardonUntil: at.Add(time.Hour)}, at))
}

func credits(t *testing.T, s *postgres.Store, p store.Account) {
	t.Helper()
	ctx := t.Context()
	entry := store.LedgerEntry{ID: uuid.Must(uuid.NewV7()), Owner: p.ID, Key: "bought", Operation: store.OpPackage, Amount: 5, At: at}
	posting := store.Posting{Entry: entry, Tell: store.Telling{Mail: true, Log: true}, Events: logged(p)}
	for range 2 {
		_, _, _, err := s.ApplyCredit(ctx, posting)
		ok(t, err)
	}
	entry.Key, entry.Refunds = "back", "nothing"
	_, _, _, err := s.ApplyCredit(ctx, store.Posting{Entry: entry})
	refused(t, err)
	_, err = s.Balance(ctx, p.ID)
	ok(t, err)
	for _, op := range []store.Operation{"", store.OpGrant} {
		for _, newest := range []bool{false, true} {
			_, err = s.ListCredits(ctx, p.ID, store.CreditQuery{Operation: op, Newest: newest, Limit: 5})
			ok(t, err)
		}
	}
	_, err = s.SumCredits(ctx, p.ID, store.Days{First: at.AddDate(0, 0, -30), Last: at})
	ok(t, err)
	_, err = s.ListMonths(ctx, p.ID, 0, 1<<20, 5)
	ok(t, err)
	for _, tells := range []bool{false, true} {
		_, _, err = s.CloseMonths(ctx, store.Closing{Month: 24100, Price: 1, Limit: 5, Log: tells, Tell: store.Telling{Mail: tells, Log: tells}}, at)
		ok(t, err)
	}
}

func outbox(t *testing.T, s *postgres.Store) {
	t.Helper()
	ctx := t.Context()
	ok(t, s.QueueMail(ctx, []store.QueuedMail{{ID: uuid.New(), DueAt: at}}))
	claimed, err := s.ClaimMail(ctx, 5, time.Minute, at)
	ok(t, err)
	for _, events := range [][]store.Event{nil, logged(store.Account{})} {
		ok(t, s.FinishMail(ctx, store.Delivery{ID: claimed[0].ID, Tries: 1, Retry: at, Events: events}))
		ok(t, s.FinishMail(ctx, store.Delivery{ID: claimed[0].ID, Tries: 1, Events: events}))
	}
	for _, q := range []store.MailQuery{{Limit: 5}, {Limit: 5, Failed: true}, {Limit: 5, ID: uuid.New()}} {
		_, err := s.ListMail(ctx, q)
		ok(t, err)
	}
	for _, due := range []time.Time{at, {}} {
		for _, events := range [][]store.Event{nil, logged(store.Account{})} {
			refused(t, s.ResumeMail(ctx, store.Resumption{ID: uuid.New(), DueAt: due, Events: events}))
		}
	}
	_, err = s.CountMail(ctx)
	ok(t, err)
	_, err = s.Sweep(ctx, 10, time.UnixMilli(1900000000000).Add(48*time.Hour))
	ok(t, err)
}

func sessions(t *testing.T, s *postgres.Store, p, a, other store.Account) {
	t.Helper()
	ctx := t.Context()
	one := signIn(a, p.ID, true)
	one.Session.Epoch = a.Epoch
	releasing, free, used, full := one, one, one, one
	for _, n := range []*store.NewSession{&releasing, &free, &used, &full} {
		n.Session.ID = uuid.Must(uuid.NewV7())
		n.Charge = told(signIn(a, p.ID, true).Charge)
	}
	releasing.Release.Forget = []store.Bucket{{Key: random(), Limit: store.Limit{Free: 3, Window: time.Hour}}}
	free.Charge, free.Most = store.Charge{}, 1
	used.Use, used.Once = useOf(t, s, a), store.Once{Digest: random(), Until: at}
	used.By, used.Events = store.IssuedKey{Issuer: "issuer", Subject: "y"}, logged(a)
	full.Mail, full.Events = mail(), append(logged(a), logged(a)...)
	for _, n := range []store.NewSession{one, one, releasing, free, used, full} {
		if _, err := s.CreateSession(ctx, n, at); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			n := signIn(other, p.ID, true)
			n.Events = logged(other)
			if _, err := s.CreateSession(ctx, n, at); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	one = full
	if _, err := s.Session(ctx, one.Session.ID, at); err != nil {
		t.Fatal(err)
	}
	for _, events := range [][]store.Event{nil, logged(a)} {
		if _, err := s.RotateSession(ctx, store.Rotation{Session: one.Session.ID, Moved: events}, at); err == nil {
			t.Fatal("rotated a session that has no refresh token")
		}
		ok(t, s.TouchSession(ctx, store.Touch{Account: a.ID, Session: one.Session.ID, Events: events}, at))
	}
	if _, err := s.ListSessions(ctx, a.ID, store.Page{Limit: 5}, at); err != nil {
		t.Fatal(err)
	}
	for i, events := range [][]store.Event{logged(a), nil} {
		if err := s.RevokeSession(ctx, store.Revocation{Account: a.ID, Session: one.Session.ID, Events: events}, at); (err == nil) != (i == 0) {
			t.Fatal(fmt.Errorf("revoke %d: %w", i, err))
		}
	}
}
