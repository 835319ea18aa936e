package sqlite

import (
	"context"
	"database/sql/driver"
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

// MigrateTo is Migrate of a library whose schema had only so many versions.
func (s *Store) MigrateTo(version int) error {
	files, err := versions()
	if err != nil {
		return err
	}
	c := <-s.writer.free
	defer s.writer.give(c)
	if err := migrate(c, files[:version]); err != nil {
		return err
	}
	s.migrated.Store(true)
	return nil
}

// Exec runs a statement on the connection that writes.
func (s *Store) Exec(statement string) (int64, error) {
	c := <-s.writer.free
	defer s.writer.give(c)
	return c.exec(statement)
}
