package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// bootstrap makes the first admin of the app's own users, who are the users of the v1 family, if there is none yet.
// Without a password it makes one and prints it, which happens once: at any later start the admin is there.
func bootstrap(ctx context.Context, auth *tollkeeper.Authenticator, email, password string, out io.Writer) error {
	made := password == ""
	if made {
		password = rand.Text()
	}
	admin, err := auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: email, Password: tollkeeper.Password(password)})
	if err != nil {
		return fmt.Errorf("the first admin (-admin %s, TOLLKEEPER_ADMIN_PASSWORD): %w", email, err)
	}
	if !made || admin.Status != tollkeeper.StatusActive {
		return nil
	}
	// Of several servers that start at once on an empty database one makes the admin, with its password.
	hash, err := passhash.Parse(string(admin.Password))
	if err == nil && hash.Verify(password) {
		_, err = fmt.Fprintf(out, "admin %s has the password %s (it is not shown again)\n", admin.Email, password)
	}
	if admin.Password == "" {
		err = nil
	}
	return err
}
