package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// span is a random time to live, from milliseconds to months.
func (w *twins) span() time.Duration {
	return time.Duration(1+w.d.roll(5000)) * []time.Duration{time.Millisecond, time.Minute, time.Minute, time.Hour}[w.d.roll(4)]
}

func (w *twins) signIn() {
	who := w.any(w.people)
	if w.chance(8) {
		who = w.any(w.tenants)
	}
	f := w.has(who)
	x := store.Session{
		ID: w.id(), Account: who, Epoch: f.Account.Epoch, Audience: store.AudienceV1, KeyID: "key-1", Network: "192.0.2.0/24",
		Agent: "agent", CreatedAt: w.begun(), SeenAt: w.at, ProvedAt: w.at, ExpiresAt: w.at.Add(w.span()),
	}
	if !w.chance(3) {
		x.RefreshUntil = w.at.Add(w.span())
	}
	if w.chance(20) {
		x.Epoch--
	}
	old := one(w, w.sessions)
	again := old.ID != uuid.Nil && w.chance(6)
	if again && w.chance(2) {
		x.ID, x.Account = old.ID, old.Account
	} else if again {
		x.ID = old.ID
	}
	n := store.NewSession{Session: x, Use: w.use(f), Once: w.once(), By: one(w, f.Linked).Key(), Effects: w.effects(who, f.Account.Parent)}
	if w.chance(6) {
		n.By = w.identity().Key()
	}
	if w.chance(3) {
		n.Most = 1 + w.d.roll(3)
	}
	living, _ := w.stores[1].ListSessions(w.ctx, who, store.Page{Limit: 50}, w.at)
	if w.chance(4) {
		n.Release = w.release()
	}
	var receipt store.Receipt
	outcome := w.both("CreateSession", n, func(s store.Store, _ int) (_ any, err error) {
		receipt, err = s.CreateSession(w.ctx, n, w.at)
		return receipt, err
	})
	switch {
	case outcome == "ok" && again:
		w.met("CreateSession", "again")
		if _, err := w.stores[1].FindAccount(w.ctx, store.Lookup{ID: x.Account}); err != nil {
			w.met("CreateSession", "again of one who is gone")
		}
	case outcome == "ok":
		w.sessions = append(w.sessions, x)
		w.moved("CreateSession", n.Use, n.Once, f)
		if n.Most > 0 && len(living) >= n.Most {
			w.met("CreateSession", "most")
		}
	}
	w.paid("CreateSession", n.Charge, receipt, again || outcome != "ok")
}

func unnumberedLive(l store.Live) store.Live {
	l.Number = 0
	return l
}

// begun is when a session was: by a clock that may be behind.
func (w *twins) begun() time.Time { return w.at.Add(-time.Duration(w.d.roll(3)) * time.Second) }

func (w *twins) look() {
	x := w.living()
	w.session(x.ID)
	p := store.Page{Limit: 1 + w.d.roll(5)}
	if w.chance(2) {
		p.After = store.Position{At: x.CreatedAt, ID: x.ID}
	}
	w.sessionsOf(x.Account, p)
}

func (w *twins) session(id uuid.UUID) {
	w.both("Session", id, func(s store.Store, _ int) (any, error) {
		l, err := s.Session(w.ctx, id, w.at)
		return unnumberedLive(l), err
	})
}

func (w *twins) sessionsOf(account uuid.UUID, p store.Page) {
	w.both("ListSessions", account, func(s store.Store, i int) (any, error) {
		list, err := s.ListSessions(w.ctx, account, p, w.at)
		if len(list) > 1 && i == 1 {
			w.met("ListSessions", "several")
		}
		return list, err
	})
}

func (w *twins) rotate() {
	x := w.living()
	if old, ok := w.worn(); ok && w.chance(2) {
		x = old
	}
	shown := w.d.roll(3)
	l, err := w.stores[1].Session(w.ctx, x.ID, w.at)
	if err == nil {
		shown = l.Session.Generation + []int{0, 0, 0, 0, 0, 0, -1, -1, -1, -2, -3, 1}[w.d.roll(12)]
		if l.Status != store.StatusActive && w.chance(2) {
			shown = l.Session.Generation - 2
		}
	}
	r := store.Rotation{
		Session: x.ID, Generation: shown, ExpiresAt: w.at.Add(w.span()), RefreshUntil: w.at.Add(w.span()),
		Grace: []time.Duration{0, time.Minute, time.Hour}[w.d.roll(3)], Moved: w.events(x.Account), Reused: w.events(x.Account),
	}
	outcome := w.both("RotateSession", r, func(s store.Store, _ int) (any, error) {
		l, err := s.RotateSession(w.ctx, r, w.at)
		return unnumberedLive(l), err
	})
	if err == nil && outcome == "not found" && l.Status != store.StatusActive && shown < l.Session.Generation-1 {
		w.met("RotateSession", "a disabled account before reuse")
	}
}

// worn picks a live session of a disabled account that was rotated more than once: what is too old for it is told from
// a reuse, and few histories come there by chance. Now and then it disables an account to have one.
func (w *twins) worn() (store.Session, bool) {
	for _, x := range w.sessions {
		l, err := w.stores[1].Session(w.ctx, x.ID, w.at)
		if err != nil || l.Session.Generation < 2 {
			continue
		}
		if l.Status == store.StatusActive && w.chance(4) {
			w.disable(x.Account)
			l, err = w.stores[1].Session(w.ctx, x.ID, w.at)
		}
		if err == nil && l.Status != store.StatusActive {
			return x, true
		}
	}
	return store.Session{}, false
}

// disable leaves the account's sessions alone.
func (w *twins) disable(id uuid.UUID) {
	c := store.Change{Account: w.has(id).Account}
	c.Account.Status, c.Account.UpdatedAt = store.StatusDisabled, w.at
	w.both("UpdateAccount", c, func(s store.Store, _ int) (any, error) {
		got, r, err := s.UpdateAccount(w.ctx, c, w.at)
		if err == nil {
			w.last[id] = got
		}
		return []any{unnumbered(got), r}, err
	})
}

// living picks a session, mostly one that is live.
func (w *twins) living() store.Session {
	var live []store.Session
	for _, x := range w.sessions[max(0, len(w.sessions)-80):] {
		if _, err := w.stores[1].Session(w.ctx, x.ID, w.at); err == nil {
			live = append(live, x)
		}
	}
	if len(live) == 0 || w.chance(6) {
		return one(w, w.sessions)
	}
	return live[w.d.roll(len(live))]
}

// whose is the session's account, now and then another one.
func (w *twins) whose(x store.Session) uuid.UUID {
	if w.chance(8) {
		return w.any(w.people)
	}
	return x.Account
}

func (w *twins) touch() {
	x := w.living()
	t := store.Touch{Account: w.whose(x), Session: x.ID, Proved: w.chance(2), Events: w.events(x.Account)}
	w.both("TouchSession", t, func(s store.Store, _ int) (any, error) { return nil, s.TouchSession(w.ctx, t, w.at) })
}

func (w *twins) revoke() {
	x := w.living()
	r := store.Revocation{Account: w.whose(x), Session: x.ID, Events: w.events(x.Account)}
	w.both("RevokeSession", r, func(s store.Store, _ int) (any, error) {
		return nil, s.RevokeSession(w.ctx, r, w.at)
	})
}
