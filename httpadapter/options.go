package httpadapter

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper"
)

// Options say how the families are mounted. Every zero is the documented default; only V1Scope is required,
// and only where the v1 family is mounted. It is copied: changing it afterwards has no effect.
type Options struct {
	// V1Scope is the parent whose children are the users of the v1 family: the house that Bootstrap makes, or a tenant.
	// [tollkeeper.Root] is refused: its accounts are the organization family's parents (docs/WIRE.md section 2).
	V1Scope uuid.UUID

	// DefaultPlatform is the platform of a request without PlatformId: an account number ("123") or a public key.
	// Empty: such a request is refused (docs/WIRE.md section 3).
	DefaultPlatform string

	// TrustedProxies are the networks whose X-Forwarded-For is believed. Empty: none, the peer is the client.
	TrustedProxies []netip.Prefix

	// Accept lets a family take tokens of other families besides its own. Nil: none. What such a token may do is
	// still decided by its account.
	Accept map[tollkeeper.Audience][]tollkeeper.Audience

	// NoCharacterRules drops the rule that new passwords of the organization family have upper, lower, digit and
	// special characters (docs/WIRE.md 1.3). The core's password policy holds with or without it.
	NoCharacterRules bool

	// V1PasswordRegex adds the rule ^[a-zA-Z0-9!@#$%^&*]{8,}$ to new passwords of the v1 family (docs/WIRE.md section
	// 2).
	V1PasswordRegex bool

	// UnsafeTenantKeyForKeyHolders returns jwtSecret to whoever sends a parent's public key, which stands in every web
	// page: with it anyone may forge claims of that parent's tokens. It is a warning in the log at construction.
	// It exists for clients that cannot be changed (docs/WIRE.md 1.2).
	UnsafeTenantKeyForKeyHolders bool

	// Cookie carries the session in a cookie besides, for pages of the service's own origin. Zero: off (R67).
	Cookie Cookie

	// Logger gets the causes that no answer shows. Nil: [slog.Default].
	Logger *slog.Logger
}

func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

// accepted lists the audiences whose tokens the family of a takes.
func (o Options) accepted(a tollkeeper.Audience) []tollkeeper.Audience {
	return slices.Concat([]tollkeeper.Audience{a}, o.Accept[a])
}

// place is where a request looks for accounts: below the parent with that key, number or id, or among the parents.
type place struct {
	key    string
	number int64
	parent uuid.UUID
}

func (p place) zero() bool { return p == place{} }

// defaultPlatform reads Options.DefaultPlatform.
func (o Options) defaultPlatform() (place, error) {
	switch p := platformNamed(o.DefaultPlatform); {
	case o.DefaultPlatform == "", p.number > 0, tollkeeper.ValidPublicKey(p.key):
		return p, nil
	}
	return place{}, refused("DefaultPlatform", "must be an account number or a public key")
}

// platformNamed reads the text of a PlatformId. What is neither a number from one sequence nor a key is left as a key
// that no account has, so that it fares as an unknown platform does.
func platformNamed(text string) place {
	const most = 1 << 53
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > most || strconv.FormatInt(n, 10) != text {
		return place{key: strings.Clone(text[:min(len(text), 64)])}
	}
	return place{number: n}
}

func refused(field, why string) error {
	return &tollkeeper.Error{
		Code: tollkeeper.ErrInvalidInput.Code, Field: "Options." + field,
		Message: fmt.Sprintf("httpadapter: Options.%s %s", field, why),
	}
}
