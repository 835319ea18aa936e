package toystore

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// session is a row. One that was ended stays until it is swept, so that a repeated CreateSession is still known.
type session struct {
	store.Session
	Agent  []byte    // shadows Session.Agent, which may be any bytes: text of JSON may not
	Ended  time.Time // revoked or reused; zero: not
	Reused bool      // an old refresh token of it was shown
}

func sessionKey(id uuid.UUID) string { return path("sessions", id) }

func (x session) key() string { return sessionKey(x.ID) }

func (x session) index() []string {
	return []string{
		path("account-sessions", x.Account, x.CreatedAt, x.ID),
		path("ends", "sessions", rules.EndOf(&x.Session, x.Ended), x.ID),
	}
}

// held reads what is decided on about a session; without one all of it is zero.
func (t *tx) held(id uuid.UUID) (*session, *store.Session, rules.Standing) {
	x := load[session](t, sessionKey(id))
	if x == nil {
		return nil, nil, rules.Standing{}
	}
	x.Session.Agent = string(x.Agent)
	a := load[account](t, accountKey(x.Account))
	return x, &x.Session, rules.Standing{
		Ended: !x.Ended.IsZero(), Reused: x.Reused, Epoch: a.Epoch, Status: a.Status, Parent: t.parentStatus(a),
	}
}

// CreateSession meets [store.SessionStore].
func (s *Store) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	return update(ctx, s, func(t *tx) (store.Receipt, error) {
		a := load[account](t, accountKey(n.Session.Account))
		facts, living := t.signer(n, a, now)
		done, err := rules.SignIn(n, facts, now)
		if err != nil || done.Stands {
			return done.Payment.Receipt, err
		}
		for _, x := range living[:done.Ends] {
			t.endSession(x, false, now)
		}
		write(t, nil, &session{Session: rules.WholeSession(n.Session), Agent: []byte(n.Session.Agent)})
		signedIn := *a
		signedIn.LastSignIn = rules.Whole(now)
		write(t, a, &signedIn)
		if done.Factor != nil {
			t.put(a.Account, []store.Factor{*done.Factor})
		}
		t.signedInBy(a, n.By, now)
		t.spend(n.Once)
		t.do(n.Effects, done.Payment)
		t.release(n.Release, now)
		return done.Payment.Receipt, nil
	})
}

// signer reads what a sign-in is decided on, and the live sessions that may be too many. a is nil when there is no such
// account.
func (t *tx) signer(n store.NewSession, a *account, now time.Time) (facts rules.Signer, living []*session) {
	facts = rules.Signer{Found: a != nil, Spent: t.spent(n.Once, now), Purse: t.purse(n.Charge)}
	if x := load[session](t, sessionKey(n.Session.ID)); x != nil {
		facts.Holder = x.Account
	}
	if a != nil {
		facts.Status, facts.Parent, facts.Epoch, facts.Factor = a.Status, t.parentStatus(a), a.Epoch, t.factor(a.ID, n.Use.Factor)
	}
	if a != nil && n.Most > 0 {
		living = t.livingSessions(a.ID, store.Page{Limit: math.MaxInt}, now)
		facts.Living = len(living)
	}
	return facts, living
}

// livingSessions returns a page of the account's live sessions. Of p only After and Limit count.
func (t *tx) livingSessions(account uuid.UUID, p store.Page, now time.Time) (list []*session) {
	ms, id := rules.Start(store.Page{After: p.After})
	for _, x := range rows[session](t, path("account-sessions", account, ""), path("account-sessions", account, int(ms), id)) {
		if len(list) >= p.Limit {
			break
		}
		if x, shown, standing := t.held(x.ID); rules.Live(shown, standing, now) {
			list = append(list, x)
		}
	}
	return list
}

// Session meets [store.SessionStore].
func (s *Store) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	return view(ctx, s, func(t *tx) (store.Live, error) {
		_, shown, standing := t.held(id)
		if !rules.Live(shown, standing, now) {
			return store.Live{}, store.ErrNotFound
		}
		return t.describe(shown), nil
	})
}

func (t *tx) describe(x *store.Session) store.Live {
	a := load[account](t, accountKey(x.Account))
	parent := t.parent(a)
	return rules.Shown(x, &a.Account, parent, t.organization(a, parent))
}

// RotateSession meets [store.SessionStore]. Reuse is an error that commits: it ends the session.
func (s *Store) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	type answer struct {
		live    store.Live
		refused error
	}
	got, err := update(ctx, s, func(t *tx) (answer, error) {
		x, shown, standing := t.held(r.Session)
		done, err := rules.Rotate(r, shown, standing, now)
		switch {
		case done.Reuse:
			t.endSession(x, true, now)
			t.log(r.Reused)
			return answer{refused: err}, nil
		case err != nil:
			return answer{}, err
		case done.Moved:
			next := *x
			next.Session = done.Session
			write(t, x, &next)
			t.log(r.Moved)
		}
		return answer{live: t.describe(&done.Session)}, nil
	})
	if err == nil {
		err = got.refused
	}
	return got.live, err
}

func (t *tx) endSession(x *session, reused bool, now time.Time) {
	next := *x
	next.Ended, next.Reused = rules.Whole(now), reused
	write(t, x, &next)
}

// TouchSession meets [store.SessionStore].
func (s *Store) TouchSession(ctx context.Context, touch store.Touch, now time.Time) error {
	return s.change(ctx, func(t *tx) error {
		x, shown, standing := t.held(touch.Session)
		if err := rules.Hold(touch.Account, shown, standing, now); err != nil {
			return err
		}
		next := *x
		next.Session = rules.Touch(x.Session, touch, now)
		write(t, x, &next)
		t.log(touch.Events)
		return nil
	})
}

// RevokeSession meets [store.SessionStore].
func (s *Store) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	return s.change(ctx, func(t *tx) error {
		x, shown, standing := t.held(r.Session)
		if err := rules.Hold(r.Account, shown, standing, now); err != nil {
			return err
		}
		t.endSession(x, false, now)
		t.log(r.Events)
		return nil
	})
}

// keepSession takes a session along into the account's next epoch.
func (t *tx) keepSession(was *account, id uuid.UUID, epoch int64) {
	x, shown, standing := t.held(id)
	if rules.Kept(&was.Account, shown, standing.Ended) {
		next := *x
		next.Epoch = epoch
		write(t, x, &next)
	}
}

// ListSessions meets [store.SessionStore].
func (s *Store) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) ([]store.Session, error) {
	return view(ctx, s, func(t *tx) (page []store.Session, _ error) {
		for _, x := range t.livingSessions(account, p, now) {
			page = append(page, x.Session)
		}
		return page, nil
	})
}
