package platform

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// platformID is a PlatformId: a JSON string or number (docs/WIRE.md section 3). Its text decides what it names, so that
// "123" and 123 are the same and 1.5, 1e3 or -1 are platforms that do not exist. Nil: absent.
type platformID struct{ named *tollkeeper.Scope }

// UnmarshalJSON takes a string, a number or null.
func (p *platformID) UnmarshalJSON(b []byte) error {
	var text string
	switch b[0] {
	case '"', 'n':
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	default:
		var n json.Number
		if err := json.Unmarshal(b, &n); err != nil {
			return err
		}
		text = n.String()
	}
	where := scopeOf(text)
	p.named = &where
	return nil
}

// JSONType says how it may be written.
func (platformID) JSONType() []string { return []string{"string", "number", "null"} }

// scopeOf reads the text of a PlatformId. What is neither a number from one sequence nor a key is left as a key that no
// account has, so that it fares as an unknown platform does; so is an empty one, which is a wrong one and never an
// absent one (docs/WIRE.md section 0).
func scopeOf(text string) tollkeeper.Scope {
	const most = 1 << 53
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && n > 0 && n <= most && strconv.FormatInt(n, 10) == text {
		return tollkeeper.UnderNumber(n)
	}
	if text == "" {
		text = "empty"
	}
	return tollkeeper.UnderKey(strings.Clone(text[:min(len(text), 64)]))
}

// Locate says which platform the request names.
func (p platformID) Locate() family.Place { return family.Place{Scope: p.named} }

type signInBody struct {
	Email    family.Email `json:"email" need:""`
	Password string       `json:"password" need:""`
	Platform platformID   `json:"PlatformId"`
}

func signIn(_ *family.Call, b signInBody) (tollkeeper.SignInRequest, error) {
	return tollkeeper.SignInRequest{Email: string(b.Email), Password: tollkeeper.Password(b.Password)}, nil
}

type addressBody struct {
	Email    family.Email `json:"email" need:""`
	Platform platformID   `json:"PlatformId"`
}

func address(_ *family.Call, b addressBody) (tollkeeper.MailRequest, error) {
	return tollkeeper.MailRequest{Email: string(b.Email)}, nil
}

type codeBody struct {
	Email    family.Email `json:"email" need:""`
	Code     family.Code  `json:"otp" need:""`
	Platform platformID   `json:"PlatformId"`
}

func code(_ *family.Call, b codeBody) (tollkeeper.CodeRequest, error) {
	return tollkeeper.CodeRequest{Email: string(b.Email), Code: tollkeeper.SecretText(b.Code)}, nil
}

type resetBody struct {
	Token    string `json:"token" need:""`
	Password string `json:"password" need:""`
}

func reset(_ *family.Call, b resetBody) (tollkeeper.ResetRequest, error) {
	return tollkeeper.ResetRequest{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password)}, nil
}
