package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// event is one about that account, now and then with an id that is there.
func (w *twins) event(about uuid.UUID) store.Event {
	e := store.Event{
		ID: one(w, w.logged), At: w.at, Name: []store.EventName{store.EventSignIn, store.EventRefreshed, "changed", "refused"}[w.d.roll(4)],
		Scope: w.last[about].Parent, Account: about, By: w.any(w.people), Method: "code", Code: store.Code(w.word("code", 3)), Credits: int64(w.d.roll(3)),
		Count: int64(w.d.roll(3)), Network: "192.0.2.0/24", Detail: w.word("detail", 3), Salt: [16]byte{1}, Commitment: [16]byte{2},
	}
	if len(w.logged) == 0 || !w.chance(8) {
		e.ID = w.id()
		w.logged = append(w.logged, e.ID)
	}
	return e
}

// events are some, mostly about that account.
func (w *twins) events(about uuid.UUID) (list []store.Event) {
	for range w.d.roll(3) {
		if w.chance(6) {
			about = w.any(w.people)
		}
		list = append(list, w.event(about))
	}
	return list
}

// effects are what a verb about that account does besides.
func (w *twins) effects(about, owner uuid.UUID) store.Effects {
	fx := store.Effects{Charge: w.charge(owner), Events: w.events(about)}
	if w.chance(6) {
		fx.Mail = []store.QueuedMail{w.mail()}
	}
	return fx
}

func (w *twins) tell() store.Telling { return store.Telling{Mail: w.chance(2), Log: w.chance(2)} }

func (w *twins) log() {
	list := w.events(w.any(w.people))
	w.both("AddEvents", list, func(s store.Store, _ int) (any, error) { return nil, s.AddEvents(w.ctx, list) })
	q := store.EventQuery{Account: w.any(w.people), Limit: 1 + w.d.roll(6)}
	switch w.d.roll(3) {
	case 0:
		q.Account, q.Scope = uuid.Nil, w.any(w.tenants)
	case 1:
		q.Account = w.any(w.tenants)
	}
	if w.chance(2) {
		q.Before = w.any(w.logged)
	}
	if w.chance(3) {
		q.Names = []store.EventName{store.EventSignIn, "changed", store.EventCreditAlert, store.EventMonthClosed}[w.d.roll(3):]
	}
	if w.chance(4) {
		q.From, q.To = w.at.AddDate(0, 0, -w.d.roll(90)), w.at.AddDate(0, 0, -w.d.roll(9))
	}
	w.listed(q)
}

func (w *twins) listed(q store.EventQuery) {
	w.both("ListEvents", q, func(s store.Store, i int) (any, error) {
		list, err := s.ListEvents(w.ctx, q)
		if i == 1 {
			w.noted(list)
		}
		return list, err
	})
}

func (w *twins) noted(list []store.Event) {
	if len(list) > 1 {
		w.met("ListEvents", "several")
	}
	for i := range list {
		switch e := &list[i]; {
		case e.Name == store.EventCreditAlert && e.Detail != "":
			w.met("ListEvents", e.Detail)
		case e.Name == store.EventMonthClosed:
			w.met("ListEvents", "a month")
		case e.Commitment != [16]byte{} && e.Network == "":
			w.met("ListEvents", "erased")
		}
	}
}
