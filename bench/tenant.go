package bench

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// tenant is a parent that is signed in, and so holds the secret of its tokens.
type tenant struct {
	account tollkeeper.Account
	session tollkeeper.SignInResult
}

func newTenant(ctx context.Context, auth *tollkeeper.Authenticator) (*tenant, error) {
	a, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "owner@tenant.example", Password: password, Verified: true})
	if err != nil {
		return nil, err
	}
	in := tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: a.Email, Password: password, Audience: tollkeeper.AudienceOrganization}
	session, err := auth.SignIn(ctx, in)
	return &tenant{a, session}, err
}

// mint returns n different tokens of the one session.
func (t *tenant) mint(n int) ([]string, error) {
	return minted(string(t.session.Token), n, func(text string) ([]byte, error) {
		return jwt.SigningMethodHS256.Sign(text, []byte(t.session.TenantKey))
	})
}

// minted returns n tokens like the one given, each with an id of its own, as the library writes them.
func minted(token string, n int, sign func(text string) ([]byte, error)) ([]string, error) {
	head, payload, _ := strings.Cut(token, ".")
	payload, _, _ = strings.Cut(payload, ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return nil, err
	}
	_, rest, ok := strings.Cut(string(raw), `"jti":"`)
	if !ok || len(rest) < len(uuid.Nil.String()) {
		return nil, errRefused
	}
	id := rest[:len(uuid.Nil.String())]
	tokens := make([]string, n)
	errs := make([]error, 2)
	var both sync.WaitGroup
	for half := range errs {
		both.Go(func() {
			for i := half; i < n && errs[half] == nil; i += len(errs) {
				claims := strings.Replace(string(raw), id, uuid.NewString(), 1)
				text := head + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
				var sig []byte
				sig, errs[half] = sign(text)
				tokens[i] = text + "." + base64.RawURLEncoding.EncodeToString(sig)
			}
		})
	}
	both.Wait()
	return tokens, errors.Join(errs...)
}
