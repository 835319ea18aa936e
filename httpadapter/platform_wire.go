package httpadapter

import (
	"cmp"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func platformSignIn(c *call) (tollkeeper.SignInRequest, error) {
	b, err := body[struct {
		Email    string     `json:"email"`
		Password string     `json:"password"`
		Platform platformID `json:"PlatformId"`
	}](c)
	c.named = b.Platform.named
	if err == nil && (b.Email == "" || b.Password == "") {
		err = missing(platformNeedsPassword)
	}
	return tollkeeper.SignInRequest{Email: b.Email, Password: tollkeeper.Password(b.Password)}, err
}

func platformMail(c *call) (tollkeeper.MailRequest, error) {
	b, err := body[struct {
		Email    string     `json:"email"`
		Platform platformID `json:"PlatformId"`
	}](c)
	c.named = b.Platform.named
	if err == nil && b.Email == "" {
		err = missing(platformNeedsEmail)
	}
	return tollkeeper.MailRequest{Email: b.Email}, err
}

func platformCode(c *call) (tollkeeper.CodeRequest, error) {
	b, err := body[struct {
		Email    string     `json:"email"`
		Code     string     `json:"otp"`
		Platform platformID `json:"PlatformId"`
	}](c)
	c.named = b.Platform.named
	if err == nil && (b.Email == "" || b.Code == "") {
		err = missing(platformNeedsCode)
	}
	return tollkeeper.CodeRequest{Email: b.Email, Code: tollkeeper.SecretText(b.Code)}, err
}

func platformReset(c *call) (tollkeeper.ResetRequest, error) {
	b, err := body[struct {
		Token    string `json:"token"`
		Password string `json:"password"`
	}](c)
	if err == nil && (b.Token == "" || b.Password == "") {
		err = missing(platformNeedsToken)
	}
	return tollkeeper.ResetRequest{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password)}, err
}

// platformUser is an account as the platform family shows it. ID is a JSON number.
type platformUser struct {
	ID     int64             `json:"id"`
	Email  string            `json:"email"`
	Name   string            `json:"name"`
	Role   tollkeeper.Role   `json:"role"`
	Status tollkeeper.Status `json:"status"`
}

func platformSession(_ *call, s tollkeeper.SignInResult) answer {
	if s.Challenge != "" {
		return answer{body: mfaChallenge(s)}
	}
	a := s.Subject.Account
	return answer{body: struct {
		Token   string       `json:"token"`
		Refresh string       `json:"refreshToken,omitempty"`
		User    platformUser `json:"user"`
		Dropped *dropped     `json:"dropped,omitempty"`
	}{string(s.Token), string(s.Refresh), platformUser{a.Number, a.Email, cmp.Or(a.Name, a.Username), a.Role, a.Status}, droppedOf(s.Dropped)}}
}

// challenge is a sign-in that waits for the second factor (docs/WIRE.md section 4).
type challenge struct {
	Required  bool     `json:"mfaRequired"`
	Challenge string   `json:"challenge"`
	ExpiresIn int64    `json:"expiresIn"` // seconds
	Dropped   *dropped `json:"dropped,omitempty"`
}

func mfaChallenge(s tollkeeper.SignInResult) challenge {
	return challenge{true, string(s.Challenge), int64(s.ExpiresIn / time.Second), droppedOf(s.Dropped)}
}

// dropped is what a first proof of the mailbox took away (ours).
type dropped struct {
	Password   bool `json:"password"`
	Identities int  `json:"identities"`
	Secret     bool `json:"secret,omitempty"`
}

// droppedOf is nil when nothing was: the documented answers stay as they are.
func droppedOf(d tollkeeper.Dropped) *dropped {
	if !d.Any() {
		return nil
	}
	return &dropped{d.Password, len(d.Identities), d.TenantKey}
}

// platformStatus shows who is signed in. Only active accounts have sessions.
func platformStatus(_ *call, id *tollkeeper.Identity) answer {
	return answer{body: struct {
		Authenticated bool         `json:"authenticated"`
		User          platformUser `json:"user"`
	}{true, platformUser{id.Number, id.Email, cmp.Or(id.Name, id.Username), id.Role, tollkeeper.StatusActive}}}
}

type platformMessage struct {
	Message string `json:"message"`
}

func platformSays(message string) func(*call, done) answer {
	a := answer{body: platformMessage{message}}
	return func(*call, done) answer { return a }
}

func platformResetShown(_ *call, d tollkeeper.Dropped) answer {
	return answer{body: struct {
		platformMessage
		Dropped *dropped `json:"dropped,omitempty"`
	}{platformMessage{"Password successfully reset"}, droppedOf(d)}}
}

// platformCodeSent says how long a code lives, in seconds.
func platformCodeSent(*call, done) answer {
	return answer{body: struct {
		Message   string `json:"message"`
		ExpiresIn int    `json:"expiresIn"`
	}{"OTP sent successfully", 300}}
}
