package httpadapter

import (
	"encoding/json"
	"strconv"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// envelope is a success of the organization family.
type envelope struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
}

func enveloped(data any) answer { return answer{body: envelope{true, data}} }

type organizationMessage struct {
	Message string `json:"message"`
}

func organizationSays(message string) func(*call, done) answer {
	a := enveloped(organizationMessage{message})
	return func(*call, done) answer { return a }
}

// verifiedShown adds to the documented answer whether the mailbox is proven, too (ours).
func verifiedShown(_ *call, v tollkeeper.Verified) answer {
	return enveloped(struct {
		organizationMessage
		Proven bool `json:"proven,omitempty"`
	}{organizationMessage{"Email verified successfully"}, v.Proven})
}

func organizationResetShown(_ *call, d tollkeeper.Dropped) answer {
	return enveloped(struct {
		organizationMessage
		Dropped *dropped `json:"dropped,omitempty"`
	}{organizationMessage{"Password updated successfully"}, droppedOf(d)})
}

// textOrNull is null when empty.
type textOrNull string

// MarshalJSON returns null for the empty text.
func (t textOrNull) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

func accountType(s tollkeeper.Subject) string {
	if s.Child() {
		return "child"
	}
	return "parent"
}

// parentOf is the public key of an account's parent; empty for a parent.
func parentOf(s tollkeeper.Subject) string {
	if s.Parent == nil {
		return ""
	}
	return s.Parent.PublicKey
}

// organizationUser is an account as sign-in shows it (docs/WIRE.md 1.1).
type organizationUser struct {
	UserID      uuid.UUID  `json:"userID"`
	Email       string     `json:"email"`
	Username    string     `json:"username"`
	AccountType string     `json:"accountType"`
	Parent      string     `json:"parentAccount"`
	PublicKey   string     `json:"publicKey"`
	Name        string     `json:"organizationName"`
	URL         textOrNull `json:"organizationUrl"`
	Updates     int        `json:"organizationUpdateCount"`
}

func organizationUserOf(s tollkeeper.Subject) organizationUser {
	u := organizationUser{
		UserID: s.Account.ID, Email: s.Account.Email, Username: s.Account.Username,
		AccountType: accountType(s), Parent: parentOf(s), PublicKey: s.Account.PublicKey,
	}
	if u.Parent == "" {
		u.Parent = "ROOT"
	}
	if o := s.Organization; o != nil {
		u.Name, u.URL, u.Updates = o.Name, textOrNull(o.URL), o.UpdateCount
	}
	return u
}

type passwordStatus struct {
	Expired bool `json:"expired"`
	Days    int  `json:"daysUntilExpiry"`
}

func organizationSession(_ *call, s tollkeeper.SignInResult) answer {
	if s.Challenge != "" {
		return enveloped(mfaChallenge(s))
	}
	return enveloped(struct {
		Token    string           `json:"token"`
		Refresh  string           `json:"refreshToken,omitempty"`
		User     organizationUser `json:"user"`
		Password passwordStatus   `json:"passwordStatus"`
		Secret   string           `json:"jwtSecret,omitempty"`
		Dropped  *dropped         `json:"dropped,omitempty"`
	}{
		string(s.Token), string(s.Refresh), organizationUserOf(s.Subject), passwordStatus{s.PasswordExpired, s.DaysUntilExpiry},
		string(s.TenantKey), droppedOf(s.Dropped),
	})
}

func organizationSignedUp(_ *call, s tollkeeper.SignUpResult) answer {
	type account struct {
		UserID      uuid.UUID  `json:"userID"`
		Username    string     `json:"username"`
		Email       string     `json:"email"`
		CreatedAt   int64      `json:"createdAt"` // unix seconds
		PublicKey   string     `json:"publicKey"`
		Verified    bool       `json:"emailVerified"`
		Parent      textOrNull `json:"parentAccount"`
		AccountType string     `json:"accountType"`
		Sent        bool       `json:"emailVerificationSent"`
	}
	a := s.Subject.Account
	return enveloped(struct {
		Token   string  `json:"token"`
		Refresh string  `json:"refreshToken,omitempty"`
		Data    account `json:"data"`
	}{string(s.Token), string(s.Refresh), account{
		a.ID, a.Username, a.Email, a.CreatedAt.Unix(), a.PublicKey, !a.EmailVerifiedAt.IsZero(),
		textOrNull(parentOf(s.Subject)), accountType(s.Subject), s.VerificationSent,
	}})
}

// authURLs are an organization's pages, read and written.
type authURLs struct {
	SignIn     string `json:"signin"`
	SignUp     string `json:"signup"`
	Verify     string `json:"verify"`
	Reset      string `json:"reset"`
	Update     string `json:"update"`
	Resend     string `json:"resend"`
	Successful string `json:"successful"`
}

type googleSSO struct {
	Enabled  bool   `json:"enabled"`
	ClientID string `json:"clientId"`
}

// googleOf returns the settings of the one issuer that this API knows.
func googleOf(o tollkeeper.Organization) googleSSO {
	s := o.Issuer(tollkeeper.IssuerGoogle)
	return googleSSO{s.Enabled, s.ClientID}
}

// settings returns what changes; nil: nothing.
func (g *googleSSO) settings() []tollkeeper.IssuerSettings {
	if g == nil {
		return nil
	}
	return []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: g.Enabled, ClientID: g.ClientID}}
}

// organizationShown is the answer of docs/WIRE.md 1.2. The core has left TenantKey empty for all but
// the parent itself.
func organizationShown(_ *call, d tollkeeper.OrganizationDetails) answer {
	type credentials struct {
		PublicKey string `json:"publicKey"`
		Secret    string `json:"jwtSecret,omitempty"`
	}
	o := d.Organization
	return enveloped(struct {
		organizationMessage
		Name        string      `json:"organizationName"`
		URL         textOrNull  `json:"organizationUrl"`
		AuthURLs    authURLs    `json:"authUrls"`
		Restriction bool        `json:"domainRestrictionEnabled"`
		Verify      bool        `json:"emailVerificationRequired"`
		Google      googleSSO   `json:"googleSsoConfig"`
		Credentials credentials `json:"credentials"`
	}{
		organizationMessage{"Organization details retrieved successfully"}, o.Name, textOrNull(o.URL), authURLs(o.AuthURLs),
		o.DomainRestriction, o.VerificationRequired, googleOf(o), credentials{d.PublicKey, string(d.TenantKey)},
	})
}

// dollars writes hundredths as a JSON number: 1050 is 10.5.
func dollars(cents int64) json.Number {
	return json.Number(strconv.FormatFloat(float64(cents)/100, 'f', -1, 64))
}
