package tollkeeper

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/tollkeeper/tollkeeper/internal/blocklist"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/passhash"
	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/store"
)

// PasswordChange replaces a password.
type PasswordChange struct {
	Current Password // empty: the account has none yet
	New     Password
	Client  Client
}

// ChangePassword replaces the caller's password. To an account that has none it gives the first one, in a session that
// was proved within five minutes ([Authenticator.Reauthenticate]). Every other session ends, the caller's stays; codes
// and links on their way are void; the owner is told by mail. A wrong current password counts in a lock of the caller.
// [ErrInvalidCredentials], [ErrLocked], [ErrNotRecent], [ErrWeakPassword], [ErrConflict] when another change came
// first.
func (a *Authenticator) ChangePassword(ctx context.Context, by *Identity, r PasswordChange) error {
	by = by.orNobody()
	if err := by.may(toChoose); err != nil {
		return err
	}
	s, err := a.confirmPassword(ctx, by, r)
	if err != nil {
		return err
	}
	if err := a.checkNewPassword(ctx, r.New, s.Account); err != nil {
		return err
	}
	now := a.now()
	change := store.Change{EndSessions: true, KeepSession: by.Session}
	e := about(&s.Account, EventPasswordChanged)
	e.Network, e.Method = r.Client.network(), "password"
	change.Events, change.Mail = []Event{e}, a.notice(s, noticePassword)
	if change.Account, err = a.withPassword(ctx, s.Account, r.New, now); err != nil {
		return err
	}
	_, _, err = a.update(ctx, change, now)
	return err
}

// confirmPassword proves the current password. Where there is none, a session proved just now stands for it: the
// change compares, so that no password is replaced unseen.
func (a *Authenticator) confirmPassword(ctx context.Context, by *Identity, r PasswordChange) (Subject, error) {
	if r.Current == "" {
		s, err := a.selfNow(ctx, by)
		if err != nil {
			return s, err
		}
		if s.Account.Password == "" {
			return s, a.RequireRecent(by, freshFor)
		}
	}
	return a.confirm(ctx, by, r.Current, r.Client)
}

// passwordAge returns whether a password is expired and the days that are left, rounded up: zero exactly when expired
// (docs/WIRE.md 1.1 rule 7). What was never set, zero, does not expire.
func passwordAge(changed time.Time, life time.Duration, now time.Time) (expired bool, days int) {
	if changed.IsZero() {
		changed = now
	}
	rest := changed.Add(life).Sub(now)
	if rest <= 0 {
		return true, 0
	}
	const day = 24 * time.Hour
	return false, int((rest + day - 1) / day)
}

// PasswordPolicy judges a new password of an account. It returns nil or an error whose text is shown to the user; an
// *Error is passed on, any other becomes [ErrWeakPassword]. It is asked before hashing and may look things up, within
// ctx. The bounds of 8 to 1,024 bytes hold besides every policy, and so does the blocklist: no password that many
// people have, none that is only a repetition or a sequence of letters, digits or keys, and none that is one common
// word with at most six digits, signs and spaces about it.
type PasswordPolicy func(ctx context.Context, password string, of Account) error

// PolicyDefault asks for 8 characters and refuses passwords that contain the account's email or username
// (SECURITY.md R01, R06). There are no composition rules (R07).
func PolicyDefault(_ context.Context, password string, of Account) error {
	return longEnough(password, 8, of)
}

// PolicyNIST is [PolicyDefault] with 15 characters, and 8 for an account with a second factor (NIST SP 800-63B-4
// 3.1.1.2).
func PolicyNIST(_ context.Context, password string, of Account) error {
	if of.Factors != 0 {
		return longEnough(password, 8, of)
	}
	return longEnough(password, 15, of)
}

func longEnough(password string, least int, of Account) error {
	if utf8.RuneCountInString(password) < least {
		return ErrWeakPassword.WithMessage("Password must have at least " + strconv.Itoa(least) + " characters")
	}
	local, domain, _ := strings.Cut(of.EmailKey, "@")
	lower := canon.Lower(password)
	for _, word := range []string{local, strings.Split(domain, ".")[0], canon.Lower(of.Username), canon.Lower(of.Name)} {
		if len(word) >= 4 && strings.Contains(lower, word) {
			return ErrWeakPassword.WithMessage("Password must not contain your name or email address")
		}
	}
	return nil
}

