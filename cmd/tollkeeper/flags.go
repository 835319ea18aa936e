package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
)

// options are the flags of the server.
type options struct {
	addr     string
	store    string
	attempts string
	secrets  string
	baseURL  string
	admin    string
	product  string
	proxies  []netip.Prefix

	credits    int64
	stale      time.Duration
	refresh    time.Duration
	cookie     bool
	signingKey string
	breached   string

	smtp    string
	mailDir string

	google         bool
	googleIssuer   string
	googleFragment bool
}

// parse reads the command line. flag.ErrHelp: help, or the version, was asked for and printed to out.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("tollkeeper", flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are the caller's to print, in one line
	o.placeFlags(f)
	o.sessionFlags(f)
	o.partnerFlags(f)
	version := f.Bool("version", false, "print the version and end")
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(out)
		fmt.Fprintln(out, "tollkeeper serves the documented routes. Flags:")
		f.PrintDefaults()
	}
	if err != nil {
		return o, suggest(err)
	}
	if *version {
		if build, ok := debug.ReadBuildInfo(); ok {
			fmt.Fprintln(out, "tollkeeper", build.Main.Version, build.GoVersion)
		}
		return o, flag.ErrHelp
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return o, o.check()
}

// meant is what people call flags that have another name here.
var meant = map[string]string{
	"port": "addr :PORT", "p": "addr :PORT", "listen": "addr", "address": "addr", "host": "addr", "bind": "addr",
	"db": "store", "database": "store", "dsn": "store", "redis": "attempts", "secret": "secrets",
	"url": "base-url", "baseurl": "base-url", "proxies": "trusted-proxies", "refresh-tokens": "refresh", "mail": "smtp",
}

// suggest adds to the error of a flag that is not there which one was meant.
func suggest(err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return err
	}
	if known := meant[strings.ToLower(name)]; known != "" {
		return fmt.Errorf("%w; did you mean -%s? -help lists all", err, known)
	}
	return fmt.Errorf("%w; -help lists all", err)
}

// placeFlags say where the server is and what it keeps.
func (o *options) placeFlags(f *flag.FlagSet) {
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "listen on this `address`; port 0 takes a free one")
	f.StringVar(&o.store, "store", "sqlite:tollkeeper.db", "keep everything in sqlite:FILE, memory: or a postgres:// `URL`")
	f.StringVar(&o.attempts, "attempts", "", "count attempts on the Redis server at this redis:// `URL`; empty: in the store")
	f.StringVar(&o.secrets, "secrets", "tollkeeper.secrets", "`file` of master keys, base64url, one a line, the first signs; made if missing; it belongs to its database")
	f.StringVar(&o.baseURL, "base-url", "", "`URL` where users reach this server; empty: http and the address")
	f.StringVar(&o.product, "product", "", "`name` of the service on pages and in mails; empty: the host of the base URL")
	f.StringVar(&o.admin, "admin", "admin@localhost.localdomain", "`email` of the first admin; the password is TOLLKEEPER_ADMIN_PASSWORD, or made and printed once")
	f.Func("trusted-proxies", "comma-separated `networks` whose X-Forwarded-For is believed", func(s string) (err error) {
		o.proxies, err = clientaddr.ParsePrefixes(s)
		return err
	})
}

// sessionFlags say what accounts and sessions are like.
func (o *options) sessionFlags(f *flag.FlagSet) {
	f.Int64Var(&o.credits, "credits", 3000, "credits that a new parent starts with")
	f.Var((*period)(&o.stale), "staleness", "let this process answer for a session from memory for so `long`, 5m at most; 0 asks the store each time")
	f.Var((*period)(&o.refresh), "refresh", "give refresh tokens, which are good while unused for so `long`, as 14d; 30d at most; 0: none")
	f.BoolVar(&o.cookie, "cookie", false, "carry the session in a cookie besides, for pages of this origin")
	f.StringVar(&o.signingKey, "signing-key", "", "PEM `file` of the key that signs the tokens that the key set at "+keySetPath+" verifies; made if missing, as Ed25519; empty: none")
	f.StringVar(&o.breached, "breached", "", "refuse the passwords of this `file`, which breach.Build wrote")
}

// partnerFlags say who else takes part: mail servers and issuers.
func (o *options) partnerFlags(f *flag.FlagSet) {
	f.StringVar(&o.smtp, "smtp", "", "send mail by this smtp:// or smtps:// `URL`, as in smtp://user@host:587?from=address; the password is TOLLKEEPER_SMTP_PASSWORD; empty: print it")
	f.StringVar(&o.mailDir, "mail-dir", "", "also write each mail as a file into this `directory`; made if missing")
	f.BoolVar(&o.google, "google", false, "let organizations that turn it on sign in with Google, from /auth/google/start; the client's secret is TOLLKEEPER_GOOGLE_CLIENT_SECRET")
	f.BoolVar(&o.googleFragment, "google-fragment", false, "with -google, hand the session to the organization's page authUrls.successful in the fragment of its address, as the widget reads it, and not as JSON")
	f.StringVar(&o.googleIssuer, "google-issuer", tollkeeper.IssuerGoogle, "with -google, the `URL` of another OpenID Connect issuer")
}

func (o options) check() error {
	if _, port, err := net.SplitHostPort(o.addr); err != nil {
		return fmt.Errorf("-addr %q: must be host:port", o.addr)
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("-addr %q: the port must be a number up to 65535", o.addr)
	}
	if base, ok := canon.WebURL(o.baseURL); o.baseURL != "" && (!ok || base.RawQuery != "" || base.Fragment != "") {
		return fmt.Errorf("-base-url %s: must be an https URL, or an http one of localhost, without query", o.baseURL)
	}
	if o.credits < 0 || o.credits > 1<<40 {
		return fmt.Errorf("-credits %d: must be between 0 and 2^40", o.credits)
	}
	if o.stale < 0 || o.stale > 5*time.Minute {
		return fmt.Errorf("-staleness %v: must be between 0 and 5m", o.stale)
	}
	if o.refresh < 0 || o.refresh > 30*day {
		return fmt.Errorf("-refresh %v: must be between 0 and 30d", (*period)(&o.refresh))
	}
	if (o.googleFragment || o.googleIssuer != tollkeeper.IssuerGoogle) && !o.google {
		return errors.New("-google-issuer and -google-fragment: need -google")
	}
	if o.secrets == "" {
		return errors.New("-secrets: needs a file name")
	}
	if o.attempts != "" && !strings.HasPrefix(o.attempts, "redis://") && !strings.HasPrefix(o.attempts, "rediss://") {
		return errors.New("-attempts: must be a redis:// or rediss:// URL")
	}
	return nil
}
