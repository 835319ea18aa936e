package main

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"golang.org/x/crypto/chacha20poly1305"
)

// betterAuth reads a user a line, with their rows of the tables account and twoFactor, or all tables as one object,
// which it keeps in memory: some 2 KiB a user.
func betterAuth(flags *flag.FlagSet) converter {
	file := flags.String("secret", "", "a `file` with BETTER_AUTH_SECRET, which opens the seeds of authenticator apps")
	return func(in io.Reader, o *output) error {
		seal, err := betterAuthSeal(*file)
		if err != nil {
			return err
		}
		return each(in, o, func(n int, r row) error {
			if !bytes.HasPrefix(r["user"], []byte("[")) {
				return betterAuthUser(o, n, r, seal)
			}
			users, err := betterAuthJoined(r)
			if err != nil {
				return err
			}
			for i, u := range users {
				if err := betterAuthUser(o, i+1, u, seal); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// betterAuthJoined returns the users of the table user, each with their rows of the other two.
func betterAuthJoined(tables row) ([]row, error) {
	var users []row
	if err := tables.into("user", &users); err != nil {
		return nil, err
	}
	for _, table := range []string{"account", "twoFactor"} {
		var rows []row
		if err := tables.into(table, &rows); err != nil {
			return nil, err
		}
		owned := map[string][]row{}
		for _, r := range rows {
			user := r.text("userId", "user_id")
			owned[user] = append(owned[user], r)
		}
		for _, u := range users {
			if err := u.set(table, owned[u.text("id")]); err != nil {
				return nil, err
			}
		}
	}
	return users, nil
}

func betterAuthUser(o *output, n int, r row, seal cipher.AEAD) error {
	if _, said := r["emailVerified"]; r.text("id") == "" || !said && r["email_verified"] == nil {
		return o.foreign(n, "id, or emailVerified")
	}
	a := accountOf(r.text("id"))
	a.Email, a.Name, a.Username = r.text("email"), r.text("name"), r.text("username")
	a.EmailVerified = r.truth("emailVerified", "email_verified")
	a.CreatedAt = o.at(a, r.text("createdAt", "created_at"))
	a.Disabled = r.truth("banned") && o.holds(a, r.text("banExpires", "ban_expires"))
	var accounts, factors []row
	if err := errors.Join(r.into("account", &accounts), r.into("twoFactor", &factors)); err != nil {
		o.leave(a.who, err.Error())
		return nil
	}
	for _, account := range accounts {
		if provider := account.text("providerId", "provider_id"); provider == "credential" {
			a.PasswordHash = account.text("password")
		} else {
			o.link(a, provider, account.text("accountId", "account_id"), "")
		}
	}
	if r.truth("twoFactorEnabled", "two_factor_enabled") {
		betterAuthFactor(o, a, factors, seal)
	}
	a.keep("role", r.text("role"))
	a.keep("phoneNumber", r.text("phoneNumber", "phone_number"))
	a.keep("image", r.text("image"))
	return o.write(a)
}

// betterAuthFactor opens the seed. The bytes of its text are the key of the app.
func betterAuthFactor(o *output, a *account, factors []row, seal cipher.AEAD) {
	for _, f := range factors {
		sealed, err := hex.DecodeString(f.text("secret"))
		if err != nil || seal == nil || len(sealed) < seal.NonceSize() {
			continue
		}
		if key, err := seal.Open(nil, sealed[:seal.NonceSize()], sealed[seal.NonceSize():], nil); err == nil {
			o.totpKey(a, "", key)
			return
		}
	}
	o.note(a.who, "a second factor stays behind: -secret does not open it")
}

// betterAuthSeal is XChaCha20-Poly1305 under the digest of the secret. Without a file it is nil.
func betterAuthSeal(file string) (cipher.AEAD, error) {
	if file == "" {
		return nil, nil
	}
	secret, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if secret = bytes.TrimRight(secret, "\r\n"); len(secret) == 0 {
		return nil, fmt.Errorf("%s is empty", file)
	}
	key := sha256.Sum256(secret)
	return chacha20poly1305.NewX(key[:])
}
