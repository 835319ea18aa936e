package console

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// Guarded is a host's guard with everything that it may return: who is named well is let in, and nobody else. Why not
// goes to the log, and the page says only that they are not.
func Guarded(auth *tollkeeper.Authenticator, log *slog.Logger, guard func(*http.Request) (string, error)) func(*http.Request) (string, error) {
	return func(r *http.Request) (string, error) {
		operator, err := guard(r)
		if err == nil {
			_, err = auth.Host().As(operator) // refuses the empty name, too
			if err == nil {
				return operator, nil
			}
			err = tollkeeper.ErrForbidden.WithCause(err)
		}
		if known, ours := errors.AsType[*tollkeeper.Error](err); !ours || known == nil {
			err = tollkeeper.ErrForbidden.WithCause(err)
		}
		log.Warn("ui: no operator", "path", r.URL.Path, "error", err)
		for _, refused := range []*tollkeeper.Error{tollkeeper.ErrForbidden, tollkeeper.ErrInvalidToken} {
			err = page.At(err, refused, "", "refused.operator")
		}
		return "", err
	}
}
