// Command server serves the three documented families of routes, ready to run:
//
//	go run ./examples/server
//
// It keeps everything in an SQLite file and its keys in a file beside it, makes both when they are missing, and prints
// each mail to the terminal. -help lists the flags. TOLLKEEPER_ADMIN_PASSWORD is the password of the first admin.
//
// It stops on SIGINT and SIGTERM: requests under way are answered, mail that is due is sent, and it exits with 0. Whatever
// keeps it from starting is one line on standard error and exit code 1, or 2 for the command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(start(ctx, os.Args[1:], os.Getenv("TOLLKEEPER_ADMIN_PASSWORD"), os.Stdout, os.Stderr))
}

// start runs the server and answers the exit code.
func start(ctx context.Context, args []string, password string, out, errs io.Writer) int {
	o, err := parse(args, out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(errs, "server:", oneLine(err))
		return 2
	}
	if err := run(ctx, o, password, out); err != nil {
		fmt.Fprintln(errs, "server:", oneLine(err))
		return 1
	}
	return 0
}

// oneLine is an error for a terminal: drivers write some over several lines.
func oneLine(err error) string { return strings.Join(strings.Fields(printable(err.Error())), " ") }

// issuer is in every token. It is not the address, so that sessions outlive a move to another one.
const issuer = "tollkeeper"

// run opens everything in the order in which it is needed, serves, and closes it in reverse.
func run(ctx context.Context, o options, password string, out io.Writer) (err error) {
	keys, made, err := loadSecrets(o.secrets)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(out, "made %s: keep it, no account of this database can do without\n", o.secrets)
	}
	listener, at, err := listen(ctx, o.addr)
	if err != nil {
		return err
	}
	defer listener.Close() // no error counts: serve closes it first, unless something else failed
	if o.baseURL == "" {
		o.baseURL = localURL(at)
	}
	store, closeStore, err := openStore(ctx, o.store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	attempts, closeAttempts, err := openAttempts(ctx, o.attempts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAttempts()) }()
	auth, err := authenticator(o, keys, store, attempts, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drain(auth)) }()
	handler, err := routes(ctx, auth, o, password, out)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "listening on", at)
	return serve(ctx, newServer(handler), listener)
}

func authenticator(o options, keys []tollkeeper.MasterKey, store tollkeeper.Store, attempts tollkeeper.AttemptStore, out io.Writer) (*tollkeeper.Authenticator, error) {
	mailer, err := newPostman(o.mailDir, "no-reply@"+mailDomain(o.baseURL), out)
	if err != nil {
		return nil, err
	}
	auth, err := tollkeeper.New(store, tollkeeper.Config{
		Secrets: keys, BaseURL: o.baseURL, Issuer: issuer, Mailer: mailer, Attempts: attempts,
		Pages: tollkeeper.Pages{Reset: resetPath}, Credits: &tollkeeper.Credits{InitialCredits: initial(o.credits)}, Hash: hashing(),
		SessionStaleness: o.stale,
	})
	if e, ours := errors.AsType[*tollkeeper.Error](err); ours && e.Field == "Config.BaseURL" {
		return nil, fmt.Errorf("-base-url %s: must be an https URL, or an http one of localhost, without query", o.baseURL)
	}
	return auth, err
}

// routes are the three families and the pages.
func routes(ctx context.Context, auth *tollkeeper.Authenticator, o options, password string, out io.Writer) (http.Handler, error) {
	house, err := bootstrap(ctx, auth, o.admin, password, out)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mountPages(mux)
	return mux, httpadapter.Mount(mux, auth, httpadapter.Options{V1Scope: house, TrustedProxies: o.proxies})
}

// drain sends the mail that is due. What the time does not suffice for stays in the database.
func drain(auth *tollkeeper.Authenticator) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return auth.Close(ctx)
}

// initial says none as Config.Credits does.
func initial(credits int64) int64 {
	if credits == 0 {
		return -1
	}
	return credits
}

// mailDomain is what mail comes from: the host of the base URL, where it has a name.
func mailDomain(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		return "localhost"
	}
	return u.Hostname()
}
