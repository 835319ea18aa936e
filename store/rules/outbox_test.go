package rules_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestFinishHasAFence(t *testing.T) {
	m := &store.QueuedMail{Tries: 2}
	for _, c := range []struct {
		mail  *store.QueuedMail
		tries int
		retry time.Time
		want  rules.Finished
	}{
		{nil, 2, now, rules.Left}, {m, 1, now, rules.Left}, {m, 2, time.Time{}, rules.Removed}, {m, 2, now, rules.Delayed},
	} {
		if got := rules.Finish(c.mail, store.Delivery{Tries: c.tries, Retry: c.retry}); got != c.want {
			t.Errorf("%+v after %d tries: %v, want %v", c.mail, c.tries, got, c.want)
		}
	}
	if got := rules.Lease(*m, time.Minute, now); got.Tries != 3 || got.DueAt != now.Add(time.Minute) {
		t.Errorf("leased %+v", got)
	}
	if !rules.Ready(now, now) || rules.Ready(now.Add(1), now) {
		t.Error("a mail is ready when it is due, not before")
	}
}
