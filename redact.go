package tollkeeper

import (
	"errors"
	"fmt"
	"log/slog"
)

// Values that carry a password, a hash, a seed, a token or a code show none of it when they are printed or logged, and
// refuse to be encoded whole (R83, R86): a host names the fields it wants to show.

var errSecretInside = errors.New("tollkeeper: holds secrets; encode the fields you want to show")

// String names the session's account, without the tokens.
func (r SignInResult) String() string {
	return fmt.Sprintf("sign-in of %s, challenge: %t", r.Subject.Account.ID, r.Challenge != "")
}

// GoString is String.
func (r SignInResult) GoString() string { return r.String() }

// LogValue is String.
func (r SignInResult) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON answers an error.
func (SignInResult) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// hidden is what requests and messages show of themselves.
func hidden(what string) string { return what + " " + redacted }

// String hides the password.
func (SignInRequest) String() string { return hidden("SignInRequest") }

// GoString hides the password.
func (r SignInRequest) GoString() string { return r.String() }

// String hides the password.
func (SignUpRequest) String() string { return hidden("SignUpRequest") }

// GoString hides the password.
func (r SignUpRequest) GoString() string { return r.String() }

// String hides the code.
func (CodeRequest) String() string { return hidden("CodeRequest") }

// GoString hides the code.
func (r CodeRequest) GoString() string { return r.String() }

// String hides token and password.
func (ResetRequest) String() string { return hidden("ResetRequest") }

// GoString hides token and password.
func (r ResetRequest) GoString() string { return r.String() }

// String hides the password.
func (AccountSpec) String() string { return hidden("AccountSpec") }

// GoString hides the password.
func (s AccountSpec) GoString() string { return s.String() }

// String hides the password.
func (BootstrapRequest) String() string { return hidden("BootstrapRequest") }

// GoString hides the password.
func (r BootstrapRequest) GoString() string { return r.String() }

// LogValue is String.
func (r SignInRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON answers an error.
func (SignInRequest) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// LogValue is String.
func (r SignUpRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON answers an error.
func (SignUpRequest) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// LogValue is String.
func (r CodeRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON answers an error.
func (CodeRequest) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// LogValue is String.
func (r ResetRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON answers an error.
func (ResetRequest) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// LogValue is String.
func (s AccountSpec) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON answers an error.
func (AccountSpec) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// LogValue is String.
func (r BootstrapRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON answers an error.
func (BootstrapRequest) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// String hides challenge and code.
func (FactorRequest) String() string { return hidden("FactorRequest") }

// GoString hides challenge and code.
func (r FactorRequest) GoString() string { return r.String() }

// LogValue is String.
func (r FactorRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON answers an error.
func (FactorRequest) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// String hides the ID token.
func (GoogleRequest) String() string { return hidden("GoogleRequest") }

// GoString hides the ID token.
func (r GoogleRequest) GoString() string { return r.String() }

// LogValue is String.
func (r GoogleRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON answers an error.
func (GoogleRequest) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// String hides the jwtSecret.
func (d OrganizationDetails) String() string { return "organization of " + d.Owner.String() }

// GoString hides the jwtSecret.
func (d OrganizationDetails) GoString() string { return d.String() }

// MarshalJSON answers an error.
func (OrganizationDetails) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// String names the mail, without its text, which may hold a code or link.
func (m Message) String() string { return fmt.Sprintf("message %s (%s)", m.ID, m.Kind) }

// GoString is String.
func (m Message) GoString() string { return m.String() }

// LogValue is String.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.String()) }
