package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Plans returns, for every statement that was run so far, what EXPLAIN QUERY PLAN says about it.
func (s *Store) Plans() (map[string][]string, error) {
	statements := map[string]bool{}
	for _, p := range []*pool{s.readers, s.writer} {
		for range p.size {
			c := <-p.free
			for q := range c.stmts {
				statements[q] = true
			}
			defer p.give(c)
		}
	}
	c, err := dial("file:" + s.path)
	if err != nil {
		return nil, err
	}
	defer c.close()
	plans := map[string][]string{}
	for q := range statements {
		switch verb, _, _ := strings.Cut(strings.TrimSpace(q), " "); verb {
		case "SELECT", "INSERT", "UPDATE", "DELETE":
		default:
			continue
		}
		err := c.each(context.Background(), "EXPLAIN QUERY PLAN "+q, func(r *row) error {
			plans[q] = append(plans[q], r.skip(3).text())
			return nil
		}, make([]driver.Value, 40)...)
		if err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// Pragma runs a pragma on the connection that writes.
func (s *Store) Pragma(statement string) (string, error) {
	c := <-s.writer.free
	defer s.writer.give(c)
	return c.pragma(statement)
}

// MigrateWith is Migrate of a library whose schema has one more version, made by the script.
func (s *Store) MigrateWith(script string) error {
	steps, err := versions()
	if err != nil {
		return err
	}
	c := <-s.writer.free
	defer s.writer.give(c)
	if err := migrate(c, append(steps, step{"made up", script})); err != nil {
		return err
	}
	s.migrated.Store(true)
	return nil
}

// Texts runs a query on the connection that writes and returns the columns of each row as one text.
func (s *Store) Texts(query string) (list []string, err error) {
	c := <-s.writer.free
	defer s.writer.give(c)
	err = c.each(context.Background(), query, func(r *row) error {
		var texts []string
		for _, v := range r.values {
			texts = append(texts, fmt.Sprint(v))
		}
		list = append(list, strings.Join(texts, " "))
		return nil
	})
	return list, err
}

// Exec runs a statement on the connection that writes.
func (s *Store) Exec(statement string) (int64, error) {
	c := <-s.writer.free
	defer s.writer.give(c)
	return c.exec(statement)
}

// KillBefore kills this process right before the n-th statement of the connection that writes.
func (s *Store) KillBefore(n int) {
	c := <-s.writer.free
	defer s.writer.give(c)
	c.count(func(string) error {
		if n--; n > 0 {
			return nil
		}
		p, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = p.Kill()
		}
		if err != nil {
			panic(err)
		}
		select {}
	})
}

// FailWhere has the statements fail that next says so of. To roll back works: SQLite has nothing to write then.
func (s *Store) FailWhere(next func() bool) {
	for _, p := range []*pool{s.readers, s.writer} {
		for range p.size {
			c := <-p.free
			c.count(func(query string) error {
				if query != "ROLLBACK" && next() {
					return errFault
				}
				return nil
			})
			defer p.give(c)
		}
	}
}

var errFault = errors.New("a fault")

// count has each statement of the connection asked for before it is run.
func (c *conn) count(next func(query string) error) {
	c.raw, c.stmts = counted{c.raw, next}, map[string]driver.Stmt{}
}

type counted struct {
	driver.Conn
	next func(query string) error
}

func (c counted) Prepare(query string) (driver.Stmt, error) {
	s, err := c.Conn.Prepare(query)
	return countedStatement{s, query, c.next}, err
}

type countedStatement struct {
	driver.Stmt
	query string
	next  func(query string) error
}

func (s countedStatement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.next(s.query); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s countedStatement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.next(s.query); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
