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

// addAsymmetric adds first sight of tokens that instance keys signed, each beside its signature check alone.
func (b *Bench) addAsymmetric(ctx context.Context, s Setup) error {
	bare, err := alone()
	if err != nil {
		return err
	}
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodEdDSA, jwt.SigningMethodES256, jwt.SigningMethodRS256} {
		key, err := privateKey(method)
		if err != nil {
			return err
		}
		svc, err := newService(ctx, memory.New(), func(c *tollkeeper.Config) {
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
		tokens, err := minted(string(session.Token), s.size(moreThanRemembered, 10), func(text string) ([]byte, error) { return method.Sign(text, key) })
		if err != nil {
			return err
		}
		b.add("first/"+method.Alg(), inTurn(tokens, func(token string) error {
			_, err := svc.auth.Authenticate(ctx, tollkeeper.SecretText(token))
			return err
		}))
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
