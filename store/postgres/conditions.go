package postgres

import (
	"strconv"
	"strings"
)

// What several statements ask in the same words. In all of them a is an account, p its parent and s a session or
// secret.
const (
	root = `'00000000-0000-0000-0000-000000000000'`

	joinParent = ` LEFT JOIN accounts p ON p.id = a.parent`

	// An account is gone when it or its parent is deleted, and signs in when both are active.
	undeleted = `a.status <> 'deleted' AND coalesce(p.status, '') <> 'deleted'`
	signable  = `a.status = 'active' AND (a.parent = ` + root + ` OR p.status = 'active')`

	// guarded is an admin whose scope may not be left without one.
	guarded     = `a.role = 'admin' AND a.status = 'active' AND a.parent <> ` + root
	activeAdmin = `role = 'admin' AND status = 'active'`

	// unspent is a secret that may still be used, unused also one that is over.
	unspent = unused + ` AND (s.expires_at = 0 OR s.expires_at > @now::bigint)`
	unused  = `s.used_at = 0`
)

// limited bounds the rows of a query that ends with its order: $at is how many are asked for. What the planner does not
// know it takes for a tenth of all rows, and of a large table that is another plan. So it is told a number, of few that
// there are: each makes a statement that is prepared. Rows behind those asked for are not looked at.
func limited(sql string, at, limit int) string {
	some := 16
	for some < limit && some < 1<<40 {
		some *= 8
	}
	return `SELECT * FROM (` + sql + ` LIMIT ` + strconv.Itoa(max(some, limit)) + `) few LIMIT $` + strconv.Itoa(at)
}

// writtenOut is limited for what a worker asks for, always with the same limit: $N is that number.
func writtenOut(sql string, limit int) string {
	return strings.ReplaceAll(sql, "$N", strconv.Itoa(limit))
}
