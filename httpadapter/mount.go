package httpadapter

import (
	"fmt"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
)

// Mux is what [Mount] needs of a router: [http.ServeMux], or one whose patterns mean the same.
type Mux interface {
	Handle(pattern string, h http.Handler)
}

// documented are the families of docs/WIRE.md.
var documented = []func(Options) (family, error){organizationFamily, v1Family, platformFamily}

// Mount puts all three families on mux, each below its documented prefix, where everything else is answered with the
// family's 404. The host's own routes below a prefix may be added to an [http.ServeMux] as more specific patterns. An
// error, such as a pattern that mux refuses, names the option or the pattern; the mux may then hold some of the routes.
func Mount(mux Mux, auth *tollkeeper.Authenticator, o Options) error {
	var all []*mounted
	for _, build := range documented {
		m, err := assemble(build, auth, o)
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	for _, m := range all {
		if err := m.on(mux); err != nil {
			return err
		}
	}
	return nil
}

// assemble binds one family to an Authenticator.
func assemble(build func(Options) (family, error), auth *tollkeeper.Authenticator, o Options) (*mounted, error) {
	f, err := build(o)
	if err != nil {
		return nil, err
	}
	return bind(f, auth, o)
}

// handler is assemble for the exported constructors: a nil *mounted must not become a non-nil http.Handler.
func handler(build func(Options) (family, error), auth *tollkeeper.Authenticator, o Options) (http.Handler, error) {
	m, err := assemble(build, auth, o)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// on registers the prefixes. The one without slash keeps ServeMux from redirecting to the other.
func (m *mounted) on(mux Mux) (err error) {
	pattern := ""
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("httpadapter: the mux refused %q: %v", pattern, p)
		}
	}()
	for _, prefix := range m.family.prefixes {
		for _, pattern = range []string{prefix, prefix + "/"} {
			mux.Handle(pattern, m)
		}
	}
	return nil
}
