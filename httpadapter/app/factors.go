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
	family.On("POST", "/factors/recovery-codes", family.Body(factorCode), family.NewRecoveryCodes, family.JSON(recoveryCodes)).Asks(family.SignedIn).
		Is("replaces the recovery codes"),
	family.On("DELETE", "/factors", family.Body(removal), family.RemoveFactor, family.Empty[family.None]()).Asks(family.SignedIn).
		Saying(wrongPassword).Is("takes every second factor away"),
	family.On("DELETE", "/factors/{id}", family.Body(removal), family.RemoveFactor, family.Empty[family.None]()).Asks(family.SignedIn).
		Saying(wrongPassword).Is("takes one of them away"),
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
	Code     family.Code `json:"code" need:"" about:"of any of them, or a recovery code"`
	Password string      `json:"password" about:"not needed within five minutes of a proof"`
}

// removal names the factor of the path; without one it is every factor.
func removal(c *family.Call, b factorRemovalBody) (tollkeeper.FactorRemoval, error) {
	return tollkeeper.FactorRemoval{Factor: c.Target(), Password: tollkeeper.Password(b.Password), Code: tollkeeper.SecretText(b.Code)}, nil
}

type secondFactor struct {
	ID        uuid.UUID  `json:"id"`
	Kind      string     `json:"kind" enum:"totp,passkey"`
	Label     string     `json:"label"`
	CreatedAt time.Time  `json:"createdAt"`
	UsedAt    *time.Time `json:"usedAt" about:"null: never"`
}

type factorsBody struct {
	Factors []secondFactor `json:"factors"`
}

func factorsShown(_ *family.Call, list []tollkeeper.FactorInfo) factorsBody {
	shown := make([]secondFactor, len(list))
	for i, f := range list {
		shown[i] = secondFactor{f.ID, f.Kind, f.Label, f.CreatedAt.UTC(), moment(f.UsedAt)}
	}
	return factorsBody{shown}
}
