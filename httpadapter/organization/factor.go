package organization

import (
	"encoding/base64"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// factorRoutes are the second factor in the organization family's envelope (ours).
var factorRoutes = []family.Route{
	family.On("POST", "/auth/mfa/verify", family.Body(family.FactorOf), family.VerifyFactor, session).
		Is("ends a sign-in that stopped at a challenge, of whichever family").Anywhere(),
	family.On("GET", "/auth/mfa/factors", family.Nothing(), family.Factors, enveloped(factorsShown)).
		Is("the caller's second factors").Asks(family.SignedIn),
	family.On("POST", "/auth/mfa/enrol", family.OptionalBody(enrolment), family.EnrolFactor, enveloped(enrolmentShown)).
		Is("begins a second factor, on a proven mailbox: secret, otpauth:// URL, QR code as a data URL").
		Asks(family.SignedIn).
		Saying(
			wrongPassword,
			family.At(tollkeeper.ErrUnverified, 403, "EMAIL_NOT_VERIFIED", "Please prove your email address first, by the link that was mailed to you"),
		),
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

// wrongPassword is what a signed-in caller hears, who gave no email.
var wrongPassword = family.At(tollkeeper.ErrInvalidCredentials, 401, "INVALID_CREDENTIALS", "Invalid password")

type enrolmentBody struct {
	Password string `json:"password"`
	Label    string `json:"label"`
}

func enrolment(_ *family.Call, b enrolmentBody) (tollkeeper.FactorEnrolment, error) {
	return tollkeeper.FactorEnrolment{Label: b.Label, Password: tollkeeper.Password(b.Password)}, nil
}

type codeBody struct {
	Code family.Code `json:"code" need:"Code is required"`
}

func code(_ *family.Call, b codeBody) (string, error) { return string(b.Code), nil }

func factorProof(_ *family.Call, b codeBody) (tollkeeper.FactorProof, error) {
	return tollkeeper.FactorProof{Code: tollkeeper.SecretText(b.Code)}, nil
}

type disablingBody struct {
	Password string      `json:"password"`
	Code     family.Code `json:"code" need:"Code is required"`
	Factor   string      `json:"factor" about:"its id; empty: every one"`
}

func disabling(_ *family.Call, b disablingBody) (tollkeeper.FactorRemoval, error) {
	r := tollkeeper.FactorRemoval{Password: tollkeeper.Password(b.Password), Code: tollkeeper.SecretText(b.Code)}
	if b.Factor == "" {
		return r, nil
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
		shown[i] = factor{f.ID, f.Kind, f.Label, f.CreatedAt.Unix(), unix(f.UsedAt)}
	}
	return factorsBody{shown}
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
		shown := make([]string, len(codes))
		for i, code := range codes {
			shown[i] = string(code)
		}
		return recoveryBody{messageBody{message}, shown}
	})
}
