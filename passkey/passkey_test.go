package passkey_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/passkey"
)

// phone is an authenticator that knows nothing of this library.
type phone struct {
	t      *testing.T
	party  virtualwebauthn.RelyingParty
	device virtualwebauthn.Authenticator
	key    virtualwebauthn.Credential
}

func newPhone(t *testing.T, kind virtualwebauthn.KeyType) *phone {
	p := &phone{
		t: t, party: virtualwebauthn.RelyingParty{ID: "app.example", Name: "app.example", Origin: authtest.BaseURL},
		device: virtualwebauthn.NewAuthenticator(), key: newKey(kind),
	}
	return p
}

// newKey makes a key whose coordinates have no leading zero: virtualwebauthn leaves such a byte out, which RFC 9053 7.1.1
// does not let it, and one key in 128 would be refused.
func newKey(kind virtualwebauthn.KeyType) virtualwebauthn.Credential {
	for {
		key := virtualwebauthn.NewCredential(kind)
		if kind != virtualwebauthn.KeyTypeEC2 || len(key.Key.AttestationData()) == 77 {
			return key
		}
	}
}

// create answers a question for a new passkey.
func (p *phone) create(c tollkeeper.PasskeyChallenge) tollkeeper.PasskeyAnswer {
	p.t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(string(c.Options))
	if err != nil {
		p.t.Fatal(err)
	}
	p.device.Options.UserHandle = []byte(o.UserID)
	return tollkeeper.PasskeyAnswer{Ticket: c.Ticket, Response: []byte(virtualwebauthn.CreateAttestationResponse(p.party, p.device, p.key, *o))}
}

// get answers a question for a passkey.
func (p *phone) get(c tollkeeper.PasskeyChallenge) tollkeeper.PasskeyAnswer {
	p.t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(string(c.Options))
	if err != nil {
		p.t.Fatal(err)
	}
	return tollkeeper.PasskeyAnswer{Ticket: c.Ticket, Response: []byte(virtualwebauthn.CreateAssertionResponse(p.party, p.device, p.key, *o))}
}

// world is a Kit with the verifier, and an account that is signed in.
type world struct {
	*authtest.Kit
	t    *testing.T
	user authtest.Account
	by   *tollkeeper.Identity
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, Kit: authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Passkeys.Verifier = passkey.New() }))}
	w.user = w.User()
	w.by = w.SignedIn(w.user)
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v (%v)", err, errors.Unwrap(err))
	}
}

func (w *world) add(p *phone, label string) (tollkeeper.AddedPasskey, error) {
	w.t.Helper()
	c, err := w.Auth.BeginPasskey(w.t.Context(), w.by, tollkeeper.PasskeyEnrolment{})
	w.ok(err)
	return w.Auth.AddPasskey(w.t.Context(), w.by, tollkeeper.NewPasskey{Label: label, Answer: p.create(c)})
}

func (w *world) asked() tollkeeper.PasskeyChallenge {
	w.t.Helper()
	c, err := w.Auth.BeginPasskeySignIn(w.t.Context(), tollkeeper.PasskeySignIn{})
	w.ok(err)
	return c
}

func (w *world) in(a tollkeeper.PasskeyAnswer) error {
	_, err := w.Auth.SignInWithPasskey(w.t.Context(), tollkeeper.PasskeyRequest{Answer: a})
	return err
}

func TestAPasskeyIsMadeAndSignsIn(t *testing.T) {
	for _, kind := range []virtualwebauthn.KeyType{virtualwebauthn.KeyTypeEC2, virtualwebauthn.KeyTypeRSA} {
		w, p := newWorld(t), newPhone(t, kind)
		p.device.Aaguid = uuid.MustParse("fbfc3007-154e-4ecc-8c0b-6e020557d7bd")
		p.device.Options.BackupEligible, p.device.Options.BackupState = true, true
		added, err := w.add(p, "")
		w.ok(err)
		if f := added.Passkey; f.Label != "Apple Passwords" || f.Device != "Apple Passwords" || !f.Synced || !f.BackedUp || f.Domain != "app.example" {
			t.Errorf("added %+v", f)
		}
		w.ok(w.in(p.get(w.asked())))

		first := w.SignIn(w.user)
		c, err := w.Auth.BeginPasskeyFactor(t.Context(), first.Challenge, tollkeeper.Client{})
		w.ok(err)
		res, err := w.Auth.SignInWithFactor(t.Context(), tollkeeper.FactorRequest{Challenge: first.Challenge, Passkey: p.get(c)})
		w.ok(err)
		by := w.Identity(string(res.Token))
		c, err = w.Auth.BeginPasskeyProof(t.Context(), by)
		w.ok(err)
		w.ok(w.Auth.Reauthenticate(t.Context(), by, tollkeeper.Confirmation{Passkey: p.get(c)}))
	}
}

