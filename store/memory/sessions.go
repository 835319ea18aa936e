package memory

import (
	"cmp"
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// session is a row with what decides about it.
type session struct {
	store.Session
	account *account
	ended   time.Time // revoked or reused; zero: not
	reused  bool      // an old refresh token of it was shown
}

// begun orders sessions of one account by their epoch, and there in order of creation.
type begun struct {
	epoch int64
	stamped[*session]
}

func (a begun) compare(b begun) int {
	return cmp.Or(cmp.Compare(a.epoch, b.epoch), a.stamped.compare(b.stamped))
}

func (x *session) begun() begun {
	return begun{x.Epoch, stamped[*session]{x.CreatedAt.UnixMilli(), x.ID, x}}
}

func (x *session) position() store.Position { return store.Position{At: x.CreatedAt, ID: x.ID} }

// inEpoch is where a page of the sessions of an epoch begins. Of the page only After counts.
func inEpoch(epoch int64, p store.Page) begun {
	ms, id := rules.Start(store.Page{After: p.After})
	return begun{epoch, stamped[*session]{at: ms, id: id}}
}

// standing is what decides about the session beside its own values.
func (x *session) standing() rules.Standing {
	return rules.Standing{
		Ended: !x.ended.IsZero(), Reused: x.reused, Epoch: x.account.Epoch, Status: x.account.Status, Parent: x.account.parentStatus(),
	}
}

// end is the time that Sweep counts from.
func (x *session) end() int64 { return rules.EndOf(&x.Session, x.ended).UnixMilli() }

// index and unindex write a session into the indexes whose keys may change, and take it out of them.
func (s *Store) index(x *session) {
	s.sessionEnds.insert(stamped[*session]{x.end(), x.ID, x})
	x.account.sessions.insert(x.begun())
	x.account.lasting = min(x.account.lasting, x.end())
}

func (s *Store) unindex(x *session) {
	s.sessionEnds.remove(stamped[*session]{at: x.end(), id: x.ID})
	x.account.sessions.remove(x.begun())
}

// CreateSession meets [store.SessionStore].
func (s *Store) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return store.Receipt{}, err
	}
	now = rules.Whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[n.Session.Account]
	facts := rules.Signer{Found: a != nil, Purse: s.purse(n.Charge), Spent: s.spent(n.Once, now)}
	if x := s.sessions[n.Session.ID]; x != nil {
		facts.Holder = x.Account
	}
	if a != nil {
		facts.Status, facts.Parent, facts.Epoch, facts.Factor = a.Status, a.parentStatus(), a.Epoch, a.usedFactor(n.Use)
		if n.Most > 0 && a.sessions.countFrom(inEpoch(a.Epoch, store.Page{})) >= n.Most {
			facts.Living = s.countLiving(a, now)
		}
	}
	done, err := rules.SignIn(n, facts, now)
	if err != nil || done.Stands {
		return done.Payment.Receipt, err
	}
	if done.Ends > 0 {
		for _, old := range s.living(a, now, done.Ends) {
			s.endSession(old, now)
		}
	}
	x := &session{Session: rules.WholeSession(n.Session), account: a}
	s.sessions[x.ID] = x
	s.index(x)
	s.signedIn(a, now)
	if done.Factor != nil {
		s.putFactors(a, []store.Factor{*done.Factor})
	}
	if l, ok := a.linked[n.By]; ok {
		l.UsedAt = now
		a.linked[n.By] = l
	}
	s.spend(n.Once)
	s.do(n.Effects, done.Payment)
	s.release(n.Release, now)
	return done.Payment.Receipt, nil
}

// living returns the account's first live sessions in order of creation, so many at most.
func (s *Store) living(a *account, now time.Time, most int) (list []*session) {
	for e := range a.sessions.from(inEpoch(a.Epoch, store.Page{})) {
		if rules.Live(&e.row.Session, e.row.standing(), now) {
			list = append(list, e.row)
		}
		if len(list) == most {
			break
		}
	}
	return list
}

