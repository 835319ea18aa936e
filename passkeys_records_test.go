package tollkeeper_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// odd is a verifier that says something else of a new passkey than what there is to say.
type odd struct {
	tollkeeper.PasskeyVerifier
	of func(r *tollkeeper.PasskeyRecord)
}

func (o odd) VerifyCreation(c tollkeeper.PasskeyCeremony, answer []byte) (tollkeeper.PasskeyRecord, error) {
	r, err := o.PasskeyVerifier.VerifyCreation(c, answer)
	o.of(&r)
	return r, err
}

// What a verifier makes of a new passkey is held to what can be kept and shown.
func TestWhatAVerifierSaysOfANewPasskeyIsChecked(t *testing.T) {
	tests := map[string]struct {
		of    func(r *tollkeeper.PasskeyRecord)
		want  error
		label string
	}{
		"an id of 1,023 bytes":  {func(r *tollkeeper.PasskeyRecord) { r.Credential = make([]byte, 1023) }, nil, "authtest"},
		"an id of 1,024 bytes":  {func(r *tollkeeper.PasskeyRecord) { r.Credential = make([]byte, 1024) }, tollkeeper.ErrInvalidCode, ""},
		"no id":                 {func(r *tollkeeper.PasskeyRecord) { r.Credential = nil }, tollkeeper.ErrInvalidCode, ""},
		"no key":                {func(r *tollkeeper.PasskeyRecord) { r.Key = nil }, tollkeeper.ErrInvalidCode, ""},
		"a name of 64 bytes":    {func(r *tollkeeper.PasskeyRecord) { r.Device = strings.Repeat("x", 64) }, nil, strings.Repeat("x", 64)},
		"a name of 65 bytes":    {func(r *tollkeeper.PasskeyRecord) { r.Device = strings.Repeat("x", 65) }, nil, "Passkey"},
		"a name with a control": {func(r *tollkeeper.PasskeyRecord) { r.Device = "a\nb" }, nil, "Passkey"},
		"no name":               {func(r *tollkeeper.PasskeyRecord) { r.Device = "" }, nil, "Passkey"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				k := w.verifying(func(v tollkeeper.PasskeyVerifier) tollkeeper.PasskeyVerifier { return odd{v, tt.of} })
				by := w.SignedIn(w.User())
				c, err := w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{})
				w.ok(err)
				added, err := k.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: w.Passkey().Answer(c), Client: home})
				w.want(err, tt.want)
				if err == nil && added.Passkey.Label != tt.label {
					t.Errorf("its label is %q, want %q", added.Passkey.Label, tt.label)
				}
				if failed := k.Events(tollkeeper.EventFactorFailed); (err != nil) != (len(failed) == 1) || err != nil && failed[0].Network == "" {
					t.Errorf("told %+v", failed)
				}
			})
		})
	}
}

// A page is told by which ways a passkey that it is handed can be reached.
func TestOptionsSayHowAPasskeyIsReached(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		var handed []tollkeeper.PasskeyDescriptor
		k := w.verifying(func(v tollkeeper.PasskeyVerifier) tollkeeper.PasskeyVerifier { return noting{v, &handed} })
		c, err := k.Auth.BeginPasskeyProof(ctx, w.SignedInWithPasskey(x))
		w.ok(err)
		if len(handed) != 1 || !slices.Equal(handed[0].Transports, []string{"internal"}) || !json.Valid(c.Options) {
			t.Errorf("handed %+v", handed)
		}
	})
}

// noting is a verifier that notes which passkeys it is handed.
type noting struct {
	tollkeeper.PasskeyVerifier
	handed *[]tollkeeper.PasskeyDescriptor
}

func (n noting) RequestOptions(c tollkeeper.PasskeyCeremony) ([]byte, error) {
	*n.handed = c.Passkeys
	return n.PasskeyVerifier.RequestOptions(c)
}

// An answer that is longer than what an authenticator says is not looked at.
func TestANewPasskeyIsOfSomeLength(t *testing.T) {
	story(t, func(w *world) {
		calls := 0
		k := w.verifying(func(v tollkeeper.PasskeyVerifier) tollkeeper.PasskeyVerifier {
			return odd{v, func(*tollkeeper.PasskeyRecord) { calls++ }}
		})
		by := w.SignedIn(w.User())
		add := func(pad int) error {
			c, err := w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{})
			w.ok(err)
			answer := w.Passkey().Answer(c)
			answer.Response = append(answer.Response, strings.Repeat(" ", pad-len(answer.Response))...)
			return errOf(k.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: answer}))
		}
		w.want(add(32<<10+1), tollkeeper.ErrInvalidCode)
		if calls != 0 {
			t.Error("it was read")
		}
		w.ok(add(32 << 10))
	})
}

// What comes twice hears that its ticket has served, wherever it is shown.
func TestAnAnswerThatComesTwiceIsToldSo(t *testing.T) {
	story(t, func(w *world) {
		a, phone := w.User(), w.Passkey()
		phone.Counter = 1
		x := &holder{a, phone, w.AddPasskey(a, phone)}
		by := w.SignedInWithPasskey(x)
		c, err := w.Auth.BeginPasskeyProof(ctx, by)
		w.ok(err)
		answer := phone.Answer(c)
		w.ok(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: answer}))
		if code := codeOf(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: answer})); code != "invalid_challenge" {
			t.Errorf("the second time: %s", code)
		}
	})
}
