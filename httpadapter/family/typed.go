package family

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// What people type is brought to one form where it is read (docs/WIRE.md section 0). Passwords never are.

// Email is an address in a body: white space around it is dropped.
type Email string

// UnmarshalJSON takes a string.
func (e *Email) UnmarshalJSON(b []byte) error { return typeInto(e, b) }

func (e *Email) setTyped(s string) { *e = Email(strings.TrimSpace(s)) }

// Code is a one-time code in a body: it may hold spaces, hyphens and digits of full width. What is no code of six
// digits, as a recovery code, stays as it was typed but for the white space around it.
type Code string

// UnmarshalJSON takes a string.
func (k *Code) UnmarshalJSON(b []byte) error { return typeInto(k, b) }

func (k *Code) setTyped(s string) {
	plain, ok := canon.Code(s)
	if !ok {
		plain = strings.TrimSpace(s)
	}
	*k = Code(plain)
}

// typist is a field of a body that people fill in.
type typist interface{ setTyped(string) }

func typeInto(t typist, b []byte) error {
	if n := len(b); n >= 2 && b[0] == '"' && bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) { // the common spelling
		t.setTyped(string(b[1 : n-1]))
		return nil
	}
	return typeSlowly(t, b)
}

func typeSlowly(t typist, b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	t.setTyped(s)
	return nil
}
