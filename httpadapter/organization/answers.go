package organization

import (
	"encoding/json"
	"strconv"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// envelope is a success of the family.
type envelope[T any] struct {
	Success bool `json:"success"`
	Data    T    `json:"data"`
}

// enveloped makes a 200 of data.
func enveloped[Out, T any](convert func(*family.Call, Out) T) family.Encoder[Out] {
	return family.JSON(func(c *family.Call, out Out) envelope[T] { return envelope[T]{true, convert(c, out)} })
}

type messageBody struct {
	Message string `json:"message"`
}

func says(message string) family.Encoder[family.None] {
	return family.Constant[family.None](200, envelope[messageBody]{true, messageBody{message}})
}

// verifiedBody adds to the documented answer whether the mailbox is proven, too (ours).
type verifiedBody struct {
	messageBody
	Proven bool `json:"proven,omitempty"`
}

func verified(_ *family.Call, v tollkeeper.Verified) verifiedBody {
	return verifiedBody{messageBody{"Email verified successfully"}, v.Proven}
}

type resetDoneBody struct {
	messageBody
	Dropped *family.Dropped `json:"dropped,omitempty"`
}

func resetDone(_ *family.Call, d tollkeeper.Dropped) resetDoneBody {
	return resetDoneBody{messageBody{"Password updated successfully"}, family.DroppedOf(d)}
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

// JSONType says how it is written.
func (textOrNull) JSONType() []string { return []string{"string", "null"} }

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

// user is an account as sign-in shows it (docs/WIRE.md 1.1).
type user struct {
	UserID      uuid.UUID  `json:"userID"`
	Email       string     `json:"email"`
	Username    string     `json:"username"`
	AccountType string     `json:"accountType" enum:"parent,child"`
	Parent      string     `json:"parentAccount"`
	PublicKey   string     `json:"publicKey"`
	Name        string     `json:"organizationName"`
	URL         textOrNull `json:"organizationUrl"`
	Updates     int        `json:"organizationUpdateCount"`
}

func userOf(s tollkeeper.Subject) user {
	u := user{
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

type sessionBody struct {
	Token    string          `json:"token"`
	Refresh  string          `json:"refreshToken,omitempty"`
	User     user            `json:"user"`
	Password passwordStatus  `json:"passwordStatus"`
	Secret   string          `json:"jwtSecret,omitempty"`
	Dropped  *family.Dropped `json:"dropped,omitempty"`
}

var session = family.Choice(sessionShown, family.Of[envelope[sessionBody]](200), family.Of[envelope[family.Challenge]](200))

func challenged(s tollkeeper.SignInResult) family.Answer {
	return family.Answer{Body: envelope[family.Challenge]{true, family.ChallengeOf(s)}}
}

func sessionShown(_ *family.Call, s tollkeeper.SignInResult) family.Answer {
	if s.Challenge != "" {
		return challenged(s)
	}
	return family.Answer{Body: envelope[sessionBody]{true, sessionBody{
		string(s.Token), string(s.Refresh), userOf(s.Subject), passwordStatus{s.PasswordExpired, s.DaysUntilExpiry},
		string(s.TenantKey), family.DroppedOf(s.Dropped),
	}}}
}

type newAccount struct {
	UserID      uuid.UUID  `json:"userID"`
	Username    string     `json:"username"`
	Email       string     `json:"email"`
	CreatedAt   int64      `json:"createdAt" about:"unix seconds"`
	PublicKey   string     `json:"publicKey"`
	Verified    bool       `json:"emailVerified"`
	Parent      textOrNull `json:"parentAccount"`
	AccountType string     `json:"accountType" enum:"parent,child"`
	Sent        bool       `json:"emailVerificationSent"`
}

type signedUpBody struct {
	Token   string     `json:"token"`
	Refresh string     `json:"refreshToken,omitempty"`
	Data    newAccount `json:"data"`
}

func signedUp(_ *family.Call, s tollkeeper.SignUpResult) signedUpBody {
	a := s.Subject.Account
	return signedUpBody{string(s.Token), string(s.Refresh), newAccount{
		a.ID, a.Username, a.Email, a.CreatedAt.Unix(), a.PublicKey, !a.EmailVerifiedAt.IsZero(),
		textOrNull(parentOf(s.Subject)), accountType(s.Subject), s.VerificationSent,
	}}
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

type credentials struct {
	PublicKey string `json:"publicKey"`
	Secret    string `json:"jwtSecret,omitempty"`
}

type detailsBody struct {
	messageBody
	Name        string      `json:"organizationName"`
	URL         textOrNull  `json:"organizationUrl"`
	AuthURLs    authURLs    `json:"authUrls"`
	Restriction bool        `json:"domainRestrictionEnabled"`
	Verify      bool        `json:"emailVerificationRequired"`
	Google      googleSSO   `json:"googleSsoConfig"`
	Credentials credentials `json:"credentials"`
}

// detailsShown is the answer of docs/WIRE.md 1.2. The core has left TenantKey empty for all but the parent itself.
func detailsShown(_ *family.Call, d tollkeeper.OrganizationDetails) detailsBody {
	o := d.Organization
	return detailsBody{
		messageBody{"Organization details retrieved successfully"}, o.Name, textOrNull(o.URL), authURLs(o.AuthURLs),
		o.DomainRestriction, o.VerificationRequired, googleOf(o), credentials{d.PublicKey, string(d.TenantKey)},
	}
}

// dollars writes hundredths as a JSON number: 1050 is 10.5.
func dollars(cents int64) json.Number {
	return json.Number(strconv.FormatFloat(float64(cents)/100, 'f', -1, 64))
}
