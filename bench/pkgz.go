package bench

import (
	"net/http"
	"time"

	"github.com/go-pkgz/auth"
	"github.com/go-pkgz/auth/logger"
	"github.com/go-pkgz/auth/provider"
	"github.com/go-pkgz/auth/token"
)

// pkgzPeer is go-pkgz/auth with its direct provider: a token in a cookie, beside one against forged requests. Pictures
// of users are off; with them each sign-in draws one.
func pkgzPeer() (*peer, error) {
	known := map[string]kept{email: keep(password)}
	service := auth.NewService(auth.Opts{
		SecretReader:  token.SecretFunc(func(string) (string, error) { return "a secret of thirty-two bytes, ok", nil }),
		TokenDuration: 24 * time.Hour, CookieDuration: 24 * time.Hour, SecureCookies: true, Issuer: issuer, URL: issuer,
	})
	service.AddCustomHandler(provider.DirectHandler{ // what AddDirectProvider adds, but for the pictures
		L: logger.NoOp, ProviderName: "local", Issuer: issuer, TokenService: service.TokenService(),
		CredChecker: provider.CredCheckerFunc(func(user, password string) (bool, error) {
			k, ok := known[user]
			return ok && k.matches(password), nil
		}),
	})
	routes, _ := service.Handlers()
	mux := http.NewServeMux()
	mux.Handle("/auth/", routes)
	guard := service.Middleware()
	return &peer{
		name: pkgz, login: mux, ask: posting("/auth/local/login", jsonOf("user", "passwd")),
		bare: func(r *http.Request) func(int) error {
			return func(int) error { _, _, err := service.TokenService().Get(r); return err }
		},
		guarded: guard.Auth(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := token.GetUserInfo(r); err != nil {
				w.WriteHeader(http.StatusTeapot)
			}
		})),
	}, nil
}
