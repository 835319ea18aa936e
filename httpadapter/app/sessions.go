package app

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// sessionRoutes begin, read and end sessions.
func sessionRoutes(prefix string) []family.Route {
	signedUp := family.Choice(signedUpAt(prefix+"/account"), family.Of[sessionBody](http.StatusCreated), family.OfNothing(http.StatusAccepted))
	return []family.Route{
		family.On("POST", "/sign-up", family.Body(signUp), family.SignUp, signedUp).
			Is("makes an account and begins a session; where the address must be confirmed first it mails a link instead, and tells nobody whether the address was taken"),
		family.On("POST", "/sign-in", family.Body(signIn), family.SignIn, session).Saying(notSignedIn).
			Is("begins a session with email or username and password, or stops at a challenge for the second factor"),
		family.On("POST", "/challenge", family.Body(factor), verifyFactor, session).
			Is("ends a challenge with a code of the authenticator app, a recovery code or a passkey"),
		family.On("POST", "/sign-out", family.Nothing(), family.SignOut, family.Empty[family.None]()).Asks(family.SignedIn).
			Is("ends the session"),
		family.On("GET", "/session", family.Nothing(), family.Profile, family.JSON(currentShown)).Asks(family.SignedIn).
			Is("the session and its user"),
		family.On("POST", "/session/refresh", family.Body(family.RefreshOf), family.Refresh, family.JSON(refreshed)).
			Is("exchanges a refresh token for the next pair"),
		family.On("GET", "/sessions", family.Nothing(), family.Sessions, family.JSON(sessionsShown)).Asks(family.SignedIn).
			Is("the account's sessions"),
		family.On("DELETE", "/sessions", family.Nothing(), family.EndSessions, family.Empty[family.None]()).Asks(family.SignedIn).
			Is("ends all of them"),
		family.On("DELETE", "/sessions/others", family.Nothing(), family.EndOtherSessions, family.Empty[family.None]()).Asks(family.SignedIn).
			Is("ends all but the one that asks"),
		family.On("DELETE", "/sessions/{id}", family.Nothing(), family.EndSession, family.Empty[family.None]()).Asks(family.SignedIn).
			Is("ends one of them"),
		family.On("POST", "/reauthenticate", family.Body(proof), family.Reauthenticate, family.Empty[family.None]()).Asks(family.SignedIn).
			Saying(wrongProof).Is("proves once more who is signed in, for what asks for a fresh proof"),
	}
}

// notSignedIn is the same for whoever may not come in without more proof, so that nobody learns by it which addresses
// are taken.
var notSignedIn = family.At(tollkeeper.ErrInvalidCredentials, 401, "", "Wrong email, username or password, or the email address is not confirmed yet")

type signUpBody struct {
	Email      family.Email `json:"email" need:""`
	Password   string       `json:"password" need:""`
	Username   string       `json:"username" about:"1 to 30 letters, digits and underscores"`
	Name       string       `json:"name" about:"for display"`
	Captcha    string       `json:"captcha" about:"what the page's captcha gave, where the service wants one"`
	RememberMe bool         `json:"rememberMe" about:"the cookie outlives the browser"`
}

func signUp(_ *family.Call, b signUpBody) (tollkeeper.SignUpRequest, error) {
	return tollkeeper.SignUpRequest{
		Email: string(b.Email), Password: tollkeeper.Password(b.Password), Username: b.Username, Name: b.Name, Captcha: b.Captcha, Neutral: true,
	}, nil
}

type signInBody struct {
	Email      family.Email `json:"email" about:"or username"`
	Username   string       `json:"username" about:"instead of email"`
	Password   string       `json:"password" need:""`
	RememberMe bool         `json:"rememberMe" about:"the cookie outlives the browser"`
}

func signIn(_ *family.Call, b signInBody) (tollkeeper.SignInRequest, error) {
	if b.Email == "" && b.Username == "" {
		return tollkeeper.SignInRequest{}, tollkeeper.ErrMissing.WithField("email")
	}
	return tollkeeper.SignInRequest{Email: string(b.Email), Username: b.Username, Password: tollkeeper.Password(b.Password), Neutral: true}, nil
}

type factorBody struct {
	Challenge  string              `json:"challenge" about:"not needed where the browser keeps it, after it came back from an issuer"`
	Code       family.Code         `json:"code" about:"six digits, or a recovery code"`
	Passkey    *family.PasskeyBody `json:"passkey" about:"instead of code"`
	RememberMe bool                `json:"rememberMe" about:"the cookie outlives the browser"`
}

func factor(c *family.Call, b factorBody) (r tollkeeper.FactorRequest, err error) {
	if r.Challenge, err = challengeOf(c, b.Challenge); err != nil {
		return r, err
	}
	r.Code, r.Passkey, err = family.CodeOr(b.Code, b.Passkey)
	return r, err
}

// challengeOf is the challenge of a body, or the one that the browser keeps.
func challengeOf(c *family.Call, text string) (tollkeeper.SecretText, error) {
	challenge := tollkeeper.SecretText(text)
	if challenge == "" {
		challenge = c.KeptChallenge()
	}
	if challenge == "" {
		return "", tollkeeper.ErrMissing.WithField("challenge")
	}
	return challenge, nil
}

func verifyFactor(c *family.Call, in tollkeeper.FactorRequest) (tollkeeper.SignInResult, error) {
	s, err := family.VerifyFactor(c, in)
	if err == nil {
		c.DropChallenge()
	}
	return s, err
}

