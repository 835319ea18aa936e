package postgres

import (
	"context"
	"io/fs"
)

// MigrateFrom is Migrate with other schema files.
func (s *Store) MigrateFrom(ctx context.Context, files fs.FS) error { return s.migrate(ctx, files) }

// Schema are the schema files.
func Schema() fs.FS { return schema }
