package tollkeeper_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

func TestImportRefusesKeysOfAnyLength(t *testing.T) {
	story(t, func(w *world) {
		for _, master := range []string{"00", strings.Repeat("0", 15), strings.Repeat("0", 17), strings.Repeat("0", 18), strings.Repeat("0", 200), "zz"} {
			line := `{"email":"p` + fmt.Sprint(len(master)) + `@example.com","keyMaster":"` + master + `","keyVersion":1}`
			r, err := w.auth.ImportAccounts(ctx, tollkeeper.Root, strings.NewReader(line), tollkeeper.ImportOptions{})
			if err != nil || r.Refused != 1 {
				t.Errorf("%d: %+v %v", len(master), r, err)
			}
		}
	})
}