// What pages are handed is what browsers read: the names of WebAuthn, bytes as base64url, no attestation.
func TestOptionsAreThoseOfBrowsers(t *testing.T) {
	w, p := newWorld(t), newPhone(t, virtualwebauthn.KeyTypeEC2)
	_, err := w.add(p, "Phone")
	w.ok(err)
	w.by = w.Identity(w.signedIn(p))
	c, err := w.Auth.BeginPasskey(t.Context(), w.by, tollkeeper.PasskeyEnrolment{})
	w.ok(err)
	var o struct {
		RP          struct{ ID, Name string }
		User        struct{ ID, Name, DisplayName string }
		Challenge   string
		Params      []struct{ Alg int } `json:"pubKeyCredParams"`
		Timeout     int
		Exclude     []struct{ ID string }                          `json:"excludeCredentials"`
		Selection   struct{ ResidentKey, UserVerification string } `json:"authenticatorSelection"`
		Attestation string
	}
	w.ok(json.Unmarshal(c.Options, &o))
	algorithms := []int{}
	for _, a := range o.Params {
		algorithms = append(algorithms, a.Alg)
	}
	challenge, err := base64.RawURLEncoding.Strict().DecodeString(o.Challenge)
	w.ok(err)
	if o.RP.ID != "app.example" || o.User.Name != w.user.Email || o.User.ID != base64.RawURLEncoding.EncodeToString(w.user.ID[:]) ||
		len(challenge) != 32 || !slices.Equal(algorithms, []int{-7, -8, -257}) || o.Timeout != 300_000 ||
		len(o.Exclude) != 1 || o.Exclude[0].ID != base64.RawURLEncoding.EncodeToString(p.key.ID) ||
		o.Selection.ResidentKey != "preferred" || o.Selection.UserVerification != "preferred" || o.Attestation != "none" {
		t.Errorf("options %s", c.Options)
	}
	var r struct {
		Challenge, UserVerification string
		RPID                        string `json:"rpId"`
		Allow                       []any  `json:"allowCredentials"`
	}
	asked := w.asked()
	w.ok(json.Unmarshal(asked.Options, &r))
	if r.RPID != "app.example" || r.UserVerification != "required" || len(r.Allow) != 0 || len(r.Challenge) != 43 {
		t.Errorf("options %s", asked.Options)
	}
}

func (w *world) signedIn(p *phone) string {
	w.t.Helper()
	res, err := w.Auth.SignInWithPasskey(w.t.Context(), tollkeeper.PasskeyRequest{Answer: p.get(w.asked())})
	w.ok(err)
	return string(res.Token)
}

