package store

import (
	"errors"
	"log/slog"
)

var errSecretInside = errors.New("store: holds secrets; encode the fields you want to show")

// String names the account by its id.
func (x Account) String() string { return "account " + x.ID.String() }

// GoString names the account by its id.
func (x Account) GoString() string { return x.String() }

// LogValue names the account by its id.
func (x Account) LogValue() slog.Value { return slog.StringValue(x.String()) }

// MarshalJSON answers an error.
func (Account) MarshalJSON() ([]byte, error) { return nil, errSecretInside }

// String names the account by its id.
func (s Subject) String() string { return "subject " + s.Account.ID.String() }

// GoString names the account by its id.
func (s Subject) GoString() string { return s.String() }
