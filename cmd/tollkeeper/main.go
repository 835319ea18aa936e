// Command tollkeeper serves the three documented families of routes, ready to run:
//
//	go run ./cmd/tollkeeper
//
// It keeps everything in an SQLite file and its keys in a file beside it, makes both when they are missing, and prints
// each mail to the terminal. -help lists the flags. Passwords are no flags, because everyone on the machine sees those:
// TOLLKEEPER_ADMIN_PASSWORD is that of the first admin, TOLLKEEPER_SMTP_PASSWORD that of the user of -smtp, and
// TOLLKEEPER_GOOGLE_CLIENT_SECRET that of the client of -google.
//
// It stops on SIGINT and SIGTERM: requests under way are answered, mail that is due is sent, and it exits with 0.
// Whatever keeps it from starting is one line on standard error and exit code 1, or 2 for the command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/mail/smtp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	shareProcessors()
	os.Exit(start(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// credentials come from the environment.
type credentials struct {
	admin  string
	smtp   smtp.Password
	google string
}

// start runs the server and returns the exit code.
func start(ctx context.Context, args []string, getenv func(string) string, out, errs io.Writer) int {
	o, err := parse(args, out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(errs, "tollkeeper:", oneLine(err))
		return 2
	}
	c := credentials{
		admin: getenv("TOLLKEEPER_ADMIN_PASSWORD"), smtp: smtp.Password(getenv("TOLLKEEPER_SMTP_PASSWORD")),
		google: getenv("TOLLKEEPER_GOOGLE_CLIENT_SECRET"),
	}
	if err := run(ctx, o, c, out); err != nil {
		fmt.Fprintln(errs, "tollkeeper:", oneLine(err))
		return 1
	}
	return 0
}

// oneLine is an error for a terminal: drivers write some over several lines.
func oneLine(err error) string { return strings.Join(strings.Fields(printable(err.Error())), " ") }

// run opens everything in the order in which it is needed, serves, and closes it in reverse.
func run(ctx context.Context, o options, c credentials, out io.Writer) (err error) {
	keys, err := readSecrets(o.secrets)
	if err != nil {
		return err
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
	keys, made, err := secretsOf(ctx, store, keys, o)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(out, "made %s: it belongs to this database, keep both\n", o.secrets)
	}
	attempts, closeAttempts, err := openAttempts(ctx, o.attempts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAttempts()) }()
	mailer, err := newPostman(o, c.smtp, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mailer.Close()) }()
	s := site{options: o, keys: keys, store: store, attempts: attempts, mailer: mailer, out: out}
	if err := s.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drain(s.auth)) }()
	handler, err := s.routes(ctx, c)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "listening on", at)
	go debug.FreeOSMemory() // that only the start needed: some 3 MB
	return serve(ctx, newServer(handler), listener)
}

// drain sends the mail that is due. What the time does not suffice for stays in the database.
func drain(auth *tollkeeper.Authenticator) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return auth.Close(ctx)
}
