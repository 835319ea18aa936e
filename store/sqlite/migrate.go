package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

//go:embed schema/*.sql
var schema embed.FS

// versions returns the schema's files in order; the n-th makes version n of version n-1.
func versions() ([]string, error) {
	return fs.Glob(schema, "schema/*.sql")
}

// Migrate brings the schema to this library's version, in one transaction. It does nothing when the schema is there
// already, several processes may call it at once, and a schema newer than the library is an error that changes nothing.
func (s *Store) Migrate(ctx context.Context) error {
	files, err := versions()
	if err != nil {
		return err
	}
	c, err := s.take(ctx, s.writer)
	if err != nil {
		return err
	}
	defer s.writer.give(c)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := migrate(c, files); err != nil {
		return fmt.Errorf("sqlite: migrate %s: %w", s.path, err)
	}
	s.migrated.Store(true)
	return nil
}

func migrate(c *conn, files []string) error {
	if err := c.begin(beginWrite); err != nil {
		return err
	}
	defer func() {
		if c.open {
			c.rollback()
		}
	}()
	have, err := version(c)
	if err != nil {
		return err
	}
	if have > len(files) {
		return newer(have, len(files))
	}
	for i := have; i < len(files); i++ {
		if err := apply(c, files[i]); err != nil {
			return fmt.Errorf("%s: %w", files[i], err)
		}
	}
	// Pragmas take no parameters; these are numbers of our own.
	if _, err := c.exec("PRAGMA application_id = " + strconv.Itoa(application)); err != nil {
		return err
	}
	if _, err := c.exec("PRAGMA user_version = " + strconv.Itoa(len(files))); err != nil {
		return err
	}
	return c.commit()
}

// apply runs a file of several statements, which the driver takes as one script.
func apply(c *conn, file string) error {
	script, err := schema.ReadFile(file)
	if err != nil {
		return err
	}
	_, err = c.exec(string(script))
	return err
}

func version(c *conn) (int, error) {
	v, err := c.pragma("PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(v)
}

// ready returns a clear error when the schema is not this library's. It asks the file until it once was.
func (s *Store) ready(c *conn) error {
	if s.migrated.Load() {
		return nil
	}
	files, err := versions()
	if err != nil {
		return err
	}
	have, err := version(c)
	switch {
	case err != nil:
		return err
	case have > len(files):
		return fmt.Errorf("sqlite: %s: %w", s.path, newer(have, len(files)))
	case have < len(files):
		return fmt.Errorf("sqlite: %s: %w", s.path, errNotMigrated)
	}
	s.migrated.Store(true)
	return nil
}

var errNotMigrated = errors.New("the schema is missing or older than this library: call Migrate first")

func newer(have, want int) error {
	return fmt.Errorf("the schema has version %d, newer than this library's %d", have, want)
}
