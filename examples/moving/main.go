// Command moving makes of the users that another system has exported the lines that Host.ImportAccounts reads:
//
//	go run ./examples/moving SYSTEM < export > accounts.jsonl
//
// SYSTEM -h says what it reads. What cannot be converted is said on standard error by record or user, never with a
// hash; the rest is converted, and the program ends with 1.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// converter writes an account for each user that it reads. An error ends it.
type converter func(in io.Reader, o *output) error

// system is one that users come from.
type system struct {
	name  string
	reads string
	with  func(*flag.FlagSet) converter // the flags are those that it needs
}

var systems = []system{
	{"auth0", "the users that a job of users-exports writes, one JSON object a line, or the password hashes that support sends", auth0},
	{"firebase", "what firebase auth:export users.json writes", firebase},
	{"supabase", "rows of auth.users with identities and mfa_factors, one JSON object a line, or CSV with a header", plain(supabase)},
	{"keycloak", "the export of one realm with its users, a file or several one after the other", plain(keycloak)},
	{"cognito", "what aws cognito-idp list-users writes, a page or several one after the other", plain(cognito)},
	{"clerk", "the CSV that the dashboard exports", plain(clerk)},
	{"wordpress", "what wp user list writes as JSON or CSV, with user_pass", plain(wordpress)},
	{"django", "what manage.py dumpdata writes: users, and with them the models of allauth and django-otp", django},
	{"devise", "rows of users, one JSON object a line, or CSV with a header", plain(devise)},
	{"better-auth", "rows of user with account and twoFactor, one JSON object a line, or one object with the three tables", betterAuth},
	{"v1", "userID, email, password and role, one JSON object a line, or CSV with a header", plain(v1)},
}

// plain is for a system that needs no flags of its own.
func plain(c converter) func(*flag.FlagSet) converter {
	return func(*flag.FlagSet) converter { return c }
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run returns the status of the program: 0 when all was converted, 1 when something was not, 2 when it was called
// wrongly.
func run(args []string, in io.Reader, lines, notes io.Writer) int {
	at := -1
	if len(args) > 0 {
		at = slices.IndexFunc(systems, func(s system) bool { return s.name == args[0] })
	}
	if at < 0 {
		fmt.Fprintln(notes, "usage: moving SYSTEM [flags] < export > accounts.jsonl\n\nSYSTEM is one of these, and SYSTEM -h tells its flags:")
		for _, s := range systems {
			fmt.Fprintf(notes, "  %-12s reads %s\n", s.name, s.reads)
		}
		return 2
	}
	s, written := systems[at], bufio.NewWriter(lines)
	o := &output{system: s.name, lines: json.NewEncoder(written), notes: notes, issuers: maps.Clone(issuers)}
	o.lines.SetEscapeHTML(false)
	convert, status := s.parse(args[1:], o)
	if convert == nil {
		return status
	}
	err := errors.Join(convert(withoutMark(in), o), written.Flush())
	if err != nil {
		fmt.Fprintf(notes, "stopped: %v\n", err)
	}
	fmt.Fprintf(notes, "%s: %d written, %d left out, %d notes\n", s.name, o.written, o.left, o.noted)
	if err != nil || o.left > 0 || o.noted > 0 {
		return 1
	}
	return 0
}

// parse reads the flags, or returns nil and the status to end with.
func (s system) parse(args []string, o *output) (converter, int) {
	flags := flag.NewFlagSet(s.name, flag.ContinueOnError)
	flags.SetOutput(o.notes)
	flags.BoolVar(&o.verified, "verified", false, "an address is verified of which the export does not say whether it is")
	flags.Func("issuer", "`NAME=URL` of a provider that users of the export are linked to; may be repeated", o.nameIssuer)
	convert := s.with(flags)
	flags.Usage = func() {
		fmt.Fprintf(o.notes, "moving %s reads %s\n", s.name, s.reads)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, 0
	case err != nil:
		return nil, 2
	case flags.NArg() > 0:
		fmt.Fprintln(o.notes, "the export is read from standard input")
		return nil, 2
	}
	return convert, 0
}
