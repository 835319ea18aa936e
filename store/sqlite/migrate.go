package sqlite

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/tollkeeper/tollkeeper/store"
)

//go:embed schema/*.sql
var schema embed.FS

// step makes version n of version n-1.
type step struct{ file, script string }

// versions returns the steps in order.
func versions() ([]step, error) {
	files, err := fs.Glob(schema, "schema/*.sql")
	if err != nil {
		return nil, err
	}
	steps := make([]step, len(files))
	for i, file := range files {
		script, err := schema.ReadFile(file)
		if err != nil {
			return nil, err
		}
		steps[i] = step{file, string(script)}
	}
	return steps, nil
}

// Migrate brings the schema to this library's version, in one transaction. It does nothing when the schema is there
// already, several processes may call it at once, and a schema newer than the library is [store.ErrNewerSchema], which
// changes nothing. Until it was called, every verb returns [store.ErrNotMigrated].
func (s *Store) Migrate(ctx context.Context) error {
	steps, err := versions()
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
	if err := migrate(c, steps); err != nil {
		return fmt.Errorf("sqlite: migrate %s: %w", s.path, err)
	}
	s.migrated.Store(true)
	return nil
}

func migrate(c *conn, steps []step) error {
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
	if have > len(steps) {
		return newer(have, len(steps))
	}
	for _, s := range steps[have:] {
		if _, err := c.exec(s.script); err != nil { // several statements, which the driver takes as one
			return fmt.Errorf("%s: %w", s.file, err)
		}
	}
	// Pragmas take no parameters; these are numbers of our own.
	if _, err := c.exec("PRAGMA application_id = " + strconv.Itoa(application)); err != nil {
		return err
	}
	if _, err := c.exec("PRAGMA user_version = " + strconv.Itoa(len(steps))); err != nil {
		return err
	}
	return c.commit()
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
	steps, err := versions()
	if err != nil {
		return err
	}
	have, err := version(c)
	switch {
	case err != nil:
		return err
	case have > len(steps):
		return fmt.Errorf("sqlite: %s: %w", s.path, newer(have, len(steps)))
	case have < len(steps):
		return fmt.Errorf("sqlite: %s: %w", s.path, store.ErrNotMigrated)
	}
	s.migrated.Store(true)
	return nil
}

func newer(have, want int) error {
	return fmt.Errorf("%w: its version is %d, this program knows %d", store.ErrNewerSchema, have, want)
}
