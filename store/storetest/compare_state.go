package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// leave ends what this history, or any other test before it, would show to the verbs that see all rows.
func (w *twins) leave() {
	w.Helper()
	for {
		settled, _, err := w.store.CloseMonths(w.ctx, store.Closing{Month: store.MonthOf(noon) + 1, Price: 0, Limit: 1000}, w.at)
		w.ok(err)
		if settled == 0 {
			break
		}
	}
	for {
		mail, err := w.store.ClaimMail(w.ctx, 100, time.Hour, noon.AddDate(1, 0, 0))
		w.ok(err)
		for _, m := range mail {
			w.ok(w.store.FinishMail(w.ctx, store.Delivery{ID: m.ID, Tries: m.Tries}))
		}
		if len(mail) == 0 {
			return
		}
	}
}

// sweep sweeps both stores until nothing is left, in steps of their own.
func (w *twins) sweep() {
	for _, s := range w.stores {
		for more := true; more; {
			var err error
			more, err = s.Sweep(w.ctx, 100, w.at)
			w.ok(err)
		}
	}
	w.sample()
}

// sample compares some of what is visible.
func (w *twins) sample() {
	for range 6 {
		w.visible(w.any(w.people))
		w.look()
	}
	w.visible(w.any(w.tenants))
	w.books(w.any(w.tenants))
}

// everything compares all of it.
func (w *twins) everything() {
	for _, id := range slices.Concat(w.people, w.tenants) {
		w.visible(id)
	}
	for _, x := range w.sessions {
		w.session(x.ID)
	}
	for _, x := range w.secrets {
		w.readSecret(x)
	}
	for _, id := range w.tenants {
		w.books(id)
		w.both("ListAccounts", id, func(s store.Store, _ int) (any, error) {
			list, err := s.ListAccounts(w.ctx, id, store.Page{Limit: 1000})
			for i := range list {
				list[i] = unnumbered(list[i])
			}
			return list, err
		})
	}
}

func (w *twins) visible(account uuid.UUID) {
	w.both("FindAccount", account, func(s store.Store, _ int) (any, error) {
		f, err := s.FindAccount(w.ctx, store.Lookup{ID: account, Credentials: true})
		return unnumberedSubject(f), err
	})
	w.sessionsOf(account, store.Page{Limit: 50})
	w.listed(store.EventQuery{Account: account, Limit: 500})
}