const (
	minPassword = 8     // bytes
	maxPassword = 1_024 // bytes (R02)
)

// BreachChecker knows passwords that have been published. Package breach has two: one asks a service that learns five
// characters of a digest, the other reads a file.
type BreachChecker interface {
	// Breached reports whether the password is known. An error means that nobody can tell: the password is then taken,
	// and the host gets [EventBreachUnknown].
	Breached(ctx context.Context, password string) (bool, error)
}

// checkNewPassword is everything a new password must pass but the history.
func (a *Authenticator) checkNewPassword(ctx context.Context, password Password, of Account) error {
	if err := a.checkPolicy(ctx, password, of); err != nil {
		return err
	}
	return a.checkBreached(ctx, password, of)
}

// checkPolicy is what costs nothing: bounds, blocklist, product name, policy.
func (a *Authenticator) checkPolicy(ctx context.Context, p Password, of Account) error {
	password := string(p)
	switch {
	case len(password) < minPassword:
		return ErrWeakPassword.WithMessage("Password must have at least 8 characters")
	case len(password) > maxPassword:
		return ErrWeakPassword.WithMessage("Password must have at most 1,024 bytes")
	case !utf8.ValidString(password):
		return ErrWeakPassword.WithMessage("Password must be text")
	case blocklist.Common(password):
		return ErrWeakPassword.WithMessage("Password is too common")
	case blocklist.Predictable(password):
		return ErrWeakPassword.WithMessage("Password must not be only a repetition or a sequence")
	case blocklist.Embellished(password):
		return ErrWeakPassword.WithMessage("Password must be more than a common word with digits or signs")
	case len(a.cfg.Product) >= 4 && strings.Contains(canon.Lower(password), canon.Lower(a.cfg.Product)):
		return ErrWeakPassword.WithMessage("Password must not contain the name of this service")
	}
	if err := a.cfg.Passwords.Policy(ctx, password, of); err != nil {
		if _, ours := errors.AsType[*Error](err); !ours {
			return ErrWeakPassword.WithMessage(err.Error()).WithCause(err)
		}
		return err
	}
	return nil
}

func (a *Authenticator) checkBreached(ctx context.Context, password Password, of Account) error {
	if a.cfg.Passwords.Breach == nil {
		return nil
	}
	known, err := a.cfg.Passwords.Breach.Breached(ctx, string(password))
	if err != nil {
		a.event(about(&of, EventBreachUnknown))
		return nil
	}
	if known {
		return ErrWeakPassword.WithMessage("This password has appeared in a data breach; please choose another one")
	}
	return nil
}

const maxHistory = 24

// withPassword returns the account with a new password, which must be none of the last few.
func (a *Authenticator) withPassword(ctx context.Context, x Account, password Password, now time.Time) (Account, error) {
	n := a.cfg.Passwords.History
	if x.PasswordTemporary || a.cfg.Passwords.EnforceExpiry {
		n = max(1, n) // one that must be replaced is not replaced by itself (R33)
	}
	earlier := append([]SecretText{x.Password}, x.PasswordHistory...)
	earlier = earlier[:min(n, len(earlier))]
	for _, old := range earlier {
		if used, err := a.hasher.verify(ctx, old, password); err != nil {
			return x, err
		} else if used.ok {
			return x, ErrWeakPassword.WithMessage("Please choose a password that you have not used before")
		}
	}
	x.PasswordHistory = nil
	if keep := a.cfg.Passwords.History - 1; keep > 0 {
		x.PasswordHistory = earlier[:min(keep, len(earlier))]
	}
	text, err := a.hasher.hash(ctx, password)
	if err != nil {
		return x, err
	}
	x.Password, x.PasswordChangedAt, x.PasswordTemporary = text, now, false
	return x, nil
}