// countLiving counts the live sessions of an account that may sign in. Until the first one ends, all are, and none is
// looked at.
func (s *Store) countLiving(a *account, now time.Time) (n int) {
	from := inEpoch(a.Epoch, store.Page{})
	if now.UnixMilli() < a.lasting {
		return a.sessions.countFrom(from)
	}
	a.lasting = math.MaxInt64
	for e := range a.sessions.from(from) {
		a.lasting = min(a.lasting, e.row.end())
		if rules.Live(&e.row.Session, e.row.standing(), now) {
			n++
		}
	}
	return n
}

func (s *Store) signedIn(a *account, now time.Time) {
	sc := s.around(a)
	if !a.LastSignIn.IsZero() {
		sc.active.remove(stamped[struct{}]{at: a.LastSignIn.UnixMilli(), id: a.ID})
	}
	a.LastSignIn = now
	sc.active.insert(stamped[struct{}]{at: now.UnixMilli(), id: a.ID})
}

// Session meets [store.SessionStore]. It allocates nothing.
func (s *Store) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	if err := ctx.Err(); err != nil {
		return store.Live{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.sessions[id]
	if x == nil || !rules.Live(&x.Session, x.standing(), now) {
		return store.Live{}, store.ErrNotFound
	}
	a := x.account
	return rules.Shown(&x.Session, &a.Account, a.above(), s.organization(a)), nil
}

// RotateSession meets [store.SessionStore].
func (s *Store) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	if err := ctx.Err(); err != nil {
		return store.Live{}, err
	}
	now = rules.Whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	x, shown, standing := s.held(r.Session)
	done, err := rules.Rotate(r, shown, standing, now)
	if done.Reuse {
		x.reused = true
		s.endSession(x, now)
		s.log(r.Reused...)
	}
	if err != nil {
		return store.Live{}, err
	}
	if done.Moved {
		s.unindex(x)
		x.Session = done.Session
		s.index(x)
		s.log(r.Moved...)
	}
	a := x.account
	return rules.Shown(&x.Session, &a.Account, a.above(), s.organization(a)), nil
}

// held looks up what is decided on about a session; without one all of it is zero.
func (s *Store) held(id uuid.UUID) (*session, *store.Session, rules.Standing) {
	x := s.sessions[id]
	if x == nil {
		return nil, nil, rules.Standing{}
	}
	return x, &x.Session, x.standing()
}

// TouchSession meets [store.SessionStore].
func (s *Store) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, shown, standing := s.held(t.Session)
	if err := rules.Hold(t.Account, shown, standing, now); err != nil {
		return err
	}
	x.Session = rules.Touch(x.Session, t, now)
	s.log(t.Events...)
	return nil
}

// RevokeSession meets [store.SessionStore].
func (s *Store) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, shown, standing := s.held(r.Session)
	if err := rules.Hold(r.Account, shown, standing, now); err != nil {
		return err
	}
	s.endSession(x, rules.Whole(now))
	s.log(r.Events...)
	return nil
}

// endSession keeps the row, so that a repeated CreateSession is still known, but no list walks over it any more.
func (s *Store) endSession(x *session, now time.Time) {
	s.unindex(x)
	x.ended = now
	s.sessionEnds.insert(stamped[*session]{x.end(), x.ID, x})
}

// keepSession takes a session along into the account's next epoch.
func (s *Store) keepSession(a *account, id uuid.UUID, epoch int64) {
	x, shown, standing := s.held(id)
	if !rules.Kept(&a.Account, shown, standing.Ended) {
		return
	}
	s.unindex(x)
	x.Epoch = epoch
	s.index(x)
}

// ListSessions meets [store.SessionStore]. Sessions of an earlier epoch are not walked over.
func (s *Store) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) ([]store.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.accounts[account]
	if a == nil || a.gone() {
		return nil, nil
	}
	var page []store.Session
	for e := range a.sessions.from(inEpoch(a.Epoch, p)) {
		if len(page) >= p.Limit {
			break
		}
		if e.row.position().Compare(p.After) != 0 && rules.Live(&e.row.Session, e.row.standing(), now) {
			page = append(page, e.row.Session)
		}
	}
	return page, nil
}
