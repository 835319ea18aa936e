package organization

import (
	"encoding/base64"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// factorRoutes are the second factor in the organization family's envelope (ours).
var factorRoutes = []family.Route{
	family.On("POST", "/auth/mfa/verify", family.Body(ending), family.VerifyFactor, session).
		Is("ends a sign-in that stopped at a challenge, of whichever family").Anywhere(),
	family.On("GET", "/auth/mfa/factors", family.Nothing(), family.Factors, enveloped(factorsShown)).
		Is("the caller's second factors").Asks(family.SignedIn),
	family.On("POST", "/auth/mfa/enrol", family.OptionalBody(enrolment), family.EnrolFactor, enveloped(enrolmentShown)).
		Is("begins a second factor, on a proven mailbox: secret, otpauth:// URL, QR code as a data URL").
		Asks(family.SignedIn).
		Saying(wrongPassword, unproven),
	family.On("POST", "/auth/mfa/confirm",
		family.Body(code), family.ConfirmFactor, recoveryShown("Second factor enabled")).
		Is("turns a second factor on, and with the first one shows the recovery codes once").Asks(family.SignedIn),
	family.On("POST", "/auth/mfa/disable", family.Body(disabling), family.RemoveFactor, says("Second factor disabled")).
		Is("takes one second factor away, or all").Asks(family.SignedIn).
		Saying(wrongPassword, family.At(tollkeeper.ErrNotFound, 404, "FACTOR_NOT_FOUND", "Second factor not found")),
	family.On("POST", "/auth/mfa/recovery-codes",
		family.Body(factorProof), family.NewRecoveryCodes, recoveryShown("Recovery codes replaced")).
		Is("replaces the recovery codes").Asks(family.SignedIn),
}

var unproven = family.At(tollkeeper.ErrUnverified, 403, "EMAIL_NOT_VERIFIED", "Please prove your email address first, by the link that was mailed to you")

// wrongPassword is what a signed-in caller hears, who gave no email.
var wrongPassword = family.At(tollkeeper.ErrInvalidCredentials, 401, "INVALID_CREDENTIALS", "Invalid password")

type enrolmentBody struct {
	Password string `json:"password"`
	Label    string `json:"label"`
}

func enrolment(_ *family.Call, b enrolmentBody) (tollkeeper.FactorEnrolment, error) {
	return tollkeeper.FactorEnrolment{Label: b.Label, Password: tollkeeper.Password(b.Password)}, nil
}

// challengeBody is [family.FactorBody], where a passkey may take the place of the code.
type challengeBody struct {
	Challenge string              `json:"challenge" need:"Challenge and code are required"`
	Code      family.Code         `json:"code" about:"six digits, or a recovery code"`
	Passkey   *family.PasskeyBody `json:"passkey" about:"instead of code"`
}

func ending(_ *family.Call, b challengeBody) (r tollkeeper.FactorRequest, err error) {
	if b.Code == "" && b.Passkey == nil {
		return r, family.Missing("Challenge and code are required")
	}
	r.Challenge = tollkeeper.SecretText(b.Challenge)
	r.Code, r.Passkey, err = family.CodeOr(b.Code, b.Passkey)
	return r, err
}

type codeBody struct {
	Code family.Code `json:"code" need:"Code is required"`
}

func code(_ *family.Call, b codeBody) (string, error) { return string(b.Code), nil }

type factorProofBody struct {
	Code    family.Code         `json:"code" about:"of an app, or a recovery code"`
	Passkey *family.PasskeyBody `json:"passkey" about:"instead of code"`
}

func factorProof(_ *family.Call, b factorProofBody) (p tollkeeper.FactorProof, err error) {
	p.Code, p.Passkey, err = codeOr(b.Code, b.Passkey)
	return p, err
}

// codeOr is [family.CodeOr] in the words of this family.
func codeOr(code family.Code, b *family.PasskeyBody) (tollkeeper.SecretText, tollkeeper.PasskeyAnswer, error) {
	if code == "" && b == nil {
		return "", tollkeeper.PasskeyAnswer{}, family.Missing("Code is required")
	}
	return family.CodeOr(code, b)
}

type disablingBody struct {
	Password string              `json:"password"`
	Code     family.Code         `json:"code" about:"of any of them, or a recovery code"`
	Passkey  *family.PasskeyBody `json:"passkey" about:"instead of code"`
	Factor   string              `json:"factor" about:"its id; empty: every one"`
}

func disabling(_ *family.Call, b disablingBody) (tollkeeper.FactorRemoval, error) {
	r := tollkeeper.FactorRemoval{Password: tollkeeper.Password(b.Password)}
	var err error
	if r.Code, r.Passkey, err = codeOr(b.Code, b.Passkey); err != nil || b.Factor == "" {
		return r, err
	}
	id, ok := family.ParseID(b.Factor)
	if !ok {
		return r, tollkeeper.ErrNotFound // a nil id would be every factor
	}
	r.Factor = id
	return r, nil
}

type factor struct {
	ID        uuid.UUID `json:"id"`
	Kind      string    `json:"kind"`
	Label     string    `json:"label"`
	CreatedAt int64     `json:"createdAt" about:"unix seconds"`
	LastUsed  *int64    `json:"lastUsed" about:"likewise; null: never"`
}

type factorsBody struct {
	Factors []factor `json:"factors"`
}

func factorsShown(_ *family.Call, list []tollkeeper.FactorInfo) factorsBody {
	shown := make([]factor, len(list))
	for i, f := range list {
		shown[i] = factorOf(f)
	}
	return factorsBody{shown}
}

func factorOf(f tollkeeper.FactorInfo) factor {
	return factor{f.ID, f.Kind, f.Label, f.CreatedAt.Unix(), unix(f.UsedAt)}
}

type enrolledBody struct {
	Secret string `json:"secret"`
	URL    string `json:"otpauthUrl"`
	QR     string `json:"qrCode" about:"data URL of a PNG"`
}

// enrolmentShown is what an app needs: typed, tapped or photographed.
func enrolmentShown(_ *family.Call, e tollkeeper.Enrolment) enrolledBody {
	return enrolledBody{string(e.Seed), string(e.URL), "data:image/png;base64," + base64.StdEncoding.EncodeToString(e.PNG())}
}

type recoveryBody struct {
	messageBody
	Codes []string `json:"recoveryCodes"`
}

func recoveryShown(message string) family.Encoder[[]tollkeeper.SecretText] {
	return enveloped(func(_ *family.Call, codes []tollkeeper.SecretText) recoveryBody {
		return recoveryBody{messageBody{message}, textsOf(codes)}
	})
}

func textsOf(codes []tollkeeper.SecretText) []string {
	shown := make([]string, len(codes))
	for i, code := range codes {
		shown[i] = string(code)
	}
	return shown
}
