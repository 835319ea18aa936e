package tollkeeper

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Password is a password as somebody typed it. It shows itself as little as a [SecretText]; string(p) does.
type Password string

const redacted = "[redacted]"

var errPassword = errors.New("tollkeeper: a password is not encoded")

// Format writes "[redacted]", for every verb.
func (Password) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue is "[redacted]".
func (Password) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns an error.
func (Password) MarshalText() ([]byte, error) { return nil, errPassword }
