package sqlite_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// TestEveryTryIsWritten: a wrong code costs a row, whether there is an account, a code and a try left or not (N06).
func TestEveryTryIsWritten(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 0)
	known, idle := child(t, s, p), child(t, s, p)
	asker, stranger := store.Digest{31: 1}, store.Digest{31: 2}
	code := store.Secret{Account: known.ID, Purpose: store.PurposeSignIn, Digest: store.Digest{9}, Asker: asker, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	must(t, s.PutSecrets(t.Context(), []store.Secret{code}, now))
	moment := now
	written := func(l store.Lookup, asker store.Digest, tries int) (secrets, unread string) {
		moment = moment.Add(time.Second)
		c := store.Claim{Purpose: store.PurposeSignIn, Lookup: l, Digest: store.Digest{7}, Asker: asker, Tries: tries}
		if _, err := s.ConsumeSecret(t.Context(), c, moment); !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		list, err := s.Texts(`SELECT cast(coalesce(sum(tries), 0) AS text) FROM secrets UNION ALL
  SELECT coalesce(hex(key) || ' ' || count(*) || ' ' || (max(at) - ` + strconv.FormatInt(now.UnixMilli(), 10) + `), '') FROM attempts`)
		must(t, err)
		return list[0], list[1]
	}
	const row = "0707070707070707070707070707070707070707070707070707070707070707 1 "
	for _, c := range []struct {
		what            string
		id              uuid.UUID
		asker           store.Digest
		tries           int
		secrets, unread string
	}{
		{"nobody's caller counts nothing", uuid.Max, store.Digest{}, 5, "0", ""},
		{"a caller counts nothing", known.ID, store.Digest{}, 5, "0", ""},
		{"no limit", known.ID, asker, 0, "0", ""},
		{"the code", known.ID, asker, 1, "1", ""},
		{"no try left", known.ID, asker, 1, "1", row + "5000"},
		{"another's code", known.ID, stranger, 5, "1", row + "6000"},
		{"no code", idle.ID, asker, 5, "1", row + "7000"},
		{"nobody", uuid.Max, asker, 5, "1", row + "8000"},
	} {
		if secrets, unread := written(store.Lookup{ID: c.id}, c.asker, c.tries); secrets != c.secrets || unread != c.unread {
			t.Errorf("%s: tries %s and row %q, want %s and %q", c.what, secrets, unread, c.secrets, c.unread)
		}
	}
	_, err := s.Sweep(t.Context(), 1_000, moment.Add(48*time.Hour))
	must(t, err)
	if list, err := s.Texts(`SELECT hex(key) FROM attempts`); err != nil || len(list) > 0 {
		t.Error("left:", list, err)
	}
}
