package httpadapter_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// slow is a body that comes only once something has happened: whoever sends it holds the request open.
type slow struct {
	io.Reader
	before func()
	done   bool
}

func (s *slow) Read(b []byte) (int, error) {
	if !s.done {
		s.done = true
		s.before()
	}
	return s.Reader.Read(b)
}

// A token is looked at before the body is read. Whoever holds the request open adds nothing to the account once its
// owner has reset the password, which ended the session.
func TestASlowBodyOutlivesNoSession(t *testing.T) {
	w := newWorld(t)
	ian := w.appUser("ian")
	w.must("POST "+api+"/email/resend", "", bearerOf(ian.token))
	w.Prove(authtest.Account{Email: ian.email}, w.identity(ian.token))
	me, phone := bearerOf(ian.token), w.Passkey()
	body := shown(phone, w.must("POST "+api+"/passkeys/begin", object("password", password), me), "label", "Eve's")
	r := httptest.NewRequestWithContext(t.Context(), "POST", api+"/passkeys", &slow{Reader: strings.NewReader(body), before: func() {
		w.must("POST "+api+"/password/forgot", object("email", ian.email))
		w.must("POST "+api+"/password/reset", object("token", w.mailed(ian.email, tollkeeper.MailReset, 1, linkToken), "password", another))
		if a := w.do("GET "+api+"/session", "", me); a.status != 401 {
			t.Fatal("the session lives", a.status)
		}
	}})
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+ian.token)
	if got := w.serve(r); got.status != 401 {
		t.Errorf("an ended session added a passkey: %d %s", got.status, got.body)
	}
	if a := w.do("POST "+api+"/sign-in", object("email", ian.email, "password", another)); a.field("token") == "" {
		t.Errorf("the owner's new password does not sign in alone: %s", a.body)
	}
}
