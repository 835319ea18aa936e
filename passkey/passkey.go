// Package passkey checks passkeys (WebAuthn Level 3) for [tollkeeper.Passkeys], on github.com/go-webauthn/webauthn.
//
//	auth, err := tollkeeper.New(store, tollkeeper.Config{
//		BaseURL:  "https://app.example",
//		Passkeys: tollkeeper.Passkeys{Verifier: passkey.New()},
//		…
//	})
//
// It asks for no attestation: which authenticator made a passkey is its owner's business, and what it says of its model
// serves for a name alone. Keys are of ES256, EdDSA or RS256.
package passkey

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// Verifier is a [tollkeeper.PasskeyVerifier]. It keeps nothing, and is safe for concurrent use. Make it with [New].
type Verifier struct{}

// New makes a Verifier.
func New() *Verifier { return &Verifier{} }

// timeout is how long a page waits for its visitor.
const timeout = 5 * time.Minute

var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// party is the relying party of a ceremony. Origins of apps are compared byte by byte, those of pages as URLs.
func party(c tollkeeper.PasskeyCeremony) (*webauthn.WebAuthn, error) {
	times := webauthn.TimeoutConfig{Timeout: timeout, TimeoutUVD: timeout}
	config := webauthn.Config{
		RPID: c.Domain, RPDisplayName: c.Party,
		AttestationPreference:             protocol.PreferNoAttestation,
		Timeouts:                          webauthn.TimeoutsConfig{Login: times, Registration: times},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore, // password managers add some; none is read
	}
	for _, origin := range c.Origins {
		if protocol.IsOpaqueOrigin(origin) {
			config.RPOpaqueOrigins = append(config.RPOpaqueOrigins, origin)
		} else {
			config.RPOrigins = append(config.RPOrigins, origin)
		}
	}
	return webauthn.New(&config)
}

// owner is the account of a ceremony, with the passkeys that it is asked for.
type owner struct {
	c    tollkeeper.PasskeyCeremony
	keys []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return o.c.User }
func (o owner) WebAuthnName() string                       { return o.c.Name }
func (o owner) WebAuthnDisplayName() string                { return o.c.Display }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

func descriptors(list []tollkeeper.PasskeyDescriptor) []protocol.CredentialDescriptor {
	named := make([]protocol.CredentialDescriptor, len(list))
	for i, d := range list {
		named[i] = protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: d.Credential}
		for _, t := range d.Transports {
			named[i].Transport = append(named[i].Transport, protocol.AuthenticatorTransport(t))
		}
	}
	return named
}

func verification(c tollkeeper.PasskeyCeremony) protocol.UserVerificationRequirement {
	if c.VerifyUser {
		return protocol.VerificationRequired
	}
	return protocol.VerificationPreferred
}

// creation is the question for a new passkey, and what its answer is compared with.
func creation(c tollkeeper.PasskeyCeremony) (*webauthn.WebAuthn, *protocol.CredentialCreation, *webauthn.SessionData, error) {
	w, err := party(c)
	if err != nil {
		return nil, nil, nil, err
	}
	question, asked, err := w.BeginRegistration(owner{c: c}, func(o *protocol.PublicKeyCredentialCreationOptions) error {
		o.Challenge = protocol.URLEncodedBase64(c.Challenge)
		o.Parameters = algorithms
		o.CredentialExcludeList = descriptors(c.Passkeys)
		o.AuthenticatorSelection = protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: verification(c),
		}
		return nil
	})
	return w, question, asked, err
}

// CreationOptions is [tollkeeper.PasskeyVerifier].CreationOptions.
func (*Verifier) CreationOptions(c tollkeeper.PasskeyCeremony) ([]byte, error) {
	_, question, _, err := creation(c)
	if err != nil {
		return nil, err
	}
	return json.Marshal(question.Response)
}

// RequestOptions is [tollkeeper.PasskeyVerifier].RequestOptions.
func (*Verifier) RequestOptions(c tollkeeper.PasskeyCeremony) ([]byte, error) {
	w, err := party(c)
	if err != nil {
		return nil, err
	}
	question, _, err := w.BeginDiscoverableLogin(func(o *protocol.PublicKeyCredentialRequestOptions) error {
		o.Challenge = protocol.URLEncodedBase64(c.Challenge)
		o.AllowedCredentials = descriptors(c.Passkeys)
		o.UserVerification = verification(c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(question.Response)
}

// VerifyCreation is [tollkeeper.PasskeyVerifier].VerifyCreation.
func (*Verifier) VerifyCreation(c tollkeeper.PasskeyCeremony, answer []byte) (tollkeeper.PasskeyRecord, error) {
	w, _, asked, err := creation(c)
	if err != nil {
		return tollkeeper.PasskeyRecord{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return tollkeeper.PasskeyRecord{}, said(err)
	}
	made, err := w.CreateCredential(owner{c: c}, *asked, parsed)
	if err != nil {
		return tollkeeper.PasskeyRecord{}, said(err)
	}
	r := tollkeeper.PasskeyRecord{
		Credential: made.ID, Key: made.PublicKey, Counter: made.Authenticator.SignCount,
		Synced: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState, Verified: made.Flags.UserVerified,
	}
	if model, err := uuid.FromBytes(made.Authenticator.AAGUID); err == nil {
		r.Model, r.Device = model, devices[model]
	}
	for _, t := range made.Transport {
		if known := string(t); slices.Contains(transports, known) && !slices.Contains(r.Transports, known) {
			r.Transports = append(r.Transports, known)
		}
	}
	return r, nil
}

// transports are those that a browser is told again. Others are words of a stranger's.
var transports = []string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}

// Presented is [tollkeeper.PasskeyVerifier].Presented.
func (*Verifier) Presented(answer []byte) (tollkeeper.PresentedPasskey, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return tollkeeper.PresentedPasskey{}, said(err)
	}
	p := tollkeeper.PresentedPasskey{Credential: parsed.RawID}
	if len(parsed.Response.UserHandle) > 0 {
		p.User = parsed.Response.UserHandle
	}
	return p, nil
}

// VerifyAssertion is [tollkeeper.PasskeyVerifier].VerifyAssertion.
func (*Verifier) VerifyAssertion(c tollkeeper.PasskeyCeremony, r tollkeeper.PasskeyRecord, answer []byte) (tollkeeper.PasskeyAssertion, error) {
	w, err := party(c)
	if err != nil {
		return tollkeeper.PasskeyAssertion{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return tollkeeper.PasskeyAssertion{}, said(err)
	}
	key := webauthn.Credential{ID: r.Credential, PublicKey: r.Key, Flags: webauthn.CredentialFlags{BackupEligible: r.Synced}}
	asked := webauthn.SessionData{
		Challenge: base64.RawURLEncoding.EncodeToString(c.Challenge), RelyingPartyID: c.Domain, UserID: c.User,
		UserVerification: verification(c),
	}
	if _, err := w.ValidateLogin(owner{c, []webauthn.Credential{key}}, asked, parsed); err != nil {
		return tollkeeper.PasskeyAssertion{}, said(err)
	}
	data := parsed.Response.AuthenticatorData
	return tollkeeper.PasskeyAssertion{
		Counter: data.Counter, Verified: data.Flags.HasUserVerified(), BackedUp: data.Flags.HasBackupState(),
	}, nil
}

// said keeps the library's reason, and not what the answer holds, which its details may repeat.
func said(err error) error {
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		return errors.New("passkey: " + e.Type + ": " + e.Details)
	}
	return errors.New("passkey: the answer cannot be read")
}
