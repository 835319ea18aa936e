package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/ui"
)

// rowOfTable begins each row of a page.
const rowOfTable = `<tr role="row">`

// nextPage is the address behind a page of users.
var nextPage = regexp.MustCompile(`href="([^"]*[?&;]after=[^"]*)"`)

// console is the pages that an operator looks at, whole: from the request to the last byte of the document.
func console(ctx context.Context, s store.Store, parent tollkeeper.Account) (all []listedPage, done func(), err error) {
	made, err := newService(ctx, s, func(c *tollkeeper.Config) { c.Credits = &tollkeeper.Credits{} })
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	err = ui.MountConsole(mux, made.auth, ui.Console{Guard: func(*http.Request) (string, error) { return "alice", nil }})
	if err != nil {
		return nil, nil, err
	}
	get := func(path string) (body string, err error) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
		if w.Code != http.StatusOK {
			return "", fmt.Errorf("%s is %d", path, w.Code)
		}
		return w.Body.String(), nil
	}
	at := "/operator/" + parent.ID.String()
	first, err := get(at + "/users")
	if err != nil {
		return nil, nil, err
	}
	second := nextPage.FindStringSubmatch(first)
	if second == nil {
		return nil, nil, fmt.Errorf("%s/users has no second page", at)
	}
	for _, page := range []struct{ what, path string }{
		{"users", at + "/users"}, {"users, second page", strings.ReplaceAll(second[1], "&amp;", "&")},
		{"users, search that half of all match", at + "/users?q=a"}, {"users, search that nothing matches", at + "/users?q=zz"},
		{"users, admins", at + "/users?role=admin"}, {"users, disabled", at + "/users?status=disabled"},
		{"credits", at + "/credits"}, {"account book", at + "/ledger"}, {"log", at + "/log"},
	} {
		all = append(all, listedPage{"document: " + page.what, func() (int, error) {
			body, err := get(page.path)
			return strings.Count(body, rowOfTable), err
		}})
	}
	return all, func() { _ = made.auth.Close(ctx) }, nil
}
