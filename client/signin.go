package client

import (
	"context"
	"fmt"
	"io"
	"time"
)

// SignUp is somebody who wants an account.
type SignUp struct {
	Email    string `json:"email"`
	Password Secret `json:"password"`
	Username string `json:"username"` // 1 to 30 letters, digits and underscores; empty: none
	Name     string `json:"name"`     // for display
	Captcha  string `json:"captcha"`  // what the puzzle of the page gave, where the service wants one
}

// SignIn is somebody who comes in with a password. One of Email and Username is needed.
type SignIn struct {
	Email    string `json:"email"`
	Username string `json:"username"`
	Password Secret `json:"password"`
}

// FactorSignIn ends a challenge.
type FactorSignIn struct {
	Challenge Secret         `json:"challenge"`
	Code      Secret         `json:"code"`    // six digits of the app, or a recovery code
	Passkey   *PasskeyAnswer `json:"passkey"` // to [Client.BeginPasskeyFactor], instead of Code
}

// CodeSignIn is somebody who comes in with a mailed code.
type CodeSignIn struct {
	Email   string `json:"email"`
	Code    Secret `json:"code"`    // six digits
	Captcha string `json:"captcha"` // as of a sign-up, which it may be
}

// LinkSignIn is somebody who comes in with a mailed link.
type LinkSignIn struct {
	Token   Secret `json:"token"`
	Captcha string `json:"captcha"` // as of a sign-up, which it may be
}

// LinkRequest asks for a link.
type LinkRequest struct {
	Email    string `json:"email"`
	WithCode bool   `json:"withCode"` // the mail has a one-time code, too, for who reads it on another device
}

// MailedLink is what a link that signs in is for.
type MailedLink struct {
	Email  string `json:"email"`  // of the account
	SignUp bool   `json:"signUp"` // it makes the account
}

// SignInResult says where a sign-in or sign-up led to. Exactly one of Session, Challenge and Mailed is set.
type SignInResult struct {
	// Session is theirs from now on.
	Session *Session

	// Challenge means that the account has a second factor: [Client.SignInWithFactor] goes on.
	Challenge *Challenge

	// Mailed means that the address must be confirmed first, by the link in a mail. It is said for a new address and
	// for a taken one.
	Mailed bool

	User            User     // with a Session; its LastSignInAt is the one before
	PasswordExpired bool     // the service wants another password
	Limited         string   // why the session serves its own account only: "unverified", "password", "second-factor"; empty: it does not
	Dropped         *Dropped // what the first proof of the mailbox took away; nil: nothing
}

// Challenge is a sign-in that waits for a second factor.
type Challenge struct {
	Challenge Secret    `json:"challenge"`
	Methods   []string  `json:"methods"` // that end it, as "totp", "recovery"; more may come
	ExpiresAt time.Time `json:"expiresAt"`
	Dropped   *Dropped  `json:"dropped,omitempty"`
}

// Format writes what it is, for every verb: one that does not fit a pointer would show a secret behind it.
func (Challenge) Format(f fmt.State, _ rune) { io.WriteString(f, "client.Challenge") }

// Dropped is what the first proof of a mailbox took away from an account that somebody else may have made
// (docs/WIRE.md section 4).
type Dropped struct {
	Password     bool `json:"password"`
	Identities   int  `json:"identities"`
	Secret       bool `json:"secret,omitempty"`
	Organization bool `json:"organization,omitempty"`
}

// begun is a new session as it is answered.
type begun struct {
	User            User      `json:"user"`
	Token           Secret    `json:"token,omitempty"`
	ExpiresAt       time.Time `json:"expiresAt"`
	RefreshToken    Secret    `json:"refreshToken,omitempty"`
	PasswordExpired bool      `json:"passwordExpired,omitempty"`
	Limited         string    `json:"limited,omitempty"`
	Dropped         *Dropped  `json:"dropped,omitempty"`
}

// beginning is either answer to a sign-in. Both have ExpiresAt and Dropped, which are those of the one that is there.
type beginning struct {
	begun
	Challenge Secret   `json:"challenge"`
	Methods   []string `json:"methods"`
}

// SignUp makes an account. Where the address must be confirmed first, the result is Mailed; elsewhere it has a Session,
// or the error is [ErrEmailTaken].
func (c *Client) SignUp(ctx context.Context, in SignUp) (SignInResult, error) {
	return c.begin(ctx, request{method: "POST", path: "/sign-up", body: in, empty: true})
}

// SignIn begins a session with a password, or stops at a challenge. [ErrInvalidCredentials] is the one error for an
// unknown account, a wrong password and an address that is not confirmed.
func (c *Client) SignIn(ctx context.Context, in SignIn) (SignInResult, error) {
	return c.begin(ctx, request{method: "POST", path: "/sign-in", body: in})
}

