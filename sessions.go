package tollkeeper

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// SessionInfo is a session as its owner sees it.
type SessionInfo struct {
	ID        uuid.UUID
	Device    string // "Firefox on Linux", from the User-Agent; "Unknown device"
	Network   string // masked address; empty: unknown
	Audience  Audience
	CreatedAt time.Time
	SeenAt    time.Time // to a quarter of an hour
	EndsAt    time.Time
	Current   bool // the caller's own
}

const (
	sessionsRead  = 1_000
	sessionsShown = 100
)

// Sessions lists the caller's live sessions in order of creation, the newest hundred of at most a thousand.
func (a *Authenticator) Sessions(ctx context.Context, by *Identity) ([]SessionInfo, error) {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return nil, err
	}
	return a.sessions(ctx, by.Account, by.Session)
}

// sessions lists the live sessions of an account. current is the caller's own.
func (a *Authenticator) sessions(ctx context.Context, account, current uuid.UUID) ([]SessionInfo, error) {
	rows, err := a.store.ListSessions(ctx, account, store.Page{Limit: sessionsRead}, a.now())
	if err != nil {
		return nil, err
	}
	rows = rows[max(0, len(rows)-sessionsShown):]
	list := make([]SessionInfo, len(rows))
	for i, s := range rows {
		list[i] = SessionInfo{
			ID: s.ID, Device: deviceLabel(s.Agent), Network: s.Network, Audience: s.Audience,
			CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, EndsAt: s.EndsAt(), Current: s.ID == current,
		}
	}
	return list, nil
}

// EndSession ends one of the caller's own sessions at once. [ErrNotFound]: there is none of that id.
func (a *Authenticator) EndSession(ctx context.Context, by *Identity, id uuid.UUID) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	return a.revoke(ctx, by, id)
}

// EndOtherSessions ends all of the caller's sessions but this one.
func (a *Authenticator) EndOtherSessions(ctx context.Context, by *Identity) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	return a.endSessions(ctx, by.Account, by, by.Session)
}

// EndSessions ends every session of an account that the caller may act on, the own one included. [ErrNotFound].
func (a *Authenticator) EndSessions(ctx context.Context, by *Identity, id uuid.UUID) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	if id != by.Account {
		if _, err := a.target(ctx, by, store.Lookup{ID: id}); err != nil {
			return err
		}
	}
	return a.endSessions(ctx, id, by, uuid.Nil)
}

