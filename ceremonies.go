package tollkeeper

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// PasskeyVerifier makes what pages ask authenticators for, and checks what these answer. It keeps nothing, is told
// everything in values, and is safe for concurrent use. An error means that the answer is no good; none is shown to a
// caller.
type PasskeyVerifier interface {
	// CreationOptions returns the PublicKeyCredentialCreationOptionsJSON of a ceremony: of no attestation, for a
	// discoverable passkey where the authenticator can make one, and none of [PasskeyCeremony].Passkeys.
	CreationOptions(c PasskeyCeremony) ([]byte, error)

	// RequestOptions returns the PublicKeyCredentialRequestOptionsJSON of a ceremony: for one of its Passkeys, or with
	// none for any that the browser has for the relying party.
	RequestOptions(c PasskeyCeremony) ([]byte, error)

	// VerifyCreation checks a RegistrationResponseJSON: challenge, origin, relying party, algorithm, that a person was
	// there and, where the ceremony asks, was verified.
	VerifyCreation(c PasskeyCeremony, answer []byte) (PasskeyRecord, error)

	// Presented reads whose passkey an AuthenticationResponseJSON claims to be of. Nothing of it is checked yet.
	Presented(answer []byte) (PresentedPasskey, error)

	// VerifyAssertion checks an AuthenticationResponseJSON as VerifyCreation does, and that the passkey of the record
	// has signed it. The counter is not compared: the core does that in one step with the store.
	VerifyAssertion(c PasskeyCeremony, r PasskeyRecord, answer []byte) (PasskeyAssertion, error)
}

// PasskeyCeremony is one question to an authenticator.
type PasskeyCeremony struct {
	Domain     string      // id of the relying party
	Origins    []string    // that may have asked
	Party      string      // name of the relying party, for people
	Challenge  SecretBytes // 32 random bytes
	User       []byte      // handle of the account, 16 bytes; nil: not known yet
	Name       string      // of the account, for people: its email
	Display    string      // the same, its name or its email
	Passkeys   []PasskeyDescriptor
	VerifyUser bool // the authenticator must have asked for a PIN or a finger
}

// PasskeyDescriptor names a passkey to a browser.
type PasskeyDescriptor struct {
	Credential []byte
	Transports []string
}

// PasskeyRecord is what is kept of a passkey, sealed.
type PasskeyRecord struct {
	Credential []byte    `json:"-"` // its id, which the authenticator chose, at most 1,023 bytes; stands in the factor
	Counter    uint32    `json:"-"` // of signatures; zero: it does not count. Stands in the factor
	Key        []byte    `json:"key"`
	Model      uuid.UUID `json:"model,omitzero"`  // of the authenticator (AAGUID); zero: it does not say
	Device     string    `json:"device,omitzero"` // its name; empty: unknown
	Transports []string  `json:"transports,omitzero"`
	Synced     bool      `json:"synced,omitzero"`   // may be copied to other devices (backup eligible); never changes
	BackedUp   bool      `json:"backedUp,omitzero"` // is copied (backup state)
	Verified   bool      `json:"verified,omitzero"` // the authenticator asked for a PIN or a finger when it was made
	Domain     string    `json:"domain"`            // id of its relying party; the core sets it
}

// PresentedPasskey is whose passkey an answer claims to be of.
type PresentedPasskey struct {
	Credential []byte
	User       []byte // handle of the account; nil: the authenticator does not say, as for one that was named to it
}

// PasskeyAssertion is what a checked answer says.
type PasskeyAssertion struct {
	Counter  uint32
	Verified bool
	BackedUp bool
}

const (
	ceremonyTTL   = 10 * time.Minute
	maxPasskey    = 32 << 10
	mostPasskeys  = 50
	maxCredential = 1023 // bytes (WebAuthn 4, credential id)
	mostOrigins   = 20   // of a relying party: they stand in every ticket, which has 4 KiB

	maxPasskeyOrigin = 100 // bytes
	boxPasskey       = "passkey"
	sealCeremony     = "passkey"
	androidOrigin    = "android:apk-key-hash:"
	passkeyFallback  = "Passkey"
)

// ceremonyUse is what an answer is good for, and nothing else.
type ceremonyUse string

const (
	toCreate  ceremonyUse = "create"
	toSignIn  ceremonyUse = "sign-in"
	toEnd     ceremonyUse = "end"     // a challenge: the second factor
	toConfirm ceremonyUse = "confirm" // once more who is signed in
)

