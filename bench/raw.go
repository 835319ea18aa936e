package bench

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	sqlitedriver "modernc.org/sqlite"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// nobody is the server of an engine that works in this process.
func nobody() time.Duration { return 0 }

func microseconds(f Value) Value {
	return func(r Results) float64 { return f(r) / float64(time.Microsecond) }
}

// rawBatch is how many sign-ins are in one transaction of the raw statements: while one batch of 64 callers commits,
// the other half queues.
const rawBatch = 32

// The statements of one sign-in: what it must look at, the session, the payment, its line in the ledger, the event, the
// last sign-in. They take what they are told and decide nothing.
const (
	rawLook = `SELECT a.status, p.status, a.epoch, b.credits, EXISTS (SELECT 1 FROM ledger WHERE owner = ?2 AND id = ?3)
  FROM accounts a JOIN accounts p ON p.id = a.parent JOIN balances b ON b.owner = ?2 WHERE a.id = ?1`
	rawSession = `INSERT INTO sessions (id, account, epoch, audience, key_id, generation, network, agent, created_at, seen_at, proved_at, expires_at, ends_at)
  VALUES (?1, ?2, 1, ?3, ?4, 0, ?5, ?6, ?7, ?7, ?7, ?8, ?8)`
	rawPayment = `UPDATE balances SET credits = credits - 1, used = used + 1, sign_ins = sign_ins + 1 WHERE owner = ?1`
	rawLine    = `INSERT INTO ledger (owner, id, operation, amount, balance, subject, at) VALUES (?1, ?2, 'sign-in', -1, ?3, ?4, ?5)`
	rawEvent   = `INSERT INTO events (id, at, name, scope, account, session, audience, method, credits, count, network, salt, commitment, previous)
  VALUES (?1, ?2, 'sign_in', ?3, ?4, ?5, ?6, ?7, 1, 1, ?8, ?9, ?10, zeroblob(16))`
	rawAccount = `UPDATE accounts SET last_sign_in = ?2, session_count = session_count + 1, last_routine = ?3 WHERE id = ?1`
)

// rawSQLite is one connection with prepared statements, as the store's own.
type rawSQLite struct {
	conn  driver.Conn
	stmts map[string]driver.Stmt
	next  int
}

func openRaw(path string) (*rawSQLite, error) {
	c, err := new(sqlitedriver.Driver).Open("file:" + path + "?_pragma=busy_timeout(10000)&_pragma=synchronous(full)&_pragma=foreign_keys(0)")
	if err != nil {
		return nil, err
	}
	return &rawSQLite{conn: c, stmts: map[string]driver.Stmt{}}, nil
}

func (r *rawSQLite) close() {
	for _, s := range r.stmts {
		_ = s.Close()
	}
	_ = r.conn.Close()
}

// signIn commits as many sign-ins as are in a batch.
func (r *rawSQLite) signIn(people []tollkeeper.Account) error {
	if err := r.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for range rawBatch {
		r.next++
		if err := r.one(logged(paid(people[r.next%len(people)]))); err != nil {
			return errors.Join(err, r.exec("ROLLBACK"))
		}
	}
	return r.exec("COMMIT")
}

func (r *rawSQLite) one(n store.NewSession) error {
	x, c, e := &n.Session, &n.Charge, &n.Events[0]
	now := x.CreatedAt.UnixMilli()
	credits, err := r.look(x.Account[:], c.Owner[:], c.Entry[:])
	if err != nil {
		return err
	}
	return errors.Join(
		r.exec(rawSession, x.ID[:], x.Account[:], string(x.Audience), x.KeyID, x.Network, x.Agent, now, x.ExpiresAt.UnixMilli()),
		r.exec(rawPayment, c.Owner[:]),
		r.exec(rawLine, c.Owner[:], c.Entry[:], credits-1, x.Account[:], now),
		r.exec(rawEvent, e.ID[:], now, e.Scope[:], e.Account[:], e.Session, string(e.Audience), e.Method, e.Network, e.Salt[:], e.Commitment[:]),
		r.exec(rawAccount, x.Account[:], now, e.ID[:]),
	)
}

func (r *rawSQLite) prepare(sql string, args []driver.Value) (driver.Stmt, []driver.NamedValue, error) {
	s, ok := r.stmts[sql]
	if !ok {
		var err error
		if s, err = r.conn.Prepare(sql); err != nil {
			return nil, nil, err
		}
		r.stmts[sql] = s
	}
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return s, named, nil
}

func (r *rawSQLite) exec(sql string, args ...driver.Value) error {
	s, named, err := r.prepare(sql, args)
	if err != nil {
		return err
	}
	_, err = s.(driver.StmtExecContext).ExecContext(context.Background(), named)
	return err
}

// look returns the credits of the payer.
func (r *rawSQLite) look(args ...driver.Value) (int64, error) {
	s, named, err := r.prepare(rawLook, args)
	if err != nil {
		return 0, err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), named)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	row := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(row); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("bench: no such account")
		}
		return 0, err
	}
	credits, _ := row[3].(int64)
	return credits, nil
}
