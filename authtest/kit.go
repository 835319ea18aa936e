package authtest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// BaseURL is the Config.BaseURL of a Kit.
const BaseURL = "https://app.example"

// Kit is an Authenticator with what a test needs around it. Make it with [New].
type Kit struct {
	Auth *tollkeeper.Authenticator

	// Store is the Authenticator's. A Kit that is given it by [WithStore] shares accounts, sessions and captured mail
	// with this one, but no secret: neither reads the other's tokens. For a second process of the same service see
	// Another.
	Store store.Store

	tb     testing.TB
	config tollkeeper.Config // as it was edited, before the Kit watches anything
	box    *mailbox
	clock  *clock
	events *eventLog
	issuer *Issuer // nil: none
}

// Option changes what a Kit is made of.
type Option func(*setup)

type setup struct {
	config tollkeeper.Config
	store  store.Store
	edits  []func(*tollkeeper.Config)
	issuer bool
	known  *Issuer // of the Kit that this one stands beside; nil: none
}

// WithConfig changes the Config before the Authenticator is made. A Mailer set here is called after [New]'s own and
// decides whether the mail was delivered; a Now set here, such as [time.Now] in a bubble, is what [Kit.Advance] adds
// to.
func WithConfig(edit func(*tollkeeper.Config)) Option {
	return func(s *setup) { s.edits = append(s.edits, edit) }
}

// WithStore puts the Kit on another store than a new one in memory. It stays the caller's to close, after the test.
func WithStore(kept store.Store) Option {
	return func(s *setup) { s.store = kept }
}

// New makes a Kit and closes its Authenticator when the test ends. Credits are on with their documented prices, every
// limit has its default, no attempt is too busy to be hashed, and passkeys are those of [Kit.Passkey]. The clock starts
// at the real time and stands still until [Kit.Advance] moves it.
func New(tb testing.TB, options ...Option) *Kit {
	tb.Helper()
	return build(tb, setup{store: memory.New(), config: defaults(tb)}, options)
}

// Another makes a further process beside k: on its store, with its Config, and on its clock, which [Kit.Advance] of the
// new Kit moves for that one alone. Options change that; on another store it is an instance that shares no more than
// the secrets.
func (k *Kit) Another(options ...Option) *Kit {
	k.tb.Helper()
	s := setup{store: k.Store, config: k.config, issuer: k.issuer != nil, known: k.issuer}
	s.config.Now = k.clock.now
	if k.config.Credits != nil {
		credits := *k.config.Credits
		s.config.Credits = &credits // an edit must not reach the one of k
	}
	return build(k.tb, s, options)
}

func build(tb testing.TB, s setup, options []Option) *Kit {
	tb.Helper()
	for _, option := range options {
		option(&s)
	}
	for _, edit := range s.edits {
		edit(&s.config)
	}
	if s.config.Now == nil {
		s.config.Now = time.Now // as in a Config
	}
	if s.issuer {
		if s.known == nil {
			s.known = new(Issuer)
		}
		addIssuer(&s.config, s.known)
	}
	k := &Kit{tb: tb, config: s.config, issuer: s.known, clock: &clock{base: s.config.Now}, events: &eventLog{next: s.config.Events}}
	k.Store, k.box = watch(s.store)
	k.events.box = k.box
	s.config.Now, s.config.Events = k.clock.now, k.events.add
	s.config.Mail.Mailer = capture(k.box, s.config.Mail.Mailer)
	var err error
	if k.Auth, err = tollkeeper.New(k.Store, s.config); err != nil {
		tb.Fatalf("authtest: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := k.Auth.Close(ctx); err != nil {
			tb.Errorf("authtest: the Authenticator does not close: %v", err)
		}
	})
	return k
}

func defaults(tb testing.TB) tollkeeper.Config {
	start := time.Now().UTC().Truncate(time.Millisecond)
	return tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: BaseURL,
		Credits: &tollkeeper.Credits{},
		Passwords: tollkeeper.Passwords{
			Hash: tollkeeper.Hash{Memory: 8, Time: 1, Threads: 1, Queue: 1000, Wait: time.Minute, UnsafeForTests: true},
		},
		Passkeys: tollkeeper.Passkeys{Verifier: softPasskeys{}}, // of Kit.Passkey
		Now:      func() time.Time { return start },
		Logger:   slog.New(slog.NewTextHandler(tb.Output(), nil)),
	}
}

// Context returns that of the test, or of [Run]: it ends before the Authenticator is closed.
func (k *Kit) Context() context.Context { return k.tb.Context() }

// Now returns the time that the Authenticator sees.
func (k *Kit) Now() time.Time { return k.clock.now() }

// Advance moves the Authenticator's clock. With no Mailer but the Kit's it first waits until all mail that is due has
// come, which by the new time would be sent twice; where none comes any more, for a second of real time (fake time in
// a bubble). Mail that a failing Mailer left for later is tried again within a second after it is due by this clock.
func (k *Kit) Advance(d time.Duration) {
	if k.config.Mail.Mailer == nil {
		k.box.settled(k.Now())
	}
	k.clock.advance(d)
}

// clock is another clock, moved ahead.
type clock struct {
	base func() time.Time

	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}