type reauthenticationBody struct {
	Password   string              `json:"password" about:"or mailedCode, or passkey"`
	MailedCode family.Code         `json:"mailedCode" about:"of POST /code for the own address, instead of the password"`
	Code       family.Code         `json:"code" about:"of the second factor, where there is one"`
	Passkey    *family.PasskeyBody `json:"passkey" about:"instead of all of them"`
}

func proof(_ *family.Call, b reauthenticationBody) (tollkeeper.Confirmation, error) {
	p, err := b.Passkey.Answer()
	if err == nil && p.IsZero() && b.Password == "" && b.MailedCode == "" {
		err = tollkeeper.ErrMissing.WithField("password")
	}
	return tollkeeper.Confirmation{
		Password: tollkeeper.Password(b.Password), MailedCode: tollkeeper.SecretText(b.MailedCode), Code: tollkeeper.SecretText(b.Code), Passkey: p,
	}, err
}

// sessionBody is a new session. With the cookie it has no token.
type sessionBody struct {
	User            user                  `json:"user"`
	Token           string                `json:"token,omitempty" about:"bearer token; absent where the session is in the cookie"`
	ExpiresAt       time.Time             `json:"expiresAt"`
	RefreshToken    string                `json:"refreshToken,omitempty" about:"absent without token, and where the service has none"`
	PasswordExpired bool                  `json:"passwordExpired,omitempty" about:"the service wants another one"`
	Limited         tollkeeper.Limitation `json:"limited,omitempty" about:"why the session serves the own account only; absent: it does not" enum:"unverified,password,second-factor"`
	Dropped         *family.Dropped       `json:"dropped,omitempty" about:"what the first proof of the mailbox took away"`
}

type challengeBody struct {
	Challenge string          `json:"challenge"`
	Methods   []string        `json:"methods" about:"that end it" enum:"totp,passkey,recovery"`
	ExpiresAt time.Time       `json:"expiresAt"`
	Dropped   *family.Dropped `json:"dropped,omitempty"`
}

var session = family.Choice(sessionShown, family.Of[sessionBody](http.StatusOK), family.Of[challengeBody](http.StatusOK))

func sessionShown(c *family.Call, s tollkeeper.SignInResult) family.Answer {
	if s.Challenge != "" {
		return family.Answer{Body: challengeBody{string(s.Challenge), s.Methods, s.ExpiresAt.UTC(), family.DroppedOf(s.Dropped)}}
	}
	return family.Answer{Body: sessionOf(c, s)}
}

func sessionOf(c *family.Call, s tollkeeper.SignInResult) sessionBody {
	b := sessionBody{
		User: userOf(s.Subject.Account), ExpiresAt: s.ExpiresAt.UTC(), PasswordExpired: s.PasswordExpired, Limited: s.Limited,
		Dropped: family.DroppedOf(s.Dropped),
	}
	if !c.InCookie() {
		b.Token, b.RefreshToken = string(s.Token), string(s.Refresh)
	}
	return b
}

// signedUpAt shows the session of a new account. Without one a mail is on its way, and nothing else is told.
func signedUpAt(account string) func(*family.Call, tollkeeper.SignUpResult) family.Answer {
	return func(c *family.Call, s tollkeeper.SignUpResult) family.Answer {
		if s.Token == "" {
			return family.Answer{Status: http.StatusAccepted}
		}
		return family.Answer{Status: http.StatusCreated, Body: sessionOf(c, s.SignInResult), Location: account}
	}
}

type tokensBody struct {
	Token        string    `json:"token"`
	RefreshToken string    `json:"refreshToken"`
	ExpiresAt    time.Time `json:"expiresAt" about:"of token"`
}

func refreshed(_ *family.Call, s tollkeeper.SignInResult) tokensBody {
	return tokensBody{string(s.Token), string(s.Refresh), s.ExpiresAt.UTC()}
}

type currentSessionBody struct {
	User      user                  `json:"user"`
	ExpiresAt time.Time             `json:"expiresAt"`
	ProvedAt  time.Time             `json:"provedAt" about:"when they last proved who they are"`
	Limited   tollkeeper.Limitation `json:"limited,omitempty" about:"why the session serves the own account only; one that waits for a new password is 403 limited_session here" enum:"unverified,second-factor"`
}

func currentShown(c *family.Call, p tollkeeper.Profile) currentSessionBody {
	id := c.Identity()
	return currentSessionBody{userOf(p.Subject.Account), id.ExpiresAt.UTC(), id.ProvedAt.UTC(), id.Limited}
}

type openSession struct {
	ID         uuid.UUID `json:"id"`
	Device     string    `json:"device"`
	Network    string    `json:"network" about:"masked address; empty: unknown"`
	CreatedAt  time.Time `json:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt"`
	ExpiresAt  time.Time `json:"expiresAt"`
	Current    bool      `json:"current"`
}

type sessionsBody struct {
	Sessions []openSession `json:"sessions"`
}

func sessionsShown(_ *family.Call, list []tollkeeper.SessionInfo) sessionsBody {
	shown := make([]openSession, len(list))
	for i, s := range list {
		shown[i] = openSession{s.ID, s.Device, s.Network, s.CreatedAt.UTC(), s.SeenAt.UTC(), s.EndsAt.UTC(), s.Current}
	}
	return sessionsBody{shown}
}