// ceremony is a [PasskeyChallenge] until its answer comes. It is sealed with an instance key and stored nowhere.
type ceremony struct {
	Use       ceremonyUse  `json:"u"`
	Account   uuid.UUID    `json:"a,omitzero"` // whose answer; zero: anybody's of the scope
	Session   uuid.UUID    `json:"s,omitzero"` // that asked; zero: none
	Challenge store.Digest `json:"d,omitzero"` // of the sign-in that it ends
	Scope     string       `json:"c,omitzero"` // as submitted
	Parent    uuid.UUID    `json:"p,omitzero"` // the same, as it was found
	Audience  Audience     `json:"f,omitzero"`
	Domain    string       `json:"r"`
	Origins   []string     `json:"o"`
	Random    []byte       `json:"n"`
	Verify    bool         `json:"v,omitzero"`
	Until     int64        `json:"x"` // unix milliseconds
}

// relyingParty is whose passkeys they are.
type relyingParty struct {
	domain, name string
	origins      []string
}

// partyOf returns the relying party of an account, or of whoever is about to sign in below that parent. Until the
// parent has proven its mailbox its name is not shown to anybody; its domain is: a browser lets no other use it.
func (a *Authenticator) partyOf(s Subject) relyingParty {
	p := relyingParty{domain: a.cfg.Passkeys.Domain, name: a.cfg.Product, origins: a.cfg.Passkeys.Origins}
	o := s.Organization
	if s.Parent == nil || s.Parent.House || o == nil || o.URL == "" {
		return p
	}
	u, err := url.Parse(o.URL)
	if err != nil {
		return p
	}
	p.domain, p.origins = canon.Lower(u.Hostname()), []string{u.Scheme + "://" + u.Host}
	if o.Name != "" && !s.Parent.EmailProvenAt.IsZero() {
		p.name = o.Name
	}
	return p
}

// askPasskey makes a question out of a ceremony that says what its answer is good for. known are the account's own.
func (a *Authenticator) askPasskey(c ceremony, s Subject, known []store.Factor, now time.Time) (PasskeyChallenge, error) {
	p := a.partyOf(s)
	c.Domain, c.Origins, c.Random, c.Until = p.domain, p.origins, randomChallenge(), now.Add(ceremonyTTL).UnixMilli()
	question := a.questionOf(c, s)
	question.Party = p.name
	for _, f := range known {
		if r, ok := a.openPasskey(f); ok && r.Domain == c.Domain {
			question.Passkeys = append(question.Passkeys, PasskeyDescriptor{Credential: r.Credential, Transports: r.Transports})
		}
	}
	if (c.Use == toEnd || c.Use == toConfirm) && len(question.Passkeys) == 0 {
		return PasskeyChallenge{}, ErrFactorState // with none, any would do
	}
	options := a.cfg.Passkeys.Verifier.RequestOptions
	if c.Use == toCreate {
		options = a.cfg.Passkeys.Verifier.CreationOptions
	}
	text, err := checked(func() ([]byte, error) { return options(question) })
	if err != nil {
		return PasskeyChallenge{}, ErrInternal.WithCause(err)
	}
	ticket, err := a.seal(sealCeremony, c)
	if err != nil {
		return PasskeyChallenge{}, err
	}
	return PasskeyChallenge{Options: text, Ticket: SecretText(ticket), ExpiresAt: now.Add(ceremonyTTL)}, nil
}

// questionOf is the question that a ceremony asked, for checking its answer.
func (a *Authenticator) questionOf(c ceremony, s Subject) PasskeyCeremony {
	q := PasskeyCeremony{Domain: c.Domain, Origins: c.Origins, Party: a.cfg.Product, Challenge: c.Random, VerifyUser: c.Verify}
	if s.Account.ID != uuid.Nil {
		q.User, q.Name, q.Display = s.Account.ID[:], s.Account.Email, s.Account.Name
		setZero(&q.Display, s.Account.Email)
	}
	return q
}

// openCeremony returns the ceremony that an answer belongs to, if it is for that use and it is time.
func (a *Authenticator) openCeremony(p PasskeyAnswer, use ceremonyUse, now time.Time) (ceremony, error) {
	var c ceremony
	if a.cfg.Passkeys.Verifier == nil {
		return c, ErrDisabled
	}
	if !a.keys.Open(sealCeremony, string(p.Ticket), &c) || c.Use != use || now.UnixMilli() >= c.Until {
		return c, ErrInvalidChallenge
	}
	return c, nil
}

