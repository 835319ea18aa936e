package client

import (
	"context"
	"encoding/json"
	"regexp"
	"time"
)

// User is an account.
type User struct {
	ID            string          `json:"id"`
	Email         string          `json:"email"`
	EmailVerified bool            `json:"emailVerified"`
	Username      string          `json:"username"` // empty: none
	Name          string          `json:"name"`     // for display; empty: none
	Locale        string          `json:"locale"`   // language tag; empty: unknown
	Role          string          `json:"role"`     // "admin", "user", "guest", or a label of the service's
	Status        string          `json:"status"`   // "active" or "disabled"
	Factors       []string        `json:"factors"`  // kinds of second factors
	Metadata      json.RawMessage `json:"metadata"` // an object of the service's own
	CreatedAt     time.Time       `json:"createdAt"`
	LastSignInAt  time.Time       `json:"lastSignInAt"`
}

// CurrentSession is what the service knows of the session that asks.
type CurrentSession struct {
	User      User      `json:"user"`
	ExpiresAt time.Time `json:"expiresAt"`
	ProvedAt  time.Time `json:"provedAt"`          // when they last proved who they are
	Limited   string    `json:"limited,omitempty"` // as in [SignInResult]
}

// OpenSession is one of an account's sessions.
type OpenSession struct {
	ID         string    `json:"id"`
	Device     string    `json:"device"`
	Network    string    `json:"network"` // masked address; empty: unknown
	CreatedAt  time.Time `json:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt"`
	ExpiresAt  time.Time `json:"expiresAt"`
	Current    bool      `json:"current"` // the one that asks
}

type openSessions struct {
	Sessions []OpenSession `json:"sessions"`
}

// Reauthentication proves once more who is signed in.
type Reauthentication struct {
	Password   Secret         `json:"password"`
	MailedCode Secret         `json:"mailedCode"` // of [Client.RequestCode] for the own address, instead of the password
	Code       Secret         `json:"code"`       // of the second factor, where there is one
	Passkey    *PasskeyAnswer `json:"passkey"`    // to [Session.BeginPasskeyProof], instead of all of them
}

// PasswordChange is a new password beside the current one.
type PasswordChange struct {
	Password    Secret `json:"password"` // the current one; empty: there is none yet, and the session was proved within five minutes
	NewPassword Secret `json:"newPassword"`
}

// EmailChange is a new address, which takes effect by [Session.ConfirmEmail].
type EmailChange struct {
	Email    string `json:"email"`
	Password Secret `json:"password"` // not needed within five minutes of a proof
}

// ProfileChange says what becomes of the profile. Nil leaves a field as it is, a pointer to "" takes it away.
type ProfileChange struct {
	Username *string `json:"username"`
	Name     *string `json:"name"`
	Locale   *string `json:"locale"` // language tag, as "de-AT"
}

type deletion struct {
	Password Secret `json:"password"`
}

// Current returns the session and its user. One that waits for a new password is refused by [ErrLimitedSession].
func (s *Session) Current(ctx context.Context) (CurrentSession, error) {
	return get[CurrentSession](ctx, s, request{method: "GET", path: "/session"})
}

// SignOut ends the session.
func (s *Session) SignOut(ctx context.Context) error {
	return s.last(ctx, request{method: "POST", path: "/sign-out"})
}

// last is a request after which the session is over.
func (s *Session) last(ctx context.Context, r request) error {
	err := s.send(ctx, r, nil)
	if err == nil {
		s.end()
	}
	return err
}

// Sessions returns the account's live sessions.
func (s *Session) Sessions(ctx context.Context) ([]OpenSession, error) {
	out, err := get[openSessions](ctx, s, request{method: "GET", path: "/sessions"})
	return out.Sessions, err
}

// EndSessions ends all of the account's sessions, this one too.
func (s *Session) EndSessions(ctx context.Context) error {
	return s.last(ctx, request{method: "DELETE", path: "/sessions"})
}

// EndOtherSessions ends all of the account's sessions but this one.
func (s *Session) EndOtherSessions(ctx context.Context) error {
	return s.send(ctx, request{method: "DELETE", path: "/sessions/others"}, nil)
}

// EndSession ends one of the account's sessions.
func (s *Session) EndSession(ctx context.Context, id string) error {
	return s.one(ctx, request{method: "DELETE"}, "/sessions/", id, "", nil)
}

// Reauthenticate proves once more who is signed in, for what asks for a fresh proof ([ErrNotRecent]).
func (s *Session) Reauthenticate(ctx context.Context, in Reauthentication) error {
	return s.send(ctx, request{method: "POST", path: "/reauthenticate", body: in}, nil)
}

// ChangePassword changes the password, or sets the first one. Every other session of the account ends.
func (s *Session) ChangePassword(ctx context.Context, in PasswordChange) error {
	return s.send(ctx, request{method: "PUT", path: "/password", body: in}, nil)
}

// ChangeEmail mails a link to the new address.
func (s *Session) ChangeEmail(ctx context.Context, in EmailChange) error {
	return s.send(ctx, request{method: "PUT", path: "/email", body: in}, nil)
}

// Account returns the signed-in user.
func (s *Session) Account(ctx context.Context) (User, error) {
	return get[User](ctx, s, request{method: "GET", path: "/account"})
}

// ChangeProfile changes username, name and locale in one step.
func (s *Session) ChangeProfile(ctx context.Context, in ProfileChange) (User, error) {
	return get[User](ctx, s, request{method: "PATCH", path: "/account", body: in})
}

// DeleteAccount deletes the account with its personal data. The password is empty for an account that has none, which
// needs a fresh session instead.
func (s *Session) DeleteAccount(ctx context.Context, password Secret) error {
	return s.last(ctx, request{method: "DELETE", path: "/account", body: deletion{password}})
}

var (
	idForm   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	nameForm = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
)

// one is a request whose path names one of a kind. Another text than an id could name another route.
func (s *Session) one(ctx context.Context, r request, before, id, after string, out any) error {
	if !idForm.MatchString(id) {
		return &Error{Code: ErrNotFound, Detail: "Not found"}
	}
	r.path = before + id + after
	return s.send(ctx, r, out)
}
