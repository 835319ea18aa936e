package tollkeeper

import (
	"cmp"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// Config is what an Authenticator is made of. Every zero means the documented default, which is the secure one; only
// Secrets, BaseURL and [Mail.Mailer] are required. [New] copies it: changing it afterwards has no effect.
type Config struct {
	// Secrets are the master keys, at least one. The first signs and seals; all of them verify and open. A tenant stays
	// on the key it was made with until [Authenticator.RotateTenantKey]. Digests and throttles use the last, so that a
	// new first one does not forget locks: add in front, remove from the end only when nothing depends on it.
	Secrets []MasterKey

	// BaseURL is where users reach the host, for links in mails: https, or http for localhost. Never taken from a
	// request.
	BaseURL string

	Product   string           // name in mails and authenticator apps, at most 64 bytes. Zero: the host of BaseURL
	Accounts  Accounts         // what holds for every account
	Passwords Passwords        // which ones are taken, and how they are kept
	Factors   Factors          // who must have a second factor. Zero: who wants one, and the accounts of organizations that say so
	Passkeys  Passkeys         // sign-in by passkeys, first or second factor. Zero: off
	Social    Social           // sign-in by other issuers. Zero: off
	Tokens    Tokens           // access tokens and the sessions behind them
	Refresh   Refresh          // zero: no refresh tokens
	Mail      Mail             // how and what the library writes to people
	Limits    Limits           // throttles and locks
	Credits   *Credits         // nil: nothing costs anything
	Hooks     Hooks            // what the host may refuse or add. Zero: nothing
	Events    func(Event)      // told of each event after it was written, in the caller's goroutine; must not block, may panic. Nil: dropped
	Log       LogMode          // which events the store keeps. Zero: all
	Logger    *slog.Logger     // what the library cannot return to anyone. Nil: [slog.Default]
	Now       func() time.Time // the only clock. Nil: [time.Now]
}

// Accounts is what holds for every account.
type Accounts struct {
	Labels          []Role // roles besides admin, user and guest; without power
	RequireVerified bool   // every account must verify its email, not only those of organizations that say so
	SignUp          SignUpModes

	// DiscloseUnknown makes sign-in in [AudienceOrganization] tell that an email is unknown, as docs/WIRE.md 1.1 rule 8
	// documents. It lets anyone find out who has an account; [New] logs a warning.
	DiscloseUnknown bool
}

// SignUpModes say who may make their own account, by [Authenticator.SignUp] or by a first sign-in with another issuer.
// What the host makes itself ([Host.CreateAccount], [Host.ImportAccounts], [Host.Bootstrap]) is not bound by it.
type SignUpModes struct {
	App      SignUpMode // among the app's own users
	Tenants  SignUpMode // as a parent
	Children SignUpMode // below a parent
}

// SignUpMode says whether people may make their own account. Where they may not, they get [ErrSignUpClosed].
type SignUpMode string

// The modes of sign-up. Zero: [SignUpOpen].
const (
	SignUpOpen       SignUpMode = "open"
	SignUpInvitation SignUpMode = "invitation" // only who was invited; until there are invitations, nobody
	SignUpClosed     SignUpMode = "closed"     // nobody: accounts are the host's to make
)

// Passwords says which passwords are taken, and how they are kept.
type Passwords struct {
	Hash          Hash           // argon2id
	Policy        PasswordPolicy // nil: [PolicyDefault]. The blocklist of common passwords holds with every policy
	Breach        BreachChecker  // asked for each new password. Nil: off
	History       int            // how many earlier passwords are refused, at most 24. Zero: none
	Expiry        time.Duration  // reported at sign-in. Zero: 90 days
	EnforceExpiry bool           // an expired password gives a session that serves only to change it

	// Imported declares hashes that accounts brought along ([Host.ImportAccounts]) and may still have: one of each
	// scheme and cost, of whatever password. [New] measures them, and what a stranger may time takes as long as with
	// the dearest, so that it does not tell who came from elsewhere: at most 500 ms, beyond which [New] logs a
	// warning. What is not declared and takes longer than Hash can be told.
	Imported []SecretText
}

// Hash is the cost of argon2id (RFC 9106) and how much of it runs at once.
//
// A hash keeps a processor of the scheduler (a P, of which there are GOMAXPROCS) for tens of milliseconds. While as
// many are computed as there are, every other request waits for one of them, so that the default leaves one free.
// Where no quota bounds the processors of a process it may have both: with GOMAXPROCS one above runtime.NumCPU, set
// before [New], the default is a hash for each processor, and the system shares them. cmd/tollkeeper does that. Under
// a quota it would stop the whole process for a part of every tenth of a second. The library itself never sets
// GOMAXPROCS.
type Hash struct {
	Memory   uint32        // KiB. Zero: 19,456
	Time     uint32        // passes. Zero: 2
	Threads  uint8         // Zero: 1
	Parallel int           // hashes at once. Zero: GOMAXPROCS less one, one at least: see below
	Queue    int           // callers that wait, at most. Zero: as many as can be served within Wait
	Wait     time.Duration // of a caller at most. Zero: 2 seconds

	// Derive computes argon2id, version 19, with a memory in KiB and a key of size bytes. Nil: IDKey of
	// golang.org/x/crypto/argon2. That of the module github.com/tollkeeper/tollkeeper/argon2 takes half the time on
	// processors with AVX2. [New] refuses one that computes anything else. It must not keep password or salt, and is
	// called by as many goroutines at once as Parallel says.
	Derive func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte

	// UnsafeForTests permits a cost below the floor of SECURITY.md R09, and a Derive of anything, for fast tests.
	UnsafeForTests bool
}

// Factors says who must enrol a second factor before a session serves for anything else.
type Factors struct {
	Required      bool   // everyone
	RequiredRoles []Role // accounts of these roles
}

// Social is sign-in by other issuers.
type Social struct {
	// Issuers are by the name that their tokens give (the iss claim), such as [IssuerGoogle]. One that is an [Issuer],
	// too, can be begun by [Authenticator.BeginIssuer]. Nil: off.
	Issuers map[string]IDTokenVerifier

	// App turns issuers on for the app's own users, as an organization does for those below its parent. Nil: none is.
	App []IssuerSettings

	// Names are what addresses call issuers, lower case, digits and hyphens, by the same keys as Issuers. Nil: the
	// names that they have themselves ([Issuer].About); that of [IssuerGoogle] is "google".
	Names map[string]string

	// SharedClients are client ids that any number of organizations may name: of a host whose own flow fetches the
	// tokens, such as the one of package social. They take no token without a [IDTokenRequest].Nonce, by which the flow
	// tells for which organization it was fetched; nor do the scopes of an organization's members, which use the client
	// of its owner. Every other client id is of the organization that turned it on first. Nil: none is shared.
	SharedClients []string
}

// Tokens are access tokens and the sessions behind them.
type Tokens struct {
	Issuer      string                     // the iss claim; changing it ends every token. Zero: [Config.BaseURL]
	TTL         time.Duration              // of an access token, at most 30 days. Zero: 24 hours
	PerAudience map[Audience]time.Duration // of one family, instead of TTL
	SigningKeys []SigningKey               // asymmetric keys for every audience but the organization's; the first signs. None: HS256

	Most      int           // live sessions of an account; the oldest goes. Zero: 100
	Idle      time.Duration // a session unused for so long is over, at least a minute. Zero: off
	NotBefore time.Time     // sessions made before it are over: everyone is out, also after a backup was restored. Zero: none

	// Staleness allows an answer about a session to be that old. Zero: the store is asked each time, so that a sign-out
	// on one machine counts on all at once. This process always sees its own changes at once. At most 5 minutes.
	Staleness time.Duration
}

// Refresh turns on refresh tokens (RFC 9700 4.14). Zero Idle: off.
type Refresh struct {
	Idle     time.Duration // unused for so long, the session ends
	Absolute time.Duration // after so long it ends anyway. Zero: 30 days
	Grace    time.Duration // parallel tabs get the same successor for so long. Zero: 10 seconds; negative: none
}

// Mail says how the library writes to people, and what.
type Mail struct {
	Mailer    Mailer   // delivers; called by the background worker only. Required
	Templates fs.FS    // templates and texts that replace embedded ones (see internal/letter/templates/README.md). Nil: none
	Language  string   // of mails to whom nobody knows another one of: a tag, as "de". Zero: the first of Languages, else "en"
	Languages []string // that mails are written in. Nil: the six embedded ones, and those that Templates have texts in
	Links     Links    // where links lead to
	Notices   Notices  // which changes of an account are told. Zero: all

	// ScopeLinks are where links lead in mails to the accounts of single scopes whose pages are others, as those of
	// [Tenants]. An empty path is that of Links. Each scope is the app's own users, Tenants or [Under] a parent. Nil:
	// none.
	ScopeLinks map[Scope]Links
}

// Links are the paths below [Config.BaseURL] that links in mails lead to, with the parameter token. An organization's
// own [AuthURLs] win. Without the organization family they are pages of the host: docs/WIRE.md section 5.
type Links struct {
	Verify      string // Zero: "/auth/confirm-email"
	Reset       string // Zero: "/reset-password"
	ChangeEmail string // Zero: "/auth/account/email/confirm"
	SignIn      string // where people sign in. Zero: "/"
	SignInLink  string // where a link signs in ([Authenticator.RequestLink]). Zero: "/sign-in-link"
}

// setLinks completes the links, those of single scopes by those of all.
func (m *Mail) setLinks() {
	m.Links = m.Links.or(Links{
		Verify: "/auth/confirm-email", Reset: "/reset-password", ChangeEmail: "/auth/account/email/confirm", SignIn: "/", SignInLink: "/sign-in-link",
	})
	own := make(map[Scope]Links, len(m.ScopeLinks))
	for scope, l := range m.ScopeLinks {
		own[scope] = l.or(m.Links)
	}
	m.ScopeLinks = own
}

// or returns the links with those of others where they are empty.
func (l Links) or(others Links) Links {
	return Links{
		Verify: cmp.Or(l.Verify, others.Verify), Reset: cmp.Or(l.Reset, others.Reset), ChangeEmail: cmp.Or(l.ChangeEmail, others.ChangeEmail),
		SignIn: cmp.Or(l.SignIn, others.SignIn), SignInLink: cmp.Or(l.SignInLink, others.SignInLink),
	}
}

// in returns the links of a scope.
func (m *Mail) in(s Scope) Links {
	if l, ok := m.ScopeLinks[s]; ok {
		return l
	}
	return m.Links
}

// Notices turns off notices by mail.
type Notices struct {
	Off           bool // none at all
	NewNetworkOff bool // none about sign-ins from a network not seen before
}

// Credits turns on the prepaid economy of docs/WIRE.md 1.7.
type Credits struct {
	Prices           map[Operation]int64 // in credits, over the defaults of [DefaultPrices]; zero: free
	InitialCredits   int64               // of a new parent. Zero: 3,000; negative: none
	InitialFreeUsers int64               // children without retention charge. Zero: 1,000; negative: none
	Packages         map[string]Package  // by Type. Nil: [DefaultPackages]
}

// DefaultPrices returns the documented prices in credits (docs/WIRE.md 1.7).
func DefaultPrices() map[Operation]int64 {
	return map[Operation]int64{OpSignIn: 1, OpSignUp: 5, OpVerify: 2, OpSocial: 3, OpRetention: 1}
}

// DefaultPackages returns the documented packages (docs/WIRE.md 1.7).
func DefaultPackages() map[string]Package {
	return map[string]Package{
		"STARTER": {Type: "STARTER", Credits: 10_000, PriceCents: 10_00},
		"GROWTH":  {Type: "GROWTH", Credits: 55_000, FreeUsers: 5_000, PriceCents: 50_00},
	}
}

var labelPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// complete fills in the defaults and refuses what could only fail later. The error names the field.
func (c Config) complete() (Config, error) {
	if c.Mail.Mailer == nil {
		return c, bad("Mail.Mailer", "is required")
	}
	base, ok := canon.WebURL(c.BaseURL)
	if !ok || base.RawQuery != "" || base.Fragment != "" {
		return c, bad("BaseURL", "must be an https URL, or an http one of localhost, without query")
	}
	c.BaseURL = strings.TrimSuffix(base.String(), "/")
	if err := c.checkSecrets(); err != nil {
		return c, err
	}
	c.setDefaults(base)
	for _, check := range []func() error{
		c.checkTimes, c.checkNames, c.checkSocial, c.checkCredits, c.Limits.check, c.Passwords.Hash.check, c.Mail.checkLinks, c.Passkeys.check,
	} {
		if err := check(); err != nil {
			return c, err
		}
	}
	return c, nil
}

func bad(field, why string) error {
	return ErrInvalidInput.WithField("Config." + field).WithMessage(fmt.Sprintf("tollkeeper: Config.%s %s", field, why))
}

func (c *Config) setDefaults(base *url.URL) {
	setZero(&c.Tokens.Issuer, c.BaseURL)
	setZero(&c.Product, base.Hostname())
	setZero(&c.Passkeys.Domain, canon.Lower(base.Hostname()))
	if c.Passkeys.Origins == nil {
		c.Passkeys.Origins = []string{base.Scheme + "://" + base.Host}
	}
	setZero(&c.Tokens.TTL, 24*time.Hour)
	setZero(&c.Tokens.Most, 100)
	setZero(&c.Passwords.Expiry, 90*24*time.Hour)
	c.Mail.setLinks()
	if c.Refresh.Idle > 0 {
		setZero(&c.Refresh.Absolute, 30*24*time.Hour)
		setZero(&c.Refresh.Grace, 10*time.Second)
		c.Refresh.Grace = max(0, c.Refresh.Grace)
	}
	setZero(&c.Passwords.Hash.Memory, 19_456)
	setZero(&c.Passwords.Hash.Time, 2)
	setZero(&c.Passwords.Hash.Threads, 1)
	setZero(&c.Passwords.Hash.Parallel, max(1, runtime.GOMAXPROCS(0)-1))
	setZero(&c.Passwords.Hash.Wait, 2*time.Second)
	setZero(&c.Passwords.Hash.Queue, c.Passwords.Hash.line())
	setZero(&c.Hooks.Wait, 2*time.Second)
	c.Limits = c.Limits.withDefaults()
	if c.Passwords.Policy == nil {
		c.Passwords.Policy = PolicyDefault
	}
	setZero(&c.Accounts.SignUp.App, SignUpOpen)
	setZero(&c.Accounts.SignUp.Tenants, SignUpOpen)
	setZero(&c.Accounts.SignUp.Children, SignUpOpen)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Credits != nil {
		c.Credits = c.Credits.withDefaults()
	}
	c.Accounts.Labels = slices.Clone(c.Accounts.Labels)
	c.Secrets = slices.Clone(c.Secrets)
}

func (c Credits) withDefaults() *Credits {
	prices := DefaultPrices()
	for op, price := range c.Prices {
		prices[op] = price
	}
	c.Prices = prices
	setZero(&c.InitialCredits, 3_000)
	setZero(&c.InitialFreeUsers, 1_000)
	c.InitialCredits, c.InitialFreeUsers = max(0, c.InitialCredits), max(0, c.InitialFreeUsers)
	if c.Packages == nil {
		c.Packages = DefaultPackages()
	}
	return &c
}

func setZero[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
