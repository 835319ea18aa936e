package organization

import (
	"encoding/json"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// passkeyRoutes make passkeys and sign in with them, in the organization family's envelope (ours). Where the service
// has them off, they are 404. A child's passkeys are good at the host of its organization's URL.
var passkeyRoutes = []family.Route{
	family.On("POST", "/auth/passkeys/sign-in/begin",
		family.OptionalBody(passkeyWanted), family.BeginPasskeySignIn, passkeyAsked).
		Is("asks for any passkey of the organization, behind a button or in the email field"),
	family.On("POST", "/auth/passkeys/sign-in", family.Body(passkeySignIn), family.PasskeySignIn, session).
		Is("gives a session for a passkey alone: no challenge follows").
		Saying(family.At(tollkeeper.ErrInvalidCredentials, 401, "INVALID_CREDENTIALS", "This passkey is not known here")),
	family.On("POST", "/auth/passkeys/begin", family.OptionalBody(passkeyEnrolment), family.BeginPasskey, passkeyAsked).
		Is("asks for a new passkey, on a proven mailbox").Asks(family.SignedIn).Saying(wrongPassword, unproven),
	family.On("POST", "/auth/passkeys", family.Body(newPasskey), family.AddPasskey, enveloped(passkeyAdded)).
		Is("keeps the passkey that was made; with the first second factor it shows the recovery codes once").
		Asks(family.SignedIn),
	family.On("POST", "/auth/passkeys/challenge/begin",
		family.Body(challengeOf), family.BeginPasskeyFactor, passkeyAsked).
		Is("asks for a passkey that ends a challenge").Anywhere(),
	family.On("POST", "/auth/passkeys/proof/begin", family.Nothing(), family.BeginPasskeyProof, passkeyAsked).
		Is("asks for a passkey that proves again who the caller is, or takes the place of a code").Asks(family.SignedIn),
}

type passkeyAskedBody struct {
	Options   json.RawMessage `json:"options" about:"for PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON"`
	Ticket    string          `json:"ticket" about:"comes back with the answer, once"`
	ExpiresAt string          `json:"expiresAt"`
}

var passkeyAsked = enveloped(func(_ *family.Call, p tollkeeper.PasskeyChallenge) passkeyAskedBody {
	return passkeyAskedBody{p.Options, string(p.Ticket), p.ExpiresAt.UTC().Format(time.RFC3339)}
})

type passkeyWantedBody struct {
	ParentKey parentKey `json:"parentPublicKey"`
}

func passkeyWanted(*family.Call, passkeyWantedBody) (family.None, error) { return family.None{}, nil }

type passkeySignInBody struct {
	Ticket    string          `json:"ticket" need:"Ticket and response are required"`
	Response  json.RawMessage `json:"response" need:"Ticket and response are required" about:"of the authenticator, as PublicKeyCredential.toJSON makes it"`
	ParentKey parentKey       `json:"parentPublicKey" about:"as in the request for the ticket"`
}

func passkeySignIn(_ *family.Call, b passkeySignInBody) (tollkeeper.PasskeyRequest, error) {
	p, err := (&family.PasskeyBody{Ticket: b.Ticket, Response: b.Response}).Answer()
	return tollkeeper.PasskeyRequest{Answer: p}, err
}

type passkeyEnrolmentBody struct {
	Password string `json:"password"`
}

func passkeyEnrolment(_ *family.Call, b passkeyEnrolmentBody) (tollkeeper.PasskeyEnrolment, error) {
	return tollkeeper.PasskeyEnrolment{Password: tollkeeper.Password(b.Password)}, nil
}

type newPasskeyBody struct {
	Ticket   string          `json:"ticket" need:"Ticket and response are required"`
	Response json.RawMessage `json:"response" need:"Ticket and response are required" about:"of the authenticator, as PublicKeyCredential.toJSON makes it"`
	Label    string          `json:"label"`
}

func newPasskey(_ *family.Call, b newPasskeyBody) (tollkeeper.NewPasskey, error) {
	p, err := (&family.PasskeyBody{Ticket: b.Ticket, Response: b.Response}).Answer()
	return tollkeeper.NewPasskey{Label: b.Label, Answer: p}, err
}

type addedPasskeyBody struct {
	Passkey factor   `json:"passkey"`
	Codes   []string `json:"recoveryCodes,omitempty" about:"only with the first second factor"`
}

func passkeyAdded(_ *family.Call, p tollkeeper.AddedPasskey) addedPasskeyBody {
	return addedPasskeyBody{factorOf(p.Passkey), textsOf(p.Recovery)}
}

type passkeyChallengeBody struct {
	Challenge string `json:"challenge" need:"Challenge is required"`
}

func challengeOf(_ *family.Call, b passkeyChallengeBody) (tollkeeper.SecretText, error) {
	return tollkeeper.SecretText(b.Challenge), nil
}
