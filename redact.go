package tollkeeper

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Password is a password as somebody typed it. It shows itself as little as a [SecretText]; string(p) shows it.
type Password string

const redacted = "[redacted]"

var errPassword = errors.New("a password is not encoded; convert it where it is meant to be shown")

// Format writes "[redacted]", for every verb.
func (Password) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String is "[redacted]": a panic with the value asks for it.
func (Password) String() string { return redacted }

// LogValue is "[redacted]".
func (Password) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns an error.
func (Password) MarshalText() ([]byte, error) { return nil, errPassword }

// MarshalBinary returns an error: gob asks for it.
func (Password) MarshalBinary() ([]byte, error) { return nil, errPassword }
