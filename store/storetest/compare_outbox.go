package storetest

import (
	"slices"
	"strconv"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// mail is one of few.
func (w *twins) mail() store.QueuedMail {
	id := one(w, w.mails)
	if len(w.mails) < 8 || w.chance(3) {
		id = w.id()
		w.mails = append(w.mails, id)
	}
	return store.QueuedMail{
		ID: id, Kind: store.MailNotice, Lookup: store.Lookup{ID: w.any(w.people)}, To: "to@x.example", Args: map[string]string{"a": "b"},
		DueAt: w.at.Add(time.Duration(w.d.roll(9000)-3000) * time.Millisecond),
	}
}

func (w *twins) queue() {
	list := []store.QueuedMail{w.mail(), w.mail()}
	w.both("QueueMail", list, func(s store.Store, _ int) (any, error) { return nil, s.QueueMail(w.ctx, list) })
}

func (w *twins) lease() {
	limit, lease := 1+w.d.roll(3), time.Duration(w.d.roll(6000))*time.Millisecond
	w.both("ClaimMail", limit, func(s store.Store, i int) (any, error) {
		mail, err := s.ClaimMail(w.ctx, limit, lease, w.at)
		if len(mail) > 0 && i == 1 {
			w.met("ClaimMail", "claimed")
		}
		return mail, err
	})
}

func (w *twins) finish() {
	d := store.Delivery{ID: w.any(w.mails), Tries: 1 + w.d.roll(3), Events: w.events(w.any(w.people))}
	if w.chance(2) {
		d.Retry, d.Failure = w.at.Add(w.span()), one(w, []string{"refused", "refused", ""})
		if w.chance(2) {
			d.Args = map[string]string{"tries": strconv.Itoa(d.Tries)}
		}
	}
	w.both("FinishMail", d, func(s store.Store, _ int) (any, error) {
		return nil, s.FinishMail(w.ctx, d)
	})
}

// resume makes a mail due or gives it up, and looks at what waits. Mail that is due after the history is not its own.
func (w *twins) resume() {
	r := store.Resumption{ID: w.any(w.mails), Events: w.events(w.any(w.people))}
	if failed, err := w.stores[1].ListMail(w.ctx, store.MailQuery{Failed: true, Limit: 1}); err == nil && len(failed) > 0 && w.chance(2) {
		r.ID = failed[0].ID
	}
	if w.chance(2) {
		r.DueAt = w.near()
	}
	w.both("ResumeMail", r, func(s store.Store, _ int) (any, error) { return nil, s.ResumeMail(w.ctx, r) })
	q := store.MailQuery{Failed: w.chance(2), Limit: 1 + w.d.roll(60)}
	if w.chance(3) {
		q.ID = w.any(w.mails)
	}
	if w.chance(3) {
		q.After = store.Position{At: w.near().Truncate(time.Millisecond), ID: w.any(w.mails)}
	}
	w.both("ListMail", q, func(s store.Store, i int) (any, error) {
		list, err := s.ListMail(w.ctx, q)
		list = slices.DeleteFunc(list, func(m store.QueuedMail) bool { return m.DueAt.After(noon.AddDate(1, 0, 0)) })
		if q.Failed && len(list) > 0 && i == 1 {
			w.met("ListMail", "failed")
		}
		if len(list) == 0 {
			list = nil
		}
		return list, err
	})
}

// near is a moment before or after now.
func (w *twins) near() time.Time {
	later, earlier := w.span(), w.span()
	return w.at.Add(later - earlier)
}
