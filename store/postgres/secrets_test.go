package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// TestEveryTryIsWritten: a wrong code costs a row, whether there is an account, a code and a try left or not (N06).
func TestEveryTryIsWritten(t *testing.T) {
	s, pool := migrated(t, database(t))
	p := parent(t, s, 0)
	known, idle := child(t, s, p), child(t, s, p)
	asker, stranger := store.Digest{31: 1}, store.Digest{31: 2}
	code := store.Secret{Account: known.ID, Purpose: store.PurposeSignIn, Digest: store.Digest{9}, Asker: asker, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
	ok(t, s.PutSecrets(t.Context(), []store.Secret{code}, at))
	moment := at
	written := func(l store.Lookup, asker store.Digest, tries int) (counted, rows, latest int64) {
		moment = moment.Add(time.Second)
		c := store.Claim{Purpose: store.PurposeSignIn, Lookup: l, Digest: store.Digest{7}, Asker: asker, Tries: tries}
		if _, err := s.ConsumeSecret(t.Context(), c, moment); !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		ok(t, pool.QueryRow(t.Context(), `SELECT (SELECT sum(tries) FROM secrets), count(*), coalesce(max(at) - $1, 0) FROM attempts
  WHERE key = decode(repeat('07', 32), 'hex')`, at.UnixMilli()).Scan(&counted, &rows, &latest))
		return counted, rows, latest
	}
	for _, c := range []struct {
		what                  string
		id                    uuid.UUID
		asker                 store.Digest
		tries                 int
		counted, rows, latest int64
	}{
		{"nobody's caller counts nothing", uuid.Max, store.Digest{}, 5, 0, 0, 0},
		{"a caller counts nothing", known.ID, store.Digest{}, 5, 0, 0, 0},
		{"no limit", known.ID, asker, 0, 0, 0, 0},
		{"the code", known.ID, asker, 1, 1, 0, 0},
		{"no try left", known.ID, asker, 1, 1, 1, 5000},
		{"another's code", known.ID, stranger, 5, 1, 1, 6000},
		{"no code", idle.ID, asker, 5, 1, 1, 7000},
		{"nobody", uuid.Max, asker, 5, 1, 1, 8000},
	} {
		if counted, rows, latest := written(store.Lookup{ID: c.id}, c.asker, c.tries); counted != c.counted || rows != c.rows || latest != c.latest {
			t.Errorf("%s: %d tries, %d rows of %d, want %d, %d of %d", c.what, counted, rows, latest, c.counted, c.rows, c.latest)
		}
	}
	_, err := s.Sweep(t.Context(), 1_000, moment.Add(72*time.Hour))
	ok(t, err)
	left := 0
	ok(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM attempts`).Scan(&left))
	if left > 0 {
		t.Error(left, "left")
	}
}
