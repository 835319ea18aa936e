package token_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

const issuer = "https://app.example"

var (
	b64     = base64.RawURLEncoding
	account = uuid.MustParse("0198c0de-0000-7000-8000-000000000001")
	session = uuid.MustParse("0198c0de-0000-7000-8000-000000000002")
	now     = time.Unix(1_800_000_000, 0)

	newest = bytes.Repeat([]byte{1}, 32) // master keys
	oldest = bytes.Repeat([]byte{2}, 48)

	// instanceSecret is the HMAC key that is derived from newest, and instanceID names it.
	instanceSecret = derived(newest, "tollkeeper instance v1")
	instanceID     = b64.EncodeToString(derived(newest, "tollkeeper master id v1")[:8])
)

// keyring has two master keys and no others but these.
func keyring(t testing.TB, signing ...*token.Key) *token.Keyring {
	t.Helper()
	r, err := token.NewKeyring([][]byte{newest, oldest}, signing)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tenantKey is that of the account.
func tenantKey(t testing.TB, r *token.Keyring) *token.Key {
	t.Helper()
	k, ok := r.Tenant(r.CurrentMaster(), account, 1)
	if !ok {
		t.Fatal("no tenant key")
	}
	return k
}

// claims are good for an hour.
func claims() token.Claims {
	return token.Claims{
		Issuer: issuer, Audience: "v1", Subject: account, Session: session, ID: "x", Parent: "ROOT",
		IssuedAt: now.Unix(), NotBefore: now.Unix(), ExpiresAt: now.Unix() + 3600,
	}
}

func sign(t testing.TB, k *token.Key, c token.Claims) string {
	t.Helper()
	text, err := k.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// payloadOf returns the claims of a token as they are written.
func payloadOf(t testing.TB, text string) string {
	t.Helper()
	payload, err := b64.DecodeString(strings.Split(text, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(payload)
}

// handSigned is a token of any header and payload that golang-jwt, and not this package, signs with the instance's key.
func handSigned(t testing.TB, header, payload string) string {
	t.Helper()
	text := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	sig, err := jwt.SigningMethodHS256.Sign(text, instanceSecret)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + b64.EncodeToString(sig)
}

// instanceHeader is how the instance's key writes its header.
func instanceHeader() string { return `{"alg":"HS256","kid":"` + instanceID + `","typ":"JWT"}` }
