package family

import (
	"encoding/json"
	"strings"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// What people type is brought to one form where it is read (docs/WIRE.md section 0). Passwords never are.

// Email is an address in a body: white space around it is dropped.
type Email string

// UnmarshalJSON takes a string.
func (e *Email) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*e = Email(strings.TrimSpace(s))
	return nil
}

// Code is a one-time code in a body: it may hold spaces, hyphens and digits of full width. What is no code of six
// digits, as a recovery code, stays as it was typed but for the white space around it.
type Code string

// UnmarshalJSON takes a string.
func (k *Code) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	plain, ok := canon.Code(s)
	if !ok {
		plain = strings.TrimSpace(s)
	}
	*k = Code(plain)
	return nil
}
