package verify_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/verify"
)

// signing is what the host adds to its Config: a key whose public half others get, and a claim of its own.
func signing(key tollkeeper.SigningKey) func(*tollkeeper.Config) {
	return func(c *tollkeeper.Config) {
		c.Tokens.SigningKeys = []tollkeeper.SigningKey{key}
		c.Tokens.TTL = 15 * time.Minute // a revoked token passes elsewhere for so long
		c.Hooks.BeforeSession = func(context.Context, tollkeeper.SessionAttempt) (map[string]any, error) {
			return map[string]any{"plan": "pro"}, nil
		}
	}
}

// Another service reads what the host put into a token, with the host's public keys and nothing else.
func Example_claims() {
	key, err := tollkeeper.GenerateSigningKey("EdDSA")
	if err != nil {
		log.Fatal(err)
	}
	err = authtest.Run(func(kit *authtest.Kit) {
		host := httptest.NewServer(httpadapter.JWKS(kit.Auth)) // at /.well-known/jwks.json
		defer host.Close()
		v, err := verify.New(verify.Config{
			JWKSURL: host.URL, Issuer: authtest.BaseURL, Audiences: []string{"app"}, Now: kit.Now,
		})
		if err != nil {
			log.Fatal(err)
		}
		ann := kit.User()
		in := kit.SignIn(ann, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceApp })
		claims, err := v.Verify(kit.Context(), string(in.Token))
		fmt.Println(claims.Subject == ann.ID.String(), claims.Ext["plan"], err)

		// The host knows at once that the session is over, the other service when the token expires.
		if err := kit.Auth.SignOut(kit.Context(), kit.Identity(string(in.Token))); err != nil {
			log.Fatal(err)
		}
		_, err = kit.Auth.Authenticate(kit.Context(), in.Token)
		_, other := v.Verify(kit.Context(), string(in.Token))
		fmt.Println(err, other)
		kit.Advance(15 * time.Minute)
		_, other = v.Verify(kit.Context(), string(in.Token))
		fmt.Println(other)
	}, authtest.WithConfig(signing(key)))
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// true pro <nil>
	// Invalid or expired token <nil>
	// verify: invalid or expired token
}
