package toystore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store/rules"
)

// Sweep meets [store.Sweeper].
func (s *Store) Sweep(ctx context.Context, limit int, now time.Time) (bool, error) {
	return update(ctx, s, func(t *tx) (bool, error) {
		if limit < 1 {
			return false, nil
		}
		ended := rules.Swept(now)
		more := sweep[session](t, "sessions", limit, ended)
		more = sweep[secret](t, "secrets", limit, ended) || more
		more = sweep[factor](t, "factors", limit, ended) || more
		more = sweep[once](t, "once", limit, ended) || more
		more = t.sweepEvents(true, limit, now) || more
		more = t.sweepEvents(false, limit, now) || more
		more = sweep[counter](t, "counters", limit, ended) || more
		more = sweep[mark](t, "marks", limit, ended) || more
		return t.sweepChildren(limit, now) || more, nil
	})
}

// sweep removes up to limit rows that had ended by then, and reports whether there are more.
func sweep[R row](t *tx, kind string, limit int, ended time.Time) bool {
	end := path("ends", kind, ended.Add(time.Millisecond), "")
	for k, x := range rows[R](t, path("ends", kind, ""), "") {
		switch {
		case k >= end:
			return false
		case limit == 0:
			return true
		}
		limit--
		write(t, x, nil)
	}
	return false
}

// sweepEvents removes up to limit events that are past their time, and reports whether there are more.
func (t *tx) sweepEvents(routine bool, limit int, now time.Time) bool {
	end := path("old", routine, rules.OldEvents(routine, now))
	for k, e := range rows[event](t, path("old", routine, ""), "") {
		switch {
		case k >= end:
			return false
		case limit == 0:
			return true
		}
		limit--
		write(t, e, nil)
	}
	return false
}

// sweepChildren makes tombstones of up to limit children of deleted parents, and reports whether there are more.
func (t *tx) sweepChildren(limit int, now time.Time) bool {
	for k, parent := range t.Scan(path("abandoned", ""), "") {
		for _, a := range rows[account](t, path("members", uuid.Must(uuid.ParseBytes(parent)), ""), "") {
			if limit == 0 {
				return true
			}
			limit--
			t.bury(a, rules.Erase(a.Account, now))
		}
		t.Delete(k)
	}
	return false
}
