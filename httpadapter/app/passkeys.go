package app

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// passkeyRoutes make passkeys and sign in with them. They are listed, named and taken away as the other second factors.
// Where the service has them off, they are 404.
var passkeyRoutes = []family.Route{
	family.On("POST", "/passkeys/sign-in/begin", family.Nothing(), family.BeginPasskeySignIn, family.JSON(passkeyAsked)).
		Is("asks for any passkey of this service, behind a button or in the email field"),
	family.On("POST", "/passkeys/sign-in", family.Body(passkeySignIn), family.PasskeySignIn, session).Saying(noPasskey).
		Is("begins a session with a passkey alone: no challenge follows"),
	family.On("POST", "/passkeys/begin", family.OptionalBody(passkeyEnrolment), family.BeginPasskey, family.JSON(passkeyAsked)).Asks(family.SignedIn).
		Saying(wrongPassword, unproven).Is("asks for a new passkey; on a mailbox that is not proven it mails a link for that, and refuses"),
	family.On("POST", "/passkeys", family.Body(newPasskey), family.AddPasskey, family.Status(http.StatusCreated, passkeyAdded)).Asks(family.SignedIn).
		Is("keeps the passkey that was made; with the first second factor of the account come recovery codes, shown once"),
	family.On("POST", "/passkeys/challenge/begin", family.OptionalBody(challenged), family.BeginPasskeyFactor, family.JSON(passkeyAsked)).
		Is("asks for a passkey that ends a challenge"),
	family.On("POST", "/passkeys/proof/begin", family.Nothing(), family.BeginPasskeyProof, family.JSON(passkeyAsked)).Asks(family.SignedIn).
		Is("asks for a passkey that proves once more who is signed in, or takes the place of a code"),
}

var noPasskey = family.At(tollkeeper.ErrInvalidCredentials, 401, "", "This passkey is not known here")

type passkeyChallengeBody struct {
	Options   json.RawMessage `json:"options" about:"for PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON"`
	Ticket    string          `json:"ticket" about:"comes back with the answer, once"`
	ExpiresAt time.Time       `json:"expiresAt"`
}

func passkeyAsked(_ *family.Call, p tollkeeper.PasskeyChallenge) passkeyChallengeBody {
	return passkeyChallengeBody{p.Options, string(p.Ticket), p.ExpiresAt.UTC()}
}

type passkeySignInBody struct {
	Ticket     string          `json:"ticket" need:""`
	Response   json.RawMessage `json:"response" about:"of the authenticator, as PublicKeyCredential.toJSON makes it"`
	RememberMe bool            `json:"rememberMe" about:"the cookie outlives the browser"`
}

func passkeySignIn(_ *family.Call, b passkeySignInBody) (tollkeeper.PasskeyRequest, error) {
	p, err := (&family.PasskeyBody{Ticket: b.Ticket, Response: b.Response}).Answer()
	return tollkeeper.PasskeyRequest{Answer: p}, err
}

type passkeyEnrolmentBody struct {
	Password string `json:"password" about:"not needed within five minutes of a proof"`
}

func passkeyEnrolment(_ *family.Call, b passkeyEnrolmentBody) (tollkeeper.PasskeyEnrolment, error) {
	return tollkeeper.PasskeyEnrolment{Password: tollkeeper.Password(b.Password)}, nil
}

type newPasskeyBody struct {
	Ticket   string          `json:"ticket" need:""`
	Response json.RawMessage `json:"response" about:"of the authenticator, as PublicKeyCredential.toJSON makes it"`
	Label    string          `json:"label" about:"for its owner; empty: the name of the authenticator"`
}

func newPasskey(_ *family.Call, b newPasskeyBody) (tollkeeper.NewPasskey, error) {
	p, err := (&family.PasskeyBody{Ticket: b.Ticket, Response: b.Response}).Answer()
	return tollkeeper.NewPasskey{Label: b.Label, Answer: p}, err
}

type addedPasskeyBody struct {
	Passkey       secondFactor `json:"passkey"`
	RecoveryCodes []string     `json:"recoveryCodes,omitempty" about:"only with the first second factor"`
}

func passkeyAdded(c *family.Call, p tollkeeper.AddedPasskey) addedPasskeyBody {
	return addedPasskeyBody{factorShown(p.Passkey), recoveryCodes(c, p.Recovery).RecoveryCodes}
}

type challengedBody struct {
	Challenge string `json:"challenge" about:"not needed where the browser keeps it, after it came back from an issuer"`
}

func challenged(c *family.Call, b challengedBody) (tollkeeper.SecretText, error) {
	return challengeOf(c, b.Challenge)
}
