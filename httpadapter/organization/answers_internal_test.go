package organization

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// TestChallengesCarryNoToken (docs/WIRE.md section 4).
func TestChallengesCarryNoToken(t *testing.T) {
	a := sessionShown(nil, tollkeeper.SignInResult{Challenge: "c", ExpiresIn: 5 * time.Minute})
	got, err := json.Marshal(a.Body)
	if want := `{"success":true,"data":{"mfaRequired":true,"challenge":"c","expiresIn":300}}`; err != nil || string(got) != want || a.Status != 0 {
		t.Errorf("%d %s, want %s", a.Status, got, want)
	}
}

// TestDroppedIsSaid beside a session, a challenge and a new password, and only when something was.
func TestDroppedIsSaid(t *testing.T) {
	d := tollkeeper.Dropped{Password: true, Identities: make([]tollkeeper.IssuedKey, 2)}
	for _, dropped := range []tollkeeper.Dropped{d, {}} {
		challenge := tollkeeper.SignInResult{Challenge: "c", Dropped: dropped}
		for name, a := range map[string]family.Answer{
			"a session": sessionShown(nil, tollkeeper.SignInResult{Dropped: dropped}), "a challenge": sessionShown(nil, challenge),
			"google": googleShown(nil, tollkeeper.SignInResult{Dropped: dropped}), "google's challenge": googleShown(nil, challenge),
			"a reset": {Body: resetDone(nil, dropped)},
		} {
			got, err := json.Marshal(a.Body)
			said := strings.Contains(string(got), `"dropped":{"password":true,"identities":2}`)
			if err != nil || said != dropped.Any() || strings.Contains(string(got), "dropped") != said {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}
