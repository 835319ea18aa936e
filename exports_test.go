package tollkeeper_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// What is exported later is what came since: whoever signed up, whatever ids the others have, and nobody is lost who
// was under way or whose time is to come.
func TestExportContinues(t *testing.T) {
	story(t, func(w *world) {
		host := w.Auth.Host()
		p := w.parent("p@example.com")
		scope := tollkeeper.Under(p.ID)
		imported := func(email string, at time.Time) {
			w.Helper()
			line := fmt.Sprintf(`{"email":%q,"createdAt":%q}`, email, at.Format(time.RFC3339Nano))
			r, err := host.ImportAccounts(ctx, scope, strings.NewReader(line), tollkeeper.ImportOptions{})
			if err != nil || r.Stand != 1 {
				t.Fatalf("%+v, %v", r, err)
			}
		}
		var next tollkeeper.Position
		exported := func() (names []string) {
			w.Helper()
			var out strings.Builder
			var err error
			next, err = host.ExportAccounts(ctx, scope, &out, tollkeeper.ExportOptions{After: next})
			w.ok(err)
			for _, m := range regexp.MustCompile(`"email":"(\w+)@`).FindAllStringSubmatch(out.String(), -1) {
				names = append(names, m[1])
			}
			return names
		}
		want := func(got []string, names ...string) {
			w.Helper()
			if !slices.Equal(got, names) {
				t.Errorf("%v, want %v", got, names)
			}
		}
		w.child(p, "first@example.com")
		for i, name := range []string{"d", "c", "b", "a"} { // ids of an import have no order
			imported(name+"@example.com", w.Now().AddDate(-1, 0, -i))
		}
		imported("later@example.com", w.Now().AddDate(50, 0, 0))
		w.Advance(time.Hour)
		want(exported(), "a", "b", "c", "d", "first", "later")
		w.child(p, "second@example.com")
		imported("under@example.com", w.Now().Add(-59*time.Second)) // a sign-up that was under way
		imported("old@example.com", w.Now().AddDate(-2, 0, 0))
		w.Advance(time.Hour)
		want(exported(), "under", "second", "later")
		w.Advance(time.Hour)
		want(exported(), "later")
		next = tollkeeper.Position{}
		want(exported(), "old", "a", "b", "c", "d", "first", "under", "second", "later")
	}, unlimited)
}
