package model

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

const (
	issuer   = "https://issuer.example"
	baseURL  = "https://app.example"
	mostHeld = 4 // live sessions of an account
	grace    = 10 * time.Second
	initial  = 40 // credits of a new parent
)

// packages are small, so that credits run out.
var packages = map[string]tollkeeper.Package{
	"SMALL": {Type: "SMALL", Credits: 15, PriceCents: 1_00},
	"LARGE": {Type: "LARGE", Credits: 40, FreeUsers: 1, PriceCents: 2_00},
}

// begun is the moment at which every story begins.
var begun = time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)

// machine is one story under way: the library on a store, and what must be true of it.
type machine struct {
	raw     store.Store
	store   *watched
	auth    *tollkeeper.Authenticator
	secrets []tollkeeper.MasterKey
	clock   clock

	rows                   rows
	known                  map[uuid.UUID]*holder // what the people of the accounts know
	letters                []*letter
	asked                  map[string]time.Time // until when a network is one that asked for codes of an address
	unsure                 map[string]time.Time // the same, where a fault leaves it open
	guesses                map[string]tally     // wrong proofs by what they were tried at, since what forgives all
	events                 map[uuid.UUID]store.Event
	trying                 string // the password that the step sets
	verifying              string // the ledger's key and the address of a verification that the step pays for
	verified               []string
	made                   int
	stats                  map[string]int // how often each operation had which outcome
	broken                 error          // found by an operation itself
	everything, mayBeSwept bool
	box                    []tollkeeper.Message
	boxMu                  sync.Mutex
	rejected               bool // the mailer takes nothing
}

// clock is the only one of the library.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// move moves it. Nothing happens before the beginning.
func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at = c.at.Add(d); c.at.Before(begun) {
		c.at = begun
	}
}

func newMachine(s store.Store, stats map[string]int, everything bool) (*machine, error) {
	m := &machine{
		raw: s, store: watch(s), secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, clock: clock{at: begun},
		rows: newRows(), known: map[uuid.UUID]*holder{}, asked: map[string]time.Time{}, unsure: map[string]time.Time{}, guesses: map[string]tally{},
		events: map[uuid.UUID]store.Event{}, stats: stats, everything: everything,
	}
	if err := m.start(); err != nil {
		return nil, err
	}
	m.settle()
	got, err := m.read(true)
	if err == nil && len(got.accounts) > 0 {
		err = errors.New("model: the store is not empty")
	}
	return m, err
}

// start makes the process that uses the store.
func (m *machine) start() (err error) {
	m.auth, err = tollkeeper.New(m.store, m.config())
	return err
}

func (m *machine) config() tollkeeper.Config {
	many := []tollkeeper.Limit{tollkeeper.Rate(60_000, time.Minute)}
	each := map[tollkeeper.Audience][]tollkeeper.Limit{
		tollkeeper.AudienceHost: many, tollkeeper.AudienceOrganization: many, tollkeeper.AudiencePlatform: many,
	}
	c := tollkeeper.Config{
		Secrets: m.secrets, BaseURL: baseURL, Now: m.clock.now, Logger: slog.New(slog.DiscardHandler),
		Mail:      tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(m.deliver)},
		Passwords: tollkeeper.Passwords{History: 2, Hash: tollkeeper.Hash{Memory: 8, Time: 1, Threads: 1, UnsafeForTests: true}},
		Tokens:    tollkeeper.Tokens{Most: mostHeld},
		Refresh:   tollkeeper.Refresh{Idle: 14 * 24 * time.Hour, Absolute: 30 * 24 * time.Hour, Grace: grace},
		Credits:   &tollkeeper.Credits{InitialCredits: initial, InitialFreeUsers: 1, Packages: packages},
		Social:    tollkeeper.Social{Issuers: map[string]tollkeeper.IDTokenVerifier{issuer: speaker{}}},
	}
	c.Limits = tollkeeper.Limits{
		SignIn: each, Reset: each, SignUp: many, Links: many, Lookups: many, CodeNetwork: many, CodeAddress: many, Resend: many,
		Lock:           tollkeeper.Limit{Free: lockFree, Base: 30 * time.Second, Max: 15 * time.Minute, Window: 15 * time.Minute},
		PairCeiling:    tollkeeper.Limit{Free: 6, Window: 15 * time.Minute},
		AccountCeiling: tollkeeper.Limit{Free: 7, Window: time.Hour},
		EmailCeiling:   tollkeeper.Limit{Free: 9, Window: time.Hour},
		CodeTries:      tollkeeper.Limit{Free: 4, Window: 24 * time.Hour},
		Factor:         factorLimit,
		FactorCeiling:  factorCeiling,
	}
	return c
}