func (a *Authenticator) endSessions(ctx context.Context, id uuid.UUID, by *Identity, keep uuid.UUID) error {
	return a.retry(func() error {
		s, err := a.subject(ctx, store.Lookup{ID: id})
		if err != nil {
			return err
		}
		c := store.Change{Account: s.Account, EndSessions: true, KeepSession: keep}
		e := about(&s.Account, EventSessionsEnded)
		e.By = by.Account
		c.Events = []Event{e}
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}

// RequireRecent returns [ErrNotRecent] unless the caller proved who they are within the given time (step-up).
func (a *Authenticator) RequireRecent(by *Identity, within time.Duration) error {
	by = by.orNobody()
	if age := a.now().Sub(by.ProvedAt); age < 0 || age > within {
		return ErrNotRecent
	}
	return nil
}

// Confirmation proves once more who the caller is, before something that needs it.
type Confirmation struct {
	Password   Password
	MailedCode SecretText    // of [Authenticator.RequestCode] for the own address, where Password is empty; good for an account without one, too
	Code       SecretText    // of the second factor, or a recovery code; empty: there is none
	Passkey    PasskeyAnswer // to [Authenticator.BeginPasskeyProof], instead of all of them
	Client     Client
}

// Reauthenticate proves once more who the caller is, so that [Authenticator.RequireRecent] passes in this session: by
// the password or a mailed code and, where there is one, a code of the second factor; or by a passkey, whose
// authenticator has verified them. A mailed code is counted, used up and a proof of the mailbox as in
// [Authenticator.SignInWithCode]; the session that asks is the owner's word, so that nothing is dropped.
// [ErrInvalidCredentials], [ErrInvalidCode], [ErrInvalidChallenge] (of the passkey's ticket), [ErrLocked],
// [ErrRateLimited].
func (a *Authenticator) Reauthenticate(ctx context.Context, by *Identity, r Confirmation) error {
	by = by.orNobody()
	if err := by.may(toProve); err != nil {
		return err
	}
	if !r.Passkey.IsZero() {
		return a.reproveFactor(ctx, by, shownBy(by, "", r.Passkey), r.Client, "passkey")
	}
	s, method, err := a.confirmFirst(ctx, by, r)
	if err != nil {
		return err
	}
	if s.Account.Factors != 0 {
		return a.reproveFactor(ctx, by, shownBy(by, r.Code, PasskeyAnswer{}), r.Client, "second-factor")
	}
	e := a.reauthenticated(by, s, r.Client)
	e.Method = method
	return a.proved(ctx, by, e)
}

// reproveFactor asks for a second factor, which is used once, here too.
func (a *Authenticator) reproveFactor(ctx context.Context, by *Identity, w shown, from Client, method string) error {
	s, t, proof, err := a.provenFactor(ctx, by, w, from)
	if err != nil {
		return err
	}
	if proof != (shownProof{}) {
		c := store.Change{Account: s.Account, Use: proof.use, Once: proof.once}
		used := about(&s.Account, EventFactorUsed)
		used.Network = from.network()
		c.Events = []Event{used}
		_, _, err := a.update(ctx, c, a.now())
		switch {
		case errors.Is(err, ErrInvalidLink):
			err = ErrInvalidChallenge.WithCause(err) // the passkey's ticket has served
		case errors.Is(err, ErrConflict):
			err = ErrInvalidCode.WithCause(err)
		}
		if err != nil {
			a.settle(ctx, t, err)
			return err
		}
	}
	a.release(ctx, a.earned(t))
	e := a.reauthenticated(by, s, from)
	e.Method = method
	return a.proved(ctx, by, e)
}

// confirmFirst proves the first factor once more, and says by what.
func (a *Authenticator) confirmFirst(ctx context.Context, by *Identity, r Confirmation) (s Subject, method string, err error) {
	if r.Password == "" && r.MailedCode != "" {
		s, err = a.confirmByCode(ctx, by, r.MailedCode, r.Client)
		return s, "code", err
	}
	s, err = a.confirm(ctx, by, r.Password, r.Client)
	return s, "password", err
}

// reauthenticated is the event of it, by the password.
func (a *Authenticator) reauthenticated(by *Identity, s Subject, c Client) Event {
	e := about(&s.Account, EventReauthenticated)
	e.Session, e.Audience, e.Network, e.Method = a.digests.session(by.Session), by.Audience, c.network(), "password"
	return e
}

// proved notes that the caller has just proved who they are, so that [Authenticator.RequireRecent] passes.
func (a *Authenticator) proved(ctx context.Context, by *Identity, e Event) error {
	t := store.Touch{Account: by.Account, Session: by.Session, Proved: true, Events: []Event{e}}
	err := a.store.TouchSession(ctx, t, a.now())
	a.live.sessionChanged(by.Account)
	if errors.Is(err, ErrNotFound) {
		return ErrInvalidToken
	}
	return err
}

// deviceLabel names browser and system of a User-Agent, for people. It decides nothing.
func deviceLabel(agent string) string {
	first := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := first("Edg", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "FxiOS", "Firefox", "Chrome/", "Chrome", "CriOS", "Chrome",
		"Safari/", "Safari", "curl/", "curl", "Go-http-client", "Go program", "okhttp", "Android app")
	system := first("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	case system != "":
		return system
	}
	return "Unknown device"
}

// SignOut ends the caller's session at once. [ErrInvalidToken]: it has ended already. An error of the store is
// reported, never swallowed (R55).
func (a *Authenticator) SignOut(ctx context.Context, by *Identity) error {
	by = by.orNobody()
	if err := by.may(toLeave); err != nil {
		return err
	}
	err := a.revoke(ctx, by, by.Session)
	if errors.Is(err, ErrNotFound) {
		return ErrInvalidToken
	}
	return err
}

// revoke ends one of the caller's sessions.
func (a *Authenticator) revoke(ctx context.Context, by *Identity, id uuid.UUID) error {
	e := Event{Name: EventSignOut, Scope: by.Parent, Account: by.Account, By: by.Account, Session: a.digests.session(id), Audience: by.Audience}
	err := a.store.RevokeSession(ctx, store.Revocation{Account: by.Account, Session: id, Events: []Event{e}}, a.now())
	a.live.sessionChanged(by.Account)
	return err
}

// confirm proves the caller's own password once more. ErrInvalidCredentials, ErrLocked.
func (a *Authenticator) confirm(ctx context.Context, by *Identity, password Password, c Client) (Subject, error) {
	now := a.now()
	t, err := a.takeConfirm(ctx, by, c, now)
	if err != nil {
		return Subject{}, err
	}
	s, err := a.self(ctx, by)
	if err != nil {
		a.release(ctx, t.undecided())
		return s, err
	}
	proof, err := a.hasher.verify(ctx, s.Account.Password, password)
	if err != nil {
		a.release(ctx, t.undecided())
		return s, err
	}
	if !proof.ok {
		a.release(ctx, t.failed())
		a.event(Event{Name: EventSignInFailed, Scope: by.Parent, Account: by.Account, Audience: by.Audience, Network: c.network()})
		return s, ErrInvalidCredentials
	}
	a.release(ctx, a.earned(t))
	return s, nil
}

// freshFor is how long a proof is one of this moment.
const freshFor = 5 * time.Minute

// fresh asks for a proof of this moment (R44): the password, or a session that was proved within five minutes.
func (a *Authenticator) fresh(ctx context.Context, by *Identity, password Password, c Client) (Subject, error) {
	if password != "" {
		return a.confirm(ctx, by, password, c)
	}
	if err := a.RequireRecent(by, freshFor); err != nil {
		return Subject{}, err
	}
	return a.self(ctx, by)
}
