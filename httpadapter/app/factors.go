package app

import (
	"encoding/base64"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// factorRoutes are second factors.
var factorRoutes = []family.Route{
	family.On("GET", "/factors", family.Nothing(), family.Factors, family.JSON(factorsShown)).Asks(family.SignedIn).
		Is("the account's second factors"),
	family.On("POST", "/factors/totp", family.OptionalBody(enrolment), family.EnrolFactor, family.Status(http.StatusCreated, enrolled)).Asks(family.SignedIn).
		Saying(wrongPassword, unproven).Is("begins an authenticator app; on a mailbox that is not proven it mails a link for that, and refuses"),
	family.On("POST", "/factors/totp/confirm", family.Body(factorCode), family.ConfirmFactor, family.JSON(recoveryCodes)).Asks(family.SignedIn).
		Is("turns it on with its first code; the recovery codes are shown once"),
	family.On("POST", "/factors/recovery-codes", family.Body(factorProof), family.NewRecoveryCodes, family.JSON(recoveryCodes)).Asks(family.SignedIn).
		Is("replaces the recovery codes"),
	family.On("DELETE", "/factors", family.Body(removal), family.RemoveFactor, family.Empty[family.None]()).Asks(family.SignedIn).
		Saying(wrongPassword).Is("takes every second factor away"),
	family.On("DELETE", "/factors/{id}", family.Body(removal), family.RemoveFactor, family.Empty[family.None]()).Asks(family.SignedIn).
		Saying(wrongPassword).Is("takes one of them away"),
	family.On("PATCH", "/factors/{id}", family.Body(label), family.RenameFactor, family.Empty[family.None]()).Asks(family.SignedIn).
		Is("gives one of them another label"),
}

var unproven = family.At(tollkeeper.ErrUnverified, 403, "", "Please prove your email address first, by the link that was mailed to you")

type enrolmentBody struct {
	Password string `json:"password" about:"not needed within five minutes of a proof"`
	Label    string `json:"label" about:"for its owner"`
}

func enrolment(_ *family.Call, b enrolmentBody) (tollkeeper.FactorEnrolment, error) {
	return tollkeeper.FactorEnrolment{Label: b.Label, Password: tollkeeper.Password(b.Password)}, nil
}

type enrolledBody struct {
	Secret     string `json:"secret" about:"for typing"`
	OTPAuthURL string `json:"otpauthUrl" about:"for tapping"`
	QRCode     string `json:"qrCode" about:"data URL of a PNG"`
}

func enrolled(_ *family.Call, e tollkeeper.Enrolment) enrolledBody {
	return enrolledBody{string(e.Seed), string(e.URL), "data:image/png;base64," + base64.StdEncoding.EncodeToString(e.PNG())}
}

type factorCodeBody struct {
	Code family.Code `json:"code" need:""`
}

func factorCode(_ *family.Call, b factorCodeBody) (string, error) { return string(b.Code), nil }

type factorProofBody struct {
	Code    family.Code         `json:"code" about:"of an app, or a recovery code"`
	Passkey *family.PasskeyBody `json:"passkey" about:"instead of code"`
}

func factorProof(_ *family.Call, b factorProofBody) (p tollkeeper.FactorProof, err error) {
	p.Code, p.Passkey, err = family.CodeOr(b.Code, b.Passkey)
	return p, err
}

type factorLabelBody struct {
	Label string `json:"label" need:""`
}

func label(_ *family.Call, b factorLabelBody) (string, error) { return b.Label, nil }

type recoveryCodesBody struct {
	RecoveryCodes []string `json:"recoveryCodes"`
}

func recoveryCodes(_ *family.Call, codes []tollkeeper.SecretText) recoveryCodesBody {
	shown := make([]string, len(codes))
	for i, code := range codes {
		shown[i] = string(code)
	}
	return recoveryCodesBody{shown}
}

type factorRemovalBody struct {
	Code     family.Code         `json:"code" about:"of any of them, or a recovery code"`
	Passkey  *family.PasskeyBody `json:"passkey" about:"instead of code"`
	Password string              `json:"password" about:"not needed within five minutes of a proof"`
}

// removal names the factor of the path; without one it is every factor.
func removal(c *family.Call, b factorRemovalBody) (tollkeeper.FactorRemoval, error) {
	r := tollkeeper.FactorRemoval{Factor: c.Target(), Password: tollkeeper.Password(b.Password)}
	var err error
	r.Code, r.Passkey, err = family.CodeOr(b.Code, b.Passkey)
	return r, err
}

type secondFactor struct {
	ID        uuid.UUID  `json:"id"`
	Kind      string     `json:"kind" enum:"totp,passkey"`
	Label     string     `json:"label"`
	CreatedAt time.Time  `json:"createdAt"`
	UsedAt    *time.Time `json:"usedAt" about:"null: never"`
	Device    string     `json:"device,omitempty" about:"authenticator that made the passkey; absent: unknown"`
	Domain    string     `json:"domain,omitempty" about:"whose pages the passkey is good on"`
	Synced    bool       `json:"synced,omitempty" about:"the passkey may be copied to its owner's other devices"`
	BackedUp  bool       `json:"backedUp,omitempty" about:"it was, when it was used last"`
}

func factorShown(f tollkeeper.FactorInfo) secondFactor {
	return secondFactor{f.ID, f.Kind, f.Label, f.CreatedAt.UTC(), moment(f.UsedAt), f.Device, f.Domain, f.Synced, f.BackedUp}
}

type factorsBody struct {
	Factors []secondFactor `json:"factors"`
}

func factorsShown(_ *family.Call, list []tollkeeper.FactorInfo) factorsBody {
	shown := make([]secondFactor, len(list))
	for i, f := range list {
		shown[i] = factorShown(f)
	}
	return factorsBody{shown}
}
