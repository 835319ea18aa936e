package tollkeeper_test

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func TestImportRefusesKeysOfAnyLength(t *testing.T) {
	story(t, func(w *world) {
		for _, master := range []string{"00", strings.Repeat("0", 15), strings.Repeat("0", 17), strings.Repeat("0", 18), strings.Repeat("0", 200), "zz"} {
			line := `{"email":"p` + fmt.Sprint(len(master)) + `@example.com","keyMaster":"` + master + `","keyVersion":1}`
			r, err := w.auth.Host().ImportAccounts(ctx, tollkeeper.Root, strings.NewReader(line), tollkeeper.ImportOptions{})
			if err != nil || r.Refused != 1 {
				t.Errorf("%d: %+v %v", len(master), r, err)
			}
		}
	})
}

// What is imported can be exported: a date that has no year of four digits in UTC would end every later export.
func TestImportRefusesDatesThatNoExportCanWrite(t *testing.T) {
	story(t, func(w *world) {
		for i, date := range []string{"9999-12-31T23:59:59-10:00", "0000-01-01T00:00:00+10:00"} {
			for _, field := range []string{"createdAt", "passwordChangedAt"} {
				line := `{"email":"` + field + fmt.Sprint(i) + `@example.com","passwordHash":"$2a$04$abcdefghijklmnopqrstuuBmPxZGKIHtTTXbFrBkAhxGD1k0T5tOy","` + field + `":"` + date + `"}`
				r, err := w.auth.Host().ImportAccounts(ctx, tollkeeper.Root, strings.NewReader(line), tollkeeper.ImportOptions{})
				if err != nil || r.Refused != 1 {
					t.Errorf("%s %s: %+v %v", field, date, r, err)
				}
			}
		}
		if _, err := w.auth.Host().ExportAccounts(ctx, tollkeeper.Root, io.Discard, tollkeeper.ExportOptions{After: tollkeeper.Root}); err != nil {
			t.Error(err)
		}
	})
}

// A key name in capitals is the same key: the parent's tokens must count.
func TestImportedKeyNameInCapitals(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		var lines strings.Builder
		_, err := w.auth.Host().ExportAccounts(ctx, tollkeeper.Root, &lines, tollkeeper.ExportOptions{After: tollkeeper.Root})
		w.ok(err)
		line := regexp.MustCompile(`"keyMaster":"[^"]*"`).ReplaceAllStringFunc(lines.String(), func(s string) string {
			return `"keyMaster":` + strings.ToUpper(strings.TrimPrefix(s, `"keyMaster":`))
		})
		other, err := tollkeeper.New(memory.New(), w.config)
		w.ok(err)
		defer other.Close(ctx)
		_, err = other.Host().ImportAccounts(ctx, tollkeeper.Root, strings.NewReader(line), tollkeeper.ImportOptions{})
		w.ok(err)
		res, err := other.SignIn(ctx, p.attempt(password))
		w.ok(err)
		if res.TenantKey != w.signIn(p).TenantKey {
			t.Error("another secret")
		}
		_, err = other.Authenticate(ctx, res.Token)
		w.ok(err)
	})
}

// A password that was to be replaced is still to be replaced after a move (R33).
func TestTemporaryPasswordsMoveAsSuch(t *testing.T) {
	story(t, func(w *world) {
		_, err := w.auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "t@example.com", Password: password, Temporary: true})
		w.ok(err)
		var lines strings.Builder
		_, err = w.auth.Host().ExportAccounts(ctx, tollkeeper.Root, &lines, tollkeeper.ExportOptions{After: tollkeeper.Root})
		w.ok(err)
		other, err := tollkeeper.New(memory.New(), w.config)
		w.ok(err)
		defer other.Close(ctx)
		_, err = other.Host().ImportAccounts(ctx, tollkeeper.Root, strings.NewReader(lines.String()), tollkeeper.ImportOptions{})
		w.ok(err)
		res, err := other.SignIn(ctx, tollkeeper.SignInRequest{Email: "t@example.com", Password: password})
		w.ok(err)
		if id, err := other.Authenticate(ctx, res.Token); err != nil || id.Limited != tollkeeper.LimitedPassword {
			t.Errorf("%v %v", id, err)
		}
	})
}
