package tollkeeper

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/tollkeeper/tollkeeper/store"
)

// What is secret redacts itself, by its type: a struct that holds one needs no methods of its own (R83, R86).

type (
	// SecretText is text that shows itself nowhere: a token, a code, a hash, a mail with a link. Formatted or logged it is
	// "[redacted]", and encoding it as JSON is an error, so that no answer and no log carries one by accident. string(t)
	// shows it.
	SecretText = store.SecretText

	// SecretBytes is [SecretText] of bytes. []byte(b) shows it.
	SecretBytes = store.SecretBytes
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
