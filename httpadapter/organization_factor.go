package httpadapter

import (
	"encoding/base64"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// factorRoutes are the second factor in the organization family's envelope (ours).
var factorRoutes = []route{
	on("POST", "/auth/mfa/verify", factorBody("Challenge and code are required"), verifyFactor, organizationSession).readable(),
	on("GET", "/auth/mfa/factors", noBody, factors, factorsShown).asks(signedIn),
	on("POST", "/auth/mfa/enrol", enrolBody, enrolFactor, enrolmentShown).asks(signedIn).
		saying(wrongPassword, at(tollkeeper.ErrUnverified, 403, "EMAIL_NOT_VERIFIED", "Please prove your email address first, by the link that was mailed to you")),
	on("POST", "/auth/mfa/confirm", codeBody, confirmFactor, recoveryShown("Second factor enabled")).asks(signedIn),
	on("POST", "/auth/mfa/disable", disableBody, removeFactor, organizationSays("Second factor disabled")).asks(signedIn).
		saying(wrongPassword, at(tollkeeper.ErrNotFound, 404, "FACTOR_NOT_FOUND", "Second factor not found")),
	on("POST", "/auth/mfa/recovery-codes", codeBody, newRecoveryCodes, recoveryShown("Recovery codes replaced")).asks(signedIn),
}

// wrongPassword is what a signed-in caller hears, who gave no email.
var wrongPassword = at(tollkeeper.ErrInvalidCredentials, 401, "INVALID_CREDENTIALS", "Invalid password")

func enrolBody(c *call) (tollkeeper.FactorEnrolment, error) {
	b, err := maybeBody[struct {
		Password string `json:"password"`
		Label    string `json:"label"`
	}](c)
	return tollkeeper.FactorEnrolment{Label: b.Label, Password: tollkeeper.Password(b.Password)}, err
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

func disableBody(c *call) (tollkeeper.FactorRemoval, error) {
	b, err := body[struct {
		Password string `json:"password"`
		Code     string `json:"code"`
		Factor   string `json:"factor"`
	}](c)
	r := tollkeeper.FactorRemoval{Password: tollkeeper.Password(b.Password), Code: tollkeeper.SecretText(b.Code)}
	switch {
	case err != nil:
	case b.Code == "":
		err = missing("Code is required")
	case b.Factor != "":
		if r.Factor, err = uuid.Parse(b.Factor); err != nil || r.Factor == uuid.Nil || r.Factor.String() != b.Factor {
			err = tollkeeper.ErrNotFound // a nil id would be every factor
		}
	}
	return r, err
}

func factorsShown(_ *call, list []tollkeeper.FactorInfo) answer {
	type factor struct {
		ID        uuid.UUID `json:"id"`
		Kind      string    `json:"kind"`
		Label     string    `json:"label"`
		CreatedAt int64     `json:"createdAt"` // unix seconds
		LastUsed  *int64    `json:"lastUsed"`  // likewise; null: never
	}
	shown := make([]factor, len(list))
	for i, f := range list {
		shown[i] = factor{f.ID, f.Kind, f.Label, f.CreatedAt.Unix(), unix(f.UsedAt)}
	}
	return enveloped(struct {
		Factors []factor `json:"factors"`
	}{shown})
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
