package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/tollkeeper/tollkeeper"
)

// loadSigningKeys reads the PEM blocks of -signing-key: "PRIVATE KEY" (PKCS #8, RFC 5208), of which the first signs,
// and "PUBLIC KEY", which lets a rotated key fade out. A missing file is made first, with one Ed25519 key. made tells
// that this process did. Empty: none, and no file.
func loadSigningKeys(path string) (keys []tollkeeper.SigningKey, made bool, err error) {
	if path == "" {
		return nil, false, nil
	}
	text, made, err := readOrMake("signing key", path, newSigningKey)
	if err != nil {
		return nil, false, err
	}
	for rest := []byte(text); len(strings.TrimSpace(string(rest))) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, false, fmt.Errorf("signing key %s: is not PEM text, or damaged", path)
		}
		key, err := signingKey(block)
		if err != nil {
			return nil, false, fmt.Errorf("signing key %s: %w", path, err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 || keys[0].Private == nil {
		return nil, false, fmt.Errorf("signing key %s: must begin with a PRIVATE KEY, which signs", path)
	}
	return keys, made, nil
}

func newSigningKey() (string, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), err
}

func signingKey(block *pem.Block) (key tollkeeper.SigningKey, err error) {
	switch block.Type {
	case "PRIVATE KEY":
		private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		signer, signs := private.(crypto.Signer)
		if err != nil || !signs {
			return key, errors.New("has a PRIVATE KEY that cannot be read, or cannot sign")
		}
		return tollkeeper.SigningKey{Private: signer}, nil
	case "PUBLIC KEY":
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return key, errors.New("has a PUBLIC KEY that cannot be read")
		}
		return tollkeeper.SigningKey{Public: public}, nil
	}
	return key, fmt.Errorf("has a block of type %q; takes PRIVATE KEY and PUBLIC KEY", block.Type)
}
