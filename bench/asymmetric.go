package bench

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// fewerTokens are as many as RSA signs in some ten seconds. So that none is seen twice, an Authenticator that has
// checked them all is replaced by one that has seen none, as after a restart.
const fewerTokens = 20_000

// addAsymmetric adds first sight of tokens that instance keys signed, each beside its signature check alone.
func (b *Bench) addAsymmetric(ctx context.Context, n int) error {
	bare, err := alone()
	if err != nil {
		return err
	}
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodEdDSA, jwt.SigningMethodES256, jwt.SigningMethodRS256} {
		key, err := privateKey(method)
		if err != nil {
			return err
		}
		kept := memory.New()
		svc, err := newService(ctx, kept, func(c *tollkeeper.Config) {
			c.Tokens.SigningKeys = []tollkeeper.SigningKey{{Private: key}}
		})
		if err != nil {
			return err
		}
		b.onClose(svc.close)
		session, err := svc.signIn(ctx)
		if err != nil {
			return err
		}
		tokens, err := minted(string(session.Token), n, func(text string) ([]byte, error) { return method.Sign(text, key) })
		if err != nil {
			return err
		}
		next := 0
		b.add("first/"+method.Alg(), func(int) error {
			if next == len(tokens) {
				if next, err = 0, svc.restart(kept); err != nil {
					return err
				}
			}
			next++
			_, err := svc.auth.Authenticate(ctx, tollkeeper.SecretText(tokens[next-1]))
			return err
		})
		b.add(method.Alg()+" alone", bare[method.Alg()])
	}
	return nil
}

func privateKey(m jwt.SigningMethod) (crypto.Signer, error) {
	switch m {
	case jwt.SigningMethodEdDSA:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case jwt.SigningMethodES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}
