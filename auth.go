package tollkeeper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/letter"
	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/store"
)

// Authenticator is the whole library: it signs people up and in, checks tokens, and keeps the books. Make one with
// [New]; it never changes afterwards and is safe for concurrent use.
type Authenticator struct {
	cfg      *Config     // behind a pointer: what fmt prints without asking shows an address
	store    store.Store // the recorder
	recorder *recorder
	attempts store.AttemptStore
	apart    bool // attempts live in another store than sessions
	keys     *token.Keyring
	tokens   *tokenChecker
	live     *liveSessions
	digests  digestKeys
	hasher   *hasher
	pace     pace
	mails    letter.Templates
	worker   *worker
	active   activeCounts
	used     usedDays

	noAddress sync.Once // the warning about clients without one
}

// Logger returns Config.Logger, or what stands for it: adapters log there by default.
func (a *Authenticator) Logger() *slog.Logger { return a.cfg.Logger }

// New makes an Authenticator and starts its background worker, which sends mail, sweeps expired rows and settles
// months. It refuses, with an [ErrInvalidInput] that names the field, whatever could only fail later. It does not touch
// the store. Stop the worker with [Authenticator.Close].
func New(s store.Store, c Config) (*Authenticator, error) {
	if s == nil {
		return nil, ErrInvalidInput.WithField("store").WithMessage("tollkeeper: New needs a store")
	}
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	c.detach()
	a := &Authenticator{cfg: &c, attempts: errorsOf{s}}
	a.recorder = &recorder{errorsOf: errorsOf{s}, mode: c.Log, tell: a.announce, wake: func() { a.worker.wake() }, now: a.now, ids: new(clockIDs)}
	a.store = a.recorder
	if c.Limits.Attempts != nil {
		a.attempts, a.apart = attemptErrors{c.Limits.Attempts}, true
	}
	if a.keys, err = newKeyring(c.Secrets, c.Tokens.SigningKeys); err != nil {
		return nil, err
	}
	a.tokens = newTokenChecker(a.keys, c.Tokens.Issuer)
	a.live = newLiveSessions(s, c.Tokens.Staleness)
	a.digests = digestKeys{a.keys}
	if a.hasher, err = newHasher(c.Passwords.Hash, a.keys); err != nil {
		return nil, bad("Passwords.Hash", err.Error())
	}
	if a.pace.least, err = a.hasher.cost(c.Passwords.Imported); err != nil {
		return nil, bad("Passwords.Imported", "has what is no hash: "+err.Error())
	}
	if a.mails, err = c.Mail.letters(); err != nil {
		return nil, err
	}
	if c.Accounts.DiscloseUnknown {
		c.Logger.Warn("tollkeeper: Config.Accounts.DiscloseUnknown tells anyone who has an account")
	}
	if a.pace.least > latestRefusal*4/5 {
		c.Logger.Warn("tollkeeper: hashes take so long that the time of a refusal tells whose they are", "hash", a.pace.least)
	}
	a.worker = newWorker(a)
	a.worker.start()
	return a, nil
}

// Close stops the background worker: mail that is due is still sent, until ctx ends; what is left stays in the store
// for the next process. It is safe to call more than once. The store stays open: it is the caller's.
func (a *Authenticator) Close(ctx context.Context) error { return a.worker.close(ctx) }

// Format names the type alone: fmt asks no method of what an unexported field holds, and these hold every key.
func (*Authenticator) Format(f fmt.State, _ rune) { io.WriteString(f, "tollkeeper.Authenticator") }

// LogValue names the type alone.
func (*Authenticator) LogValue() slog.Value { return slog.StringValue("tollkeeper.Authenticator") }

// BaseURL returns [Config.BaseURL], for those who serve what its links lead to.
func (a *Authenticator) BaseURL() string { return a.cfg.BaseURL }

// Product returns [Config.Product], or what it is by default, for those who write pages in its name.
func (a *Authenticator) Product() string { return a.cfg.Product }

// Links returns where links in mails lead to, [Mail].Links with its defaults, for those who serve the pages.
func (a *Authenticator) Links() Links { return a.cfg.Mail.Links }

// LinksIn returns where links in mails to the accounts of a scope lead to: [Mail].ScopeLinks, else [Mail].Links.
func (a *Authenticator) LinksIn(in Scope) Links { return a.cfg.Mail.in(in) }

// SignUpOpen reports whether people make accounts in the scope by themselves ([Accounts].SignUp), for those who show
// them where.
func (a *Authenticator) SignUpOpen(in Scope) bool { return a.maySignUp(in) == nil }

// Roles returns the roles that an account may have, [Accounts].Labels behind those that always exist, for those who
// offer them.
func (a *Authenticator) Roles() []Role {
	return append([]Role{RoleAdmin, RoleUser, RoleGuest}, a.cfg.Accounts.Labels...)
}

// Operations returns what costs credits, in alphabetical order, for those who show account books. Empty: credits are
// off.
func (a *Authenticator) Operations() []Operation {
	if a.cfg.Credits == nil {
		return nil
	}
	var priced []Operation
	for op, price := range a.cfg.Credits.Prices {
		if price > 0 {
			priced = append(priced, op)
		}
	}
	slices.Sort(priced)
	return priced
}

// RequireVerified reports whether every account must verify its email ([Accounts].RequireVerified). Where not, an
// organization may still ask it of its own.
func (a *Authenticator) RequireVerified() bool { return a.cfg.Accounts.RequireVerified }

// Health returns nil when the store answers, else [ErrUnavailable].
func (a *Authenticator) Health(ctx context.Context) error {
	_, err := a.store.Session(ctx, uuid.Max, a.now())
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// now is the one place where time enters: in UTC and whole milliseconds, as stores keep it.
func (a *Authenticator) now() time.Time { return a.cfg.Now().UTC().Truncate(time.Millisecond) }

// newID returns a UUIDv7 of the wall clock, for what is in no list. [Authenticator.idAt] makes the others.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// idAt returns a UUIDv7 of now, greater than those before.
func (a *Authenticator) idAt(now time.Time) uuid.UUID { return a.recorder.ids.next(now) }

// bestEffortTime is how long an answer waits for what is done besides it.
const bestEffortTime = 2 * time.Second

// bestEffort detaches ctx from the request and gives follow-up work two seconds.
func bestEffort(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), bestEffortTime)
}

// queueBestEffort queues mail of which the answer says nothing.
func (a *Authenticator) queueBestEffort(ctx context.Context, m store.QueuedMail) {
	ctx, cancel := bestEffort(ctx)
	defer cancel()
	if err := a.queue(ctx, m); err != nil {
		a.cfg.Logger.Warn("tollkeeper: mail not queued", "kind", string(m.Kind), "account", m.Lookup.ID, "error", err)
	}
}
