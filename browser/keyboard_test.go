package browser_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// TestTheConsoleByKeyboard signs an admin in by two steps and disables somebody with nothing but keys.
func TestTheConsoleByKeyboard(t *testing.T) {
	w, p := newConsole(t)
	app := w.kit.EnrolFactor(p.admin)
	w.kit.Advance(time.Minute)
	w.open(w.service("/sign-in?next=/admin/users"))
	w.tabTo("Email or username")
	w.keys(p.admin.Email)
	w.tabTo("Password")
	w.keys(p.admin.Password)
	w.enter()
	w.isAt("/second-factor?next=%2Fadmin%2Fusers", "One more step")
	w.tabTo("Code")
	w.keys(w.kit.FactorCode(app))
	w.enter()
	w.isAt("/admin/users", "Users")
	w.tabTo("Skip to the content")
	w.tabTo("Begins with")
	w.keys(p.user.Email)
	w.enter()
	w.tabTo(p.user.Email)
	w.enter()
	user := "/admin/users/" + p.user.ID.String()
	w.isAt(user, p.user.Email)
	w.tabTo("Disable")
	w.enter()
	w.isAt(user+"?confirm=disable", "Disable "+p.user.Email+"?")
	w.tabTo("Disable")
	w.space()
	w.isAt(user+"?about=disabled", p.user.Email)
	if s, err := w.kit.Auth.Host().Account(t.Context(), p.user.ID); err != nil || s.Account.Status != tollkeeper.StatusDisabled {
		t.Errorf("the account is %q, %v", s.Account.Status, err)
	}
}

// space presses the button that has the focus, and waits for the next page.
func (w *world) space() {
	w.t.Helper()
	w.pressing(" ")
}