// line is the default of Queue, 1,024 for each place and second of the wait: it bounds memory, and refuses nobody whom
// the gate would not refuse by the time that hashes take, unless they take less than 2 ms. None above the floor does.
func (h Hash) line() int {
	return int(min(1<<20, max(1, 1024*float64(h.Parallel)*h.Wait.Seconds())))
}

// hasher does all password hashing of an instance behind one gate (R11): exactly one hash per attempt on every path.
type hasher struct {
	params passhash.Params
	derive passhash.Derive
	gate   *passhash.Gate
	nobody passhash.Hash // a hash at current strength, for accounts that are not there (R14)
	known  sync.Map      // names of schemes that were declared, or told of as undeclared
	boxes  *token.Keyring
}

func newHasher(c Hash, boxes *token.Keyring) (*hasher, error) {
	h := &hasher{
		boxes:  boxes,
		params: passhash.Params{Memory: c.Memory, Time: c.Time, Threads: c.Threads},
		derive: c.Derive,
		gate:   passhash.NewGate(c.Parallel, c.Queue, c.Wait),
	}
	text, err := h.hash(context.Background(), Password(newID().String())) // by which the gate knows what one takes
	if err != nil {
		return nil, err
	}
	h.nobody, err = h.parse(string(text))
	return h, err
}

func (h *hasher) parse(stored string) (passhash.Hash, error) {
	parsed, err := passhash.Parse(h.opened(stored))
	return parsed.With(h.derive), err
}

// cost measures what a password that is wrong takes: a hash of our own and, besides, the dearest of those that
// accounts brought along.
func (h *hasher) cost(imported []SecretText) (time.Duration, error) {
	dearest := time.Duration(0)
	for _, text := range imported {
		parsed, err := h.parse(string(text))
		if err != nil {
			return 0, err
		}
		h.known.Store(parsed.Scheme(), true)
		dearest = max(dearest, timeOf(parsed))
	}
	return timeOf(h.nobody) + dearest, nil
}

// timeOf is the lesser of two: any one may be interrupted.
func timeOf(h passhash.Hash) time.Duration {
	least := time.Duration(math.MaxInt64)
	for range 2 {
		began := time.Now()
		h.Verify("a password of nobody")
		least = min(least, time.Since(began))
	}
	return least
}

// verdict is what became of a password.
type verdict struct {
	ok       bool          // it is the stored one's
	outdated bool          // a new hash is due
	queued   time.Duration // time spent in the queue
}

// verify spends one hash at current strength, whatever stored is. A stored hash that cannot be read counts as nobody's.
// An imported one that does not verify costs its own work besides, unless it is wrapped: it may be cheap, or refuse
// without any, which would tell that the account is there (R14).
func (h *hasher) verify(ctx context.Context, stored SecretText, p Password) (verdict, error) {
	password, v := string(p), verdict{}
	parsed, parseErr := h.parse(string(stored))
	known := stored != "" && parseErr == nil
	if !known {
		parsed = h.nobody
	}
	v.outdated = !parsed.Current(h.params)
	cheap := !parsed.Dear(h.params)
	came := time.Now()
	err := h.gate.Do(ctx, func() {
		v.queued = time.Since(came)
		if v.ok = parsed.Verify(password); !v.ok && cheap {
			h.nobody.Verify(password)
		}
	})
	if err != nil {
		return verdict{}, busy(err)
	}
	v.ok = v.ok && known
	return v, nil
}

// hash makes a PHC string of a new password.
func (h *hasher) hash(ctx context.Context, p Password) (SecretText, error) {
	var text string
	var failed error
	if err := h.gate.Do(ctx, func() { text, failed = h.derive.New(string(p), h.params) }); err != nil {
		return "", busy(err)
	}
	if failed != nil {
		return "", ErrInternal.WithCause(failed)
	}
	return SecretText(text), nil
}

func busy(err error) error {
	if errors.Is(err, passhash.ErrBusy) {
		return ErrBusy.WithCause(err)
	}
	return ErrUnavailable.WithCause(err) // the caller's ctx ended
}
