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
		ended := rules.Swept(now).Add(time.Millisecond)
		more := sweep[session](t, path("ends", "sessions"), limit, ended)
		more = sweep[secret](t, path("ends", "secrets"), limit, ended) || more
		more = sweep[factor](t, path("ends", "factors"), limit, ended) || more
		more = sweep[once](t, path("ends", "once"), limit, ended) || more
		more = sweep[event](t, path("old", true), limit, rules.OldEvents(true, now)) || more
		more = sweep[event](t, path("old", false), limit, rules.OldEvents(false, now)) || more
		more = sweep[counter](t, path("ends", "counters"), limit, ended) || more
		more = sweep[mark](t, path("ends", "marks"), limit, ended) || more
		return t.sweepChildren(limit, now) || more, nil
	})
}

// sweep removes up to limit rows below the path whose time or id is before end, and reports whether there are more.
func sweep[R row](t *tx, below string, limit int, end any) bool {
	last := path(below, end)
	for k, x := range rows[R](t, path(below, ""), "") {
		switch {
		case k >= last:
			return false
		case limit == 0:
			return true
		}
		limit--
		write(t, x, nil)
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
