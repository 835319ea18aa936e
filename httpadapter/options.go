package httpadapter

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"

	"github.com/tollkeeper/tollkeeper"
)

// Options say how the families are mounted. Every zero is the documented default. It is copied: changing it afterwards
// has no effect.
type Options struct {
	// V1Scope is where the users of the v1 family live: zero, the app's own users, or [tollkeeper.Under] a parent.
	// [tollkeeper.Tenants] are refused: they are the accounts of the organization family (docs/WIRE.md section 2).
	V1Scope tollkeeper.Scope

	// DefaultPlatform is the platform of a request without PlatformId: any scope but [tollkeeper.Tenants]. No request
	// can name the app's own users, so that this is the way to serve them. Nil: such a request is refused
	// (docs/WIRE.md section 3).
	DefaultPlatform *tollkeeper.Scope

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

// home reads Options.DefaultPlatform.
func (o Options) home() (*tollkeeper.Scope, error) {
	if o.DefaultPlatform == nil {
		return nil, nil
	}
	where := *o.DefaultPlatform
	if !where.Valid() || where == tollkeeper.Tenants {
		return nil, refused("DefaultPlatform", "must be the app's own users, or below a parent")
	}
	return &where, nil
}

// v1Home reads Options.V1Scope, whose id its tokens are held to.
func (o Options) v1Home() (*tollkeeper.Scope, error) {
	where := o.V1Scope
	if _, known := where.ID(); !known || where == tollkeeper.Tenants {
		return nil, refused("V1Scope", "must be the app's own users, or a parent by its id: Tenants are the accounts of the organization family")
	}
	return &where, nil
}

func refused(field, why string) error {
	return &tollkeeper.Error{
		Code: tollkeeper.ErrInvalidInput.Code, Field: "Options." + field,
		Message: fmt.Sprintf("httpadapter: Options.%s %s", field, why),
	}
}
