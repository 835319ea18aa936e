package tollkeeper

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper/store"
)

// Authenticator is the whole library: it signs people up and in, checks tokens, and keeps the books. Make one with New;
// it never changes afterwards and is safe for concurrent use.
type Authenticator struct {
	cfg      Config
	store    store.Store
	attempts store.AttemptStore
	apart    bool // attempts live in another store than sessions
	keys     *keyring
	tokens   *tokenChecker
	live     *liveSessions
	digests  digestKeys
	hasher   *hasher
	mails    templates
	worker   *worker
	active   activeCounts
}

// New makes an Authenticator and starts its background worker, which sends mail, sweeps expired rows and settles months.
// It refuses, with an ErrInvalidInput that names the field, whatever could only fail later. It does not touch the store.
// Stop the worker with Close.
func New(s store.Store, c Config) (*Authenticator, error) {
	if s == nil {
		return nil, ErrInvalidInput.in("store").saying("tollkeeper: New needs a store")
	}
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	c.own()
	s = errorsOf{s}
	a := &Authenticator{cfg: c, store: s, attempts: s}
	if c.Attempts != nil {
		a.attempts, a.apart = attemptErrors{c.Attempts}, true
	}
	if a.keys, err = newKeyring(c.Secrets, c.SigningKeys); err != nil {
		return nil, err
	}
	a.tokens = newTokenChecker(a.keys, c.Issuer)
	a.live = newLiveSessions(s, c.SessionStaleness)
	a.digests = newDigestKeys(a.keys.oldest)
	if a.hasher, err = newHasher(c.Hash); err != nil {
		return nil, bad("Hash", err.Error())
	}
	if a.mails, err = newTemplates(c.Templates); err != nil {
		return nil, bad("Templates", err.Error())
	}
	if c.DiscloseUnknownUser {
		c.Logger.Warn("tollkeeper: Config.DiscloseUnknownUser tells anyone who has an account")
	}
	a.worker = newWorker(a)
	a.worker.start()
	return a, nil
}

// Close stops the background worker: mail that is due is still sent, until ctx ends; what is left stays in the store for the
// next process. It is safe to call more than once. The store stays open: it is the caller's.
func (a *Authenticator) Close(ctx context.Context) error { return a.worker.close(ctx) }

// Health answers nil when the store answers, else ErrUnavailable.
func (a *Authenticator) Health(ctx context.Context) error {
	_, err := a.store.Session(ctx, uuid.Max, a.now())
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return unavailable(err)
}

// now is the one place where time enters: in UTC and whole milliseconds, as stores keep it.
func (a *Authenticator) now() time.Time { return a.cfg.Now().UTC().Truncate(time.Millisecond) }

// unavailable turns an error of a driver into ErrUnavailable; the library's own errors pass.
func unavailable(err error) error {
	if _, ours := errors.AsType[*Error](err); ours || err == nil {
		return err
	}
	return ErrUnavailable.because(err)
}

// asideAtMost is how long an answer waits for what is done besides it.
const asideAtMost = 2 * time.Second

// aside is for what is done besides an answer, by the best effort: it outlives a client that goes away, but not a store that
// hangs.
func aside(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), asideAtMost)
}

// queueAside queues mail of which the answer says nothing.
func (a *Authenticator) queueAside(ctx context.Context, m store.QueuedMail) {
	ctx, cancel := aside(ctx)
	defer cancel()
	if err := a.queue(ctx, m); err != nil {
		a.cfg.Logger.Warn("tollkeeper: mail not queued", "kind", string(m.Kind), "account", m.Lookup.ID, "error", err)
	}
}

var strictBase64 = base64.RawURLEncoding.Strict()
