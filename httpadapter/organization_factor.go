package httpadapter

import (
	"encoding/base64"

	"github.com/tollkeeper/tollkeeper"
)

// factorRoutes are the second factor in the organization family's envelope (ours).
var factorRoutes = []route{
	on("POST", "/auth/mfa/verify", factorBody("Challenge and code are required"), verifyFactor, organizationSession).readable(),
	on("POST", "/auth/mfa/enrol", enrolBody, enrolFactor, enrolmentShown).asks(signedIn).saying(wrongPassword),
	on("POST", "/auth/mfa/confirm", codeBody, confirmFactor, recoveryShown("Second factor enabled")).asks(signedIn),
	on("POST", "/auth/mfa/disable", disableBody, removeFactor, organizationSays("Second factor disabled")).asks(signedIn).saying(wrongPassword),
	on("POST", "/auth/mfa/recovery-codes", codeBody, newRecoveryCodes, recoveryShown("Recovery codes replaced")).asks(signedIn),
}

// wrongPassword is what a signed-in caller hears, who gave no email.
var wrongPassword = at(tollkeeper.ErrInvalidCredentials, 401, "INVALID_CREDENTIALS", "Invalid password")

func enrolBody(c *call) (string, error) {
	b, err := maybeBody[struct {
		Password string `json:"password"`
	}](c)
	return b.Password, err
}

func codeBody(c *call) (string, error) {
	b, err := body[struct {
		Code string `json:"code"`
	}](c)
	if err == nil && b.Code == "" {
		err = missing("Code is required")
	}
	return b.Code, err
}

func disableBody(c *call) (secondProof, error) {
	b, err := body[struct {
		Password string `json:"password"`
		Code     string `json:"code"`
	}](c)
	if err == nil && b.Code == "" {
		err = missing("Code is required")
	}
	return secondProof{b.Password, b.Code}, err
}

// enrolmentShown is what an app needs: typed, tapped or photographed.
func enrolmentShown(_ *call, e tollkeeper.Enrolment) answer {
	return enveloped(struct {
		Secret string `json:"secret"`
		URL    string `json:"otpauthUrl"`
		QR     string `json:"qrCode"` // data URL of a PNG
	}{string(e.Seed), string(e.URL), "data:image/png;base64," + base64.StdEncoding.EncodeToString(e.PNG)})
}

func recoveryShown(message string) func(*call, []tollkeeper.SecretText) answer {
	return func(_ *call, codes []tollkeeper.SecretText) answer {
		shown := make([]string, len(codes))
		for i, code := range codes {
			shown[i] = string(code)
		}
		return enveloped(struct {
			organizationMessage
			Codes []string `json:"recoveryCodes"`
		}{organizationMessage{message}, shown})
	}
}