func TestWhatIsNoPasskey(t *testing.T) {
	tests := map[string]func(w *world, p *phone) tollkeeper.PasskeyAnswer{
		"a page of another origin": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			p.party.Origin = "https://evil.example"
			return p.get(w.asked())
		},
		"a page below the domain that is not listed": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			p.party.Origin = "https://user-content.app.example"
			return p.get(w.asked())
		},
		"another relying party": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			p.party.ID = "evil.example"
			return p.get(w.asked())
		},
		"an absent person": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			p.device.Options.UserNotPresent = true
			return p.get(w.asked())
		},
		"an unverified person": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			p.device.Options.UserNotVerified = true
			return p.get(w.asked())
		},
		"another key of the same id": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			id := p.key.ID
			p.key = newKey(virtualwebauthn.KeyTypeEC2)
			p.key.ID = id
			return p.get(w.asked())
		},
		"another algorithm": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			id := p.key.ID
			p.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA)
			p.key.ID = id
			return p.get(w.asked())
		},
		"a passkey that may be copied all of a sudden": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			p.device.Options.BackupEligible = true
			return p.get(w.asked())
		},
		"the answer to a question for a new one": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			c := w.asked()
			o, err := virtualwebauthn.ParseAssertionOptions(string(c.Options))
			w.ok(err)
			made := virtualwebauthn.CreateAttestationResponse(p.party, p.device, p.key, virtualwebauthn.AttestationOptions{Challenge: o.Challenge})
			return tollkeeper.PasskeyAnswer{Ticket: c.Ticket, Response: []byte(made)}
		},
		"junk": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			return tollkeeper.PasskeyAnswer{Ticket: w.asked().Ticket, Response: []byte(strings.Repeat(`{"id":`, 5_000))}
		},
		"64 KiB of junk in a signature": func(w *world, p *phone) tollkeeper.PasskeyAnswer {
			a := p.get(w.asked())
			a.Response = []byte(strings.Replace(string(a.Response), `"signature":"`, `"signature":"`+strings.Repeat("A", 64<<10), 1))
			return a
		},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			w, p := newWorld(t), newPhone(t, virtualwebauthn.KeyTypeEC2)
			_, err := w.add(p, "Phone")
			w.ok(err)
			if err := w.in(answer(w, p)); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
				t.Errorf("it signs in: %v", err)
			}
		})
	}
}

func TestACopyIsRefused(t *testing.T) {
	w, p := newWorld(t), newPhone(t, virtualwebauthn.KeyTypeEC2)
	p.key.Counter = 1
	_, err := w.add(p, "Key")
	w.ok(err)
	copied := *p
	p.key.Counter = 5
	w.ok(w.in(p.get(w.asked())))
	copied.key.Counter = 5
	if err := w.in(copied.get(w.asked())); !errors.Is(err, tollkeeper.ErrInvalidCredentials) || len(w.Events(tollkeeper.EventPasskeyCopied)) != 1 {
		t.Errorf("a copy signs in: %v, told %d times", err, len(w.Events(tollkeeper.EventPasskeyCopied)))
	}
}

func TestWhatIsNotAdded(t *testing.T) {
	tests := map[string]func(p *phone){
		"a page of another origin": func(p *phone) { p.party.Origin = "https://evil.example" },
		"another relying party":    func(p *phone) { p.party.ID = "evil.example" },
		"an absent person":         func(p *phone) { p.device.Options.UserNotPresent = true },
		"backed up without leave":  func(p *phone) { p.device.Options.BackupState = true },
		"an id that is too long":   func(p *phone) { p.key.ID = make([]byte, 1024) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			w, p := newWorld(t), newPhone(t, virtualwebauthn.KeyTypeEC2)
			change(p)
			if _, err := w.add(p, ""); !errors.Is(err, tollkeeper.ErrInvalidCode) {
				t.Errorf("it is added: %v", err)
			}
		})
	}
}

// FuzzVerifier: what a stranger writes is refused, and brings nothing down.
func FuzzVerifier(f *testing.F) {
	c := tollkeeper.PasskeyCeremony{
		Domain: "app.example", Origins: []string{"https://app.example"}, Party: "App", Challenge: []byte("0123456789abcdef0123456789abcdef"),
		User: make([]byte, 16), Name: "a@b.example", Display: "A",
	}
	p := &phone{party: virtualwebauthn.RelyingParty{ID: "app.example", Origin: "https://app.example"}, device: virtualwebauthn.NewAuthenticator()}
	p.key = newKey(virtualwebauthn.KeyTypeEC2)
	other := []byte("another challenge, of 32 bytes!!")
	f.Add([]byte(virtualwebauthn.CreateAttestationResponse(p.party, p.device, p.key, virtualwebauthn.AttestationOptions{Challenge: other})))
	f.Add([]byte(virtualwebauthn.CreateAssertionResponse(p.party, p.device, p.key, virtualwebauthn.AssertionOptions{Challenge: other})))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		v := passkey.New()
		if _, err := v.VerifyCreation(c, answer); err == nil {
			t.Error("it is a new passkey")
		}
		if named, err := v.Presented(answer); err == nil && len(named.Credential) == 0 {
			t.Error("it is of nothing")
		}
		if _, err := v.VerifyAssertion(c, tollkeeper.PasskeyRecord{Credential: p.key.ID, Key: p.key.Key.AttestationData()}, answer); err == nil {
			t.Error("it is an answer")
		}
	})
}
