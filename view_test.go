package tollkeeper_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// A host that encodes accounts as they are gets an error that names what it may encode, whatever holds them.
func TestAccountsRefuseToBeEncodedAndNameTheirView(t *testing.T) {
	x := tollkeeper.Account{Email: "ann@mail.example"}
	for _, v := range []any{
		x, &x, []tollkeeper.Account{x}, map[string]any{"user": x}, struct{ tollkeeper.Account }{x},
		tollkeeper.AccountPage{Accounts: []tollkeeper.Account{x}}, tollkeeper.Subject{Account: x},
		tollkeeper.Profile{Subject: tollkeeper.Subject{Account: x}},
	} {
		text, err := json.Marshal(v)
		if err == nil || !strings.Contains(err.Error(), "encode its View, or the tollkeeper.Views of a list") {
			t.Errorf("%T: %s, %v", v, text, err)
		}
	}
}

// What is empty is shown as the type that it has when it is not: a client reads one shape.
func TestViewOfAnAccount(t *testing.T) {
	id := uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057")
	vienna := time.FixedZone("", 2*60*60)
	x := tollkeeper.Account{
		ID: id, Number: 7, Email: "Ann@mail.example", EmailKey: "ann@mail.example", Username: "ann", Name: "Ann", Locale: "de-AT",
		Role: tollkeeper.RoleUser, Status: tollkeeper.StatusActive, Password: "$argon2id$", Metadata: []byte(`{"plan":"gold"}`),
		Factors: tollkeeper.HasTOTP, EmailVerifiedAt: time.Unix(1, 0), EmailProvenAt: time.Unix(2, 0),
		CreatedAt: time.Date(2026, 1, 2, 5, 4, 5, 0, vienna), LastSignIn: time.Date(2026, 1, 3, 5, 4, 5, 0, vienna),
	}
	for want, a := range map[string]tollkeeper.Account{
		`{"id":"01890a5d-ac96-774b-bcce-b302099a8057","number":7,"email":"Ann@mail.example","emailVerified":true,` +
			`"emailProven":true,"username":"ann","name":"Ann","locale":"de-AT","role":"user","status":"active",` +
			`"factors":["totp"],"metadata":{"plan":"gold"},"createdAt":"2026-01-02T03:04:05Z","lastSignInAt":"2026-01-03T03:04:05Z"}`: x,
		`{"id":"00000000-0000-0000-0000-000000000000","number":0,"email":"","emailVerified":false,` +
			`"emailProven":false,"username":"","name":"","locale":"","role":"","status":"",` +
			`"factors":[],"metadata":{},"createdAt":"0001-01-01T00:00:00Z","lastSignInAt":null}`: {},
	} {
		text, err := json.Marshal(a.View())
		if err != nil || string(text) != want {
			t.Errorf("%v\n%s\n%s", err, text, want)
		}
	}
	v := x.View()
	v.Metadata[2] = 'X'
	if string(x.Metadata) != `{"plan":"gold"}` {
		t.Error("who changes a view changes the account")
	}
	if l := tollkeeper.Views([]tollkeeper.Account{x, {}}); len(l) != 2 || !reflect.DeepEqual(l[0], x.View()) {
		t.Error(l)
	}
	if text, err := json.Marshal(tollkeeper.Views(nil)); string(text) != "[]" {
		t.Errorf("no accounts are %s, %v", text, err)
	}
}