// served is what makes the ticket good once.
func (a *Authenticator) served(p PasskeyAnswer, c ceremony) store.Once {
	return store.Once{Digest: a.digests.bucket("passkey", string(p.Ticket)), Until: time.UnixMilli(c.Until).Add(time.Hour)}
}

// asserted finds the passkey that an answer is of among the account's, and checks it. An error without a code means
// that it is no good; a passkey that cannot be read is the service's fault.
func (a *Authenticator) asserted(c ceremony, s Subject, answer []byte) (store.Factor, PasskeyRecord, PasskeyAssertion, error) {
	claimed, err := a.presented(answer)
	if err != nil {
		return store.Factor{}, PasskeyRecord{}, PasskeyAssertion{}, err
	}
	for _, f := range confirmed(s.Factors) {
		if f.Kind != store.FactorPasskey || string(f.Credential) != string(claimed.Credential) {
			continue
		}
		r, ok := a.openPasskey(f)
		if !ok {
			return f, r, PasskeyAssertion{}, ErrInternal.WithCause(errMasterMissing)
		}
		if r.Domain != c.Domain || claimed.User != nil && string(claimed.User) != string(s.Account.ID[:]) {
			return f, r, PasskeyAssertion{}, errPasskey
		}
		said, err := checked(func() (PasskeyAssertion, error) {
			return a.cfg.Passkeys.Verifier.VerifyAssertion(a.questionOf(c, s), r, answer)
		})
		if err == nil && c.Verify && !said.Verified {
			err = errPasskey
		}
		return f, r, said, err
	}
	return store.Factor{}, PasskeyRecord{}, PasskeyAssertion{}, errPasskey
}

func (a *Authenticator) presented(answer []byte) (PresentedPasskey, error) {
	if len(answer) > maxPasskey {
		return PresentedPasskey{}, errPasskey
	}
	claimed, err := checked(func() (PresentedPasskey, error) { return a.cfg.Passkeys.Verifier.Presented(answer) })
	if err == nil && len(claimed.Credential) == 0 {
		err = errPasskey
	}
	if len(claimed.User) == 0 {
		claimed.User = nil
	}
	return claimed, err
}

// sealPasskey keeps a record in the factor.
func (a *Authenticator) sealPasskey(f *store.Factor, r PasskeyRecord) error {
	text, err := json.Marshal(r)
	if err == nil {
		f.Sealed, err = a.keys.Encrypt(boxPasskey, text, sealedFor(*f))
	}
	if err != nil {
		return ErrInternal.WithCause(err)
	}
	f.Credential, f.Counter = r.Credential, int64(r.Counter)
	return nil
}

// openPasskey reads a passkey's record; false for another factor, and for one that cannot be read.
func (a *Authenticator) openPasskey(f store.Factor) (r PasskeyRecord, ok bool) {
	if f.Kind != store.FactorPasskey {
		return r, false
	}
	text, ok := a.keys.Decrypt(boxPasskey, f.Sealed, sealedFor(f))
	if !ok || json.Unmarshal(text, &r) != nil {
		return PasskeyRecord{}, false
	}
	r.Credential, r.Counter = f.Credential, uint32(f.Counter)
	return r, true
}

// created checks what an authenticator has made.
func (a *Authenticator) created(c ceremony, s Subject, answer []byte) (PasskeyRecord, error) {
	if len(answer) > maxPasskey {
		return PasskeyRecord{}, errPasskey
	}
	r, err := checked(func() (PasskeyRecord, error) {
		return a.cfg.Passkeys.Verifier.VerifyCreation(a.questionOf(c, s), answer)
	})
	if err == nil && (len(r.Credential) == 0 || len(r.Credential) > maxCredential || len(r.Key) == 0) {
		err = errPasskey
	}
	if !canon.ValidLine(r.Device, 64) {
		r.Device = ""
	}
	r.Domain = c.Domain
	return r, err
}

var errPasskey = errors.New("tollkeeper: the passkey's answer is no good")

// checked calls a verifier. One that panics says that the answer is no good: it has read what a stranger has written.
func checked[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: verifier panicked: %v", errPasskey, r)
		}
	}()
	return f()
}

func randomChallenge() []byte {
	b := make([]byte, 32)
	rand.Read(b) // never fails (crypto/rand)
	return b
}