const lockFree = 3 // failures without a lock

var (
	factorLimit   = tollkeeper.Limit{Free: 3, Window: 15 * time.Minute}
	factorCeiling = tollkeeper.Limit{Free: 8, Window: 24 * time.Hour}
)

// speaker is another issuer, whose tokens say whom they are of.
type speaker struct{}

func (speaker) VerifyIDToken(_ context.Context, token, _, _ string) (tollkeeper.IDToken, error) {
	subject, email, ok := strings.Cut(token, " ")
	if !ok {
		return tollkeeper.IDToken{}, errors.New("no token of ours")
	}
	return tollkeeper.IDToken{Subject: subject, Email: email, EmailVerified: true, Name: "Somebody"}, nil
}

// deliver is the mailer.
func (m *machine) deliver(_ context.Context, x tollkeeper.Message) error {
	m.boxMu.Lock()
	defer m.boxMu.Unlock()
	if m.rejected {
		return errors.New("mailer: connection refused")
	}
	m.box = append(m.box, x)
	return nil
}

var (
	sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)
	linkToken = regexp.MustCompile(`[?&]token=([A-Za-z0-9_-]+)`)
)

// letter is a mailed secret, as its reader knows it.
type letter struct {
	store.Secret
	kind  tollkeeper.MailKind
	text  string
	spent bool // used or void
	swept bool
}

// opened reads the mail that has come.
func (m *machine) opened() {
	m.boxMu.Lock()
	defer m.boxMu.Unlock()
	for _, x := range m.box {
		l := &letter{kind: x.Kind}
		if found := linkToken.FindStringSubmatch(string(x.Text)); found != nil {
			l.text = found[1]
		} else if x.Kind == tollkeeper.MailSignInCode {
			l.text = sixDigits.FindString(string(x.Text))
		}
		if l.text == "" {
			continue
		}
		l.Secret = m.store.brought(uuid.MustParse(x.ID))
		for _, older := range m.letters {
			older.swept = older.swept || older.Mail == l.Mail // it is replaced
		}
		m.letters = append(m.letters, l)
	}
	m.box = nil
}

// end reads all of the store once more.
func (m *machine) end() error {
	m.everything = true
	m.store.begin(Step{}, func() {})
	if err := m.judge(Step{}, plan{}, nil, m.store.counts(m.clock.now()), len(m.letters)); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	return m.whole()
}

// settle lets the worker do a round, and waits for its end.
func (m *machine) settle() {
	synctest.Wait()
	time.Sleep(time.Second + time.Millisecond)
	synctest.Wait()
}

// stop ends the process.
func (m *machine) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = m.auth.Close(ctx)
	synctest.Wait()
}

// networks are those that people are in. Two are neighbours; the last is none.
var networks = []string{"198.51.100.7", "198.51.100.9", "203.0.113.5", "2001:db8::7", ""}

func (s Step) client() tollkeeper.Client {
	text := networks[s.From%len(networks)]
	if text == "" {
		return tollkeeper.Client{}
	}
	return tollkeeper.Client{Addr: netip.MustParseAddr(text), Agent: "Firefox/130 Linux"}
}

// fresh is a password that nobody had.
func (m *machine) fresh() string {
	m.made++
	return fmt.Sprintf("plum kettle orbit %d", m.made)
}
