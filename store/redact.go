package store

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

var errSecret = errors.New("a secret is not encoded whole; convert it where it is meant to be shown")

// SecretText is text that does not show itself by accident: a hash, a token, a code, a link. Printed, logged or in a
// panic it is "[redacted]"; encoding it as JSON, as text or by gob is an error, so that no answer and no log carries
// one unnoticed. A conversion to string shows it.
//
// Go leaves three gaps that no method can close: what stands in an unexported field of another struct, a verb that does
// not fit a pointer inside something else (%s of a []*T), and %p and %w.
type SecretText string

// Format writes "[redacted]", for every verb.
func (SecretText) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String is "[redacted]": a panic with the value asks for it.
func (SecretText) String() string { return redacted }

// LogValue is "[redacted]".
func (SecretText) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns an error.
func (SecretText) MarshalText() ([]byte, error) { return nil, errSecret }

// MarshalBinary returns an error: gob asks for it.
func (SecretText) MarshalBinary() ([]byte, error) { return nil, errSecret }

// SecretBytes is [SecretText] of bytes: a sealed seed, a picture of one. A conversion to []byte shows it.
type SecretBytes []byte

// Format writes "[redacted]", for every verb.
func (SecretBytes) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String is "[redacted]": a panic with the value asks for it.
func (SecretBytes) String() string { return redacted }

// LogValue is "[redacted]".
func (SecretBytes) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns an error.
func (SecretBytes) MarshalText() ([]byte, error) { return nil, errSecret }

// MarshalBinary returns an error: gob asks for it.
func (SecretBytes) MarshalBinary() ([]byte, error) { return nil, errSecret }

// Format names the subject by its account's id. It stands here because fmt, given a verb that does not fit a pointer,
// prints what is behind it without asking any method.
func (s Subject) Format(f fmt.State, _ rune) { io.WriteString(f, "subject "+s.Account.ID.String()) }
