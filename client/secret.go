package client

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Secret is a password, a token or a code. It is sent to the service, and shows itself nowhere else: formatting and
// logging give "[redacted]", encoding it is an error. string(s) shows it, as for a file that keeps it.
type Secret string

const redacted = "[redacted]"

var errSecret = errors.New("client: a secret is not encoded; convert it where it is meant to be shown")

// Format writes "[redacted]", for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String is "[redacted]": a panic with the value asks for it.
func (Secret) String() string { return redacted }

// LogValue is "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns an error.
func (Secret) MarshalText() ([]byte, error) { return nil, errSecret }

// MarshalBinary returns an error: gob asks for it.
func (Secret) MarshalBinary() ([]byte, error) { return nil, errSecret }
