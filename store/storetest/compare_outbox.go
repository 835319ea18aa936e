package storetest

import (
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
		d.Retry = w.at.Add(w.span())
		if w.chance(2) {
			d.Args = map[string]string{"tries": strconv.Itoa(d.Tries)}
		}
	}
	w.both("FinishMail", d, func(s store.Store, _ int) (any, error) {
		return nil, s.FinishMail(w.ctx, d)
	})
}
