package client

import (
	"context"
	"encoding/json"
	"time"
)

// PasskeyChallenge is a question to an authenticator, for the page or the app that asks it.
type PasskeyChallenge struct {
	Options   json.RawMessage `json:"options"` // PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON
	Ticket    Secret          `json:"ticket"`  // comes back with the answer, once
	ExpiresAt time.Time       `json:"expiresAt"`
}

// PasskeyAnswer is what an authenticator said.
type PasskeyAnswer struct {
	Ticket   Secret          `json:"ticket"`
	Response json.RawMessage `json:"response"` // as PublicKeyCredential.toJSON makes it
}

// NewPasskey is a passkey that an authenticator has made.
type NewPasskey struct {
	Ticket   Secret          `json:"ticket"`
	Response json.RawMessage `json:"response"` // as PublicKeyCredential.toJSON makes it
	Label    string          `json:"label"`    // for its owner; empty: the name of the authenticator
}

// AddedPasskey is a passkey that was added.
type AddedPasskey struct {
	Passkey       Factor   `json:"passkey"`
	RecoveryCodes []Secret `json:"recoveryCodes,omitempty"` // shown this once; only with the first second factor of the account
}

type passkeyEnrolment struct {
	Password Secret `json:"password"`
}

type challenged struct {
	Challenge Secret `json:"challenge"`
}

// BeginPasskeySignIn asks for any passkey of this service.
func (c *Client) BeginPasskeySignIn(ctx context.Context) (PasskeyChallenge, error) {
	var out PasskeyChallenge
	err := c.send(ctx, request{method: "POST", path: "/passkeys/sign-in/begin"}, "", &out)
	return out, err
}

// SignInWithPasskey begins a session with a passkey alone.
func (c *Client) SignInWithPasskey(ctx context.Context, in PasskeyAnswer) (SignInResult, error) {
	return c.begin(ctx, request{method: "POST", path: "/passkeys/sign-in", body: in})
}

// BeginPasskeyFactor asks for a passkey that ends the challenge, in [FactorSignIn].
func (c *Client) BeginPasskeyFactor(ctx context.Context, challenge Secret) (PasskeyChallenge, error) {
	var out PasskeyChallenge
	err := c.send(ctx, request{method: "POST", path: "/passkeys/challenge/begin", body: challenged{challenge}}, "", &out)
	return out, err
}

// BeginPasskey asks for a new passkey. The password is not needed within five minutes of a proof. On a mailbox that is
// not proven it mails a link for that, and the error is [ErrUnverified].
func (s *Session) BeginPasskey(ctx context.Context, password Secret) (PasskeyChallenge, error) {
	return get[PasskeyChallenge](ctx, s, request{method: "POST", path: "/passkeys/begin", body: passkeyEnrolment{password}})
}

// AddPasskey keeps the passkey that was made. Every other session of the account ends.
func (s *Session) AddPasskey(ctx context.Context, in NewPasskey) (AddedPasskey, error) {
	return get[AddedPasskey](ctx, s, request{method: "POST", path: "/passkeys", body: in})
}

// BeginPasskeyProof asks for a passkey that proves once more who is signed in, in [Reauthentication], or takes the
// place of a code.
func (s *Session) BeginPasskeyProof(ctx context.Context) (PasskeyChallenge, error) {
	return get[PasskeyChallenge](ctx, s, request{method: "POST", path: "/passkeys/proof/begin"})
}
