package sqlite_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// wantPlans asks SQLite how it ran each statement so far: none may walk over a table. At least so many were run.
func wantPlans(t *testing.T, s *sqlite.Store, least int) {
	t.Helper()
	plans, err := s.Plans()
	if err != nil {
		t.Fatal(err)
	}
	if len(plans) < least {
		t.Errorf("only %d statements were seen", len(plans))
	}
	for query, plan := range plans {
		if strings.Contains(query, "a.username_key =") && !strings.Contains(plan[0], "account_username (parent=? AND username_key=?)") {
			t.Errorf("%s\nin %s", plan, query)
		}
		for _, step := range plan {
			// What follows are no tables: one row of constants, or rows that another step found.
			small := strings.Contains(step, "CONSTANT ROW") || strings.Contains(step, "SCAN (subquery") || step == "SCAN m"
			// One row of a table that holds only the deleted; the statement has LIMIT 1.
			small = small || step == "SCAN erasures" || step == "SCAN event_erasures"
			small = small || strings.HasPrefix(step, "SCAN json_each") // the names that were asked for
			if strings.HasPrefix(step, "SCAN") && !small {
				t.Errorf("%s\nin %s", step, query)
			}
			if strings.Contains(step, "TEMP B-TREE") && !strings.Contains(query, "CROSS JOIN") {
				t.Errorf("%s\nin %s", step, query)
			}
		}
	}
}