// SignInWithFactor ends a challenge.
func (c *Client) SignInWithFactor(ctx context.Context, in FactorSignIn) (SignInResult, error) {
	return c.begin(ctx, request{method: "POST", path: "/challenge", body: in})
}

// RequestCode mails a one-time code, if the address has an account, or may have one: where sign-up is open, the code
// makes it, without a password. Nobody is told which.
func (c *Client) RequestCode(ctx context.Context, email string) error {
	return c.send(ctx, request{method: "POST", path: "/code", body: mailbox{email}}, "", nil)
}

// RequestLink mails a link that signs in, to whom [Client.RequestCode] mails a code.
func (c *Client) RequestLink(ctx context.Context, in LinkRequest) error {
	return c.send(ctx, request{method: "POST", path: "/link", body: in}, "", nil)
}

// ShowLink says what a link is for, so that a page can ask before it uses it.
func (c *Client) ShowLink(ctx context.Context, token Secret) (MailedLink, error) {
	var out MailedLink
	err := c.send(ctx, request{method: "POST", path: "/link/show", body: mailed{token}}, "", &out)
	return out, err
}

// SignInWithLink begins a session with the token of a mailed link, or stops at a challenge.
func (c *Client) SignInWithLink(ctx context.Context, in LinkSignIn) (SignInResult, error) {
	return c.begin(ctx, linkSignIn(in))
}

// SignInWithLink is [Client.SignInWithLink] by somebody who has a session already, as [Session.SignInWithCode] is.
func (s *Session) SignInWithLink(ctx context.Context, in LinkSignIn) (SignInResult, error) {
	var b beginning
	if err := s.send(ctx, linkSignIn(in), &b); err != nil {
		return SignInResult{}, err
	}
	return s.client.result(linkSignIn(in), b)
}

func linkSignIn(in LinkSignIn) request {
	return request{method: "POST", path: "/link/verify", body: in}
}

// SignInWithCode begins a session with a mailed code, or stops at a challenge.
func (c *Client) SignInWithCode(ctx context.Context, in CodeSignIn) (SignInResult, error) {
	return c.begin(ctx, codeSignIn(in))
}

// SignInWithCode is [Client.SignInWithCode] by somebody who has a session already: where the code is the first proof of
// the mailbox, nothing of the account is dropped. This Session stays as it is.
func (s *Session) SignInWithCode(ctx context.Context, in CodeSignIn) (SignInResult, error) {
	var b beginning
	if err := s.send(ctx, codeSignIn(in), &b); err != nil {
		return SignInResult{}, err
	}
	return s.client.result(codeSignIn(in), b)
}

func codeSignIn(in CodeSignIn) request {
	return request{method: "POST", path: "/code/verify", body: in}
}

// Refresh exchanges a refresh token for the next pair. A [Session] does that by itself.
func (c *Client) Refresh(ctx context.Context, refreshToken Secret) (Tokens, error) {
	var t Tokens
	r := request{method: "POST", path: "/session/refresh", body: refresh{refreshToken}}
	if err := c.send(ctx, r, "", &t); err != nil {
		return Tokens{}, err
	}
	if t.Token == "" || t.RefreshToken == "" {
		return Tokens{}, fmt.Errorf("%s %s: %w: it has no tokens", r.method, r.path, ErrAnswer)
	}
	return t, nil
}

type refresh struct {
	RefreshToken Secret `json:"refreshToken"`
}

// begin asks for a session, as nobody.
func (c *Client) begin(ctx context.Context, r request) (SignInResult, error) {
	var b beginning
	if err := c.send(ctx, r, "", &b); err != nil {
		return SignInResult{}, err
	}
	return c.result(r, b)
}

func (c *Client) result(r request, b beginning) (SignInResult, error) {
	switch {
	case b.Challenge != "":
		challenge := Challenge{Challenge: b.Challenge, Methods: b.Methods, ExpiresAt: b.ExpiresAt, Dropped: b.Dropped}
		return SignInResult{Challenge: &challenge, Dropped: b.Dropped}, nil
	case b.Token != "":
		s := &Session{client: c}
		s.take(Tokens{Token: b.Token, RefreshToken: b.RefreshToken, ExpiresAt: b.ExpiresAt})
		return SignInResult{
			Session: s, User: b.User, PasswordExpired: b.PasswordExpired, Limited: b.Limited, Dropped: b.Dropped,
		}, nil
	case r.empty && b.ExpiresAt.IsZero():
		return SignInResult{Mailed: true}, nil
	}
	return SignInResult{}, fmt.Errorf("%s %s: %w: it has no session", r.method, r.path, ErrAnswer)
}
