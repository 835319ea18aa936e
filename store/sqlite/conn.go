package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	sqlitedriver "modernc.org/sqlite"
)

// conn is one connection with its prepared statements. One goroutine at a time uses it. It speaks to the driver
// without database/sql, whose pool and conversions would cost more than most of the statements.
type conn struct {
	raw   driver.Conn
	stmts map[string]driver.Stmt
	args  []driver.NamedValue
	wrote bool // since it was last set to false
	open  bool // a transaction
}

func dial(dsn string) (*conn, error) {
	raw, err := new(sqlitedriver.Driver).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &conn{raw: raw, stmts: make(map[string]driver.Stmt)}, nil
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

func (c *conn) prepare(query string) (driver.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.raw.Prepare(query)
	if err == nil {
		c.stmts[query] = s
	}
	return s, err
}

func (c *conn) bind(args []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, v := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args
}

// exec runs one statement that returns no rows and tells how many it changed.
func (c *conn) exec(query string, args ...driver.Value) (int64, error) {
	return c.run(query, c.bind(args))
}

func (c *conn) run(query string, args []driver.NamedValue) (int64, error) {
	s, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	x, ok := s.(driver.StmtExecContext)
	if !ok {
		return 0, errDriver
	}
	c.wrote = true
	r, err := x.ExecContext(context.Background(), args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// errEnough ends each early, without an error.
var errEnough = errors.New("sqlite: enough")

// each runs one query and calls do with each of its rows.
func (c *conn) each(ctx context.Context, query string, do func(*row) error, args ...driver.Value) (err error) {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	q, ok := s.(driver.StmtQueryContext)
	if !ok {
		return errDriver
	}
	rows, err := q.QueryContext(ctx, c.bind(args))
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	r := row{values: make([]driver.Value, len(rows.Columns()))}
	for {
		if err := rows.Next(r.values); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		r.next, r.err = 0, nil
		if err := do(&r); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
	}
}

// one runs a query of at most one row and tells whether there was one.
func (c *conn) one(query string, do func(*row), args ...driver.Value) (found bool, err error) {
	err = c.each(context.Background(), query, func(r *row) error {
		found = true
		do(r)
		return nil
	}, args...)
	return found, err
}

// exists tells whether a query has a row.
func (c *conn) exists(query string, args ...driver.Value) (bool, error) {
	return c.one(query, func(*row) {}, args...)
}

// begin starts a transaction; begin is one of the two constants below.
func (c *conn) begin(statement string) error {
	if c.open {
		c.rollback()
	}
	_, err := c.exec(statement)
	c.open = err == nil
	return err
}

const (
	beginWrite = "BEGIN IMMEDIATE"
	beginRead  = "BEGIN"
)

func (c *conn) commit() error {
	_, err := c.exec("COMMIT")
	if err != nil {
		c.rollback()
		return err
	}
	c.open = false
	return nil
}

// rollback leaves no transaction. Its error says, when there is one, that SQLite had already rolled back by itself.
func (c *conn) rollback() {
	_, _ = c.exec("ROLLBACK")
	c.open = false
}

// pragma sets or reads a setting and returns its first value as text.
func (c *conn) pragma(statement string) (value string, err error) {
	_, err = c.one(statement, func(r *row) { value = fmt.Sprint(r.values[0]) })
	return value, err
}

var errDriver = errors.New("sqlite: the driver does not take contexts")
