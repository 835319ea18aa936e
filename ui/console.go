package ui

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui/internal/console"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// Console says where the pages of a host's operators stand, and who they are. Only Guard is required.
type Console struct {
	// Guard names the operator who sends the request, by whatever the host knows its operators by: a name of 1 to 64
	// bytes, which the log says of whatever they change. An error, or an empty name, refuses with a page: 403, or the
	// status of a [*tollkeeper.Error]. It is asked for every page, and for each form.
	Guard func(*http.Request) (operator string, err error)

	// Prefix stands before the paths of all pages. Zero: "/operator".
	Prefix string

	// Home is where the name of the product leads, a path of the same origin. Zero: "/", below the path of
	// [tollkeeper.Config.BaseURL].
	Home string

	// Look is how the pages look. Zero: the product's name, in blue.
	Look Look

	// TrustedProxies are the networks whose X-Forwarded-For is believed. Empty: none, the peer is the client.
	TrustedProxies []netip.Prefix

	// Logger gets the causes that no page shows. Nil: that of the Authenticator.
	Logger *slog.Logger
}

// MountConsole puts the pages on mux on which a host's operators look after the accounts of all scopes, tenants, the
// log, mail that waits, and health. They act by [tollkeeper.Host], which asks nobody: Guard is all that keeps others
// out. What it returns as an error, [Mount] does, too.
func MountConsole(mux httpadapter.Mux, auth *tollkeeper.Authenticator, o Console) error {
	if o.Guard == nil {
		return tollkeeper.ErrInvalidInput.WithField("ui.Console.Guard").WithMessage("ui: Console.Guard is required: it says who is an operator")
	}
	guard := console.Guarded(auth, cmp.Or(o.Logger, auth.Logger()), o.Guard)
	prefix := cmp.Or(o.Prefix, "/operator")
	s, err := page.New(auth, page.Settings{
		Home: o.Home, Prefix: prefix, Assets: "/files", TrustedProxies: o.TrustedProxies, Logger: o.Logger, Look: page.Look(o.Look), Guard: guard,
	})
	if err != nil {
		return err
	}
	return s.Mount(mux, console.Operators(s))
}

// proveStep does a step of the console as those of the own account are done.
func proveStep(v *page.Visit, s console.Step) error {
	return step{
		says: s.Says, button: s.Button, danger: s.Danger, kept: s.Kept, needs: aFreshSession,
		do: func(tollkeeper.Confirmation) error { return s.Do() },
	}.take(v)
}
