// Command importer is a service as somebody else writes it, with every released module: it signs somebody up and in on
// SQLite, and makes what it can of the others without a server.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"
	client "github.com/redis/go-redis/v9"
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/argon2"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail/smtp"
	"github.com/tollkeeper/tollkeeper/passkey"
	"github.com/tollkeeper/tollkeeper/social"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/redis"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

func main() {
	dir := must(os.MkdirTemp("", "importer-"))
	defer os.RemoveAll(dir)
	ctx := context.Background()
	store := must(sqlite.Open(filepath.Join(dir, "tollkeeper.db")))
	must("", store.Migrate(ctx))
	auth := must(tollkeeper.New(store, tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil }),
		},
		Passkeys:  tollkeeper.Passkeys{Verifier: passkey.New()},
		Passwords: tollkeeper.Passwords{Hash: tollkeeper.Hash{Derive: argon2.IDKey}},
	}))
	must("", httpadapter.Mount(http.NewServeMux(), auth, httpadapter.Options{}))
	const email, password = "ada@home.example", "Copper-Meadow-52"
	browser := tollkeeper.Client{Addr: netip.MustParseAddr("192.0.2.1")}
	must(auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: password, Client: browser}))
	signedIn := must(auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: password, Client: browser}))
	identity := must(auth.Authenticate(ctx, signedIn.Token))

	mailer := must(smtp.New(must(smtp.Parse("smtp://mail.example:587?from=no-reply@app.example"))))
	pool := must(pgxpool.New(ctx, "postgres://user@127.0.0.1:1/none"))
	counters := client.NewClient(&client.Options{Addr: "127.0.0.1:1"})
	_, _ = postgres.New(pool), redis.New(counters, redis.Options{})
	_ = must(social.New(social.Config{Issuer: tollkeeper.IssuerGoogle}))
	pool.Close()
	must("", errors.Join(counters.Close(), mailer.Close()))
	fmt.Println("signed in:", identity.Email)
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
