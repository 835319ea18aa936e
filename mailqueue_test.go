package tollkeeper_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// refusing is a mailer that refuses while it is down, and repeats whom and what it was given.
func refusing(down *atomic.Bool, sent *atomic.Int64) func(*tollkeeper.Config) {
	return func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
			if down.Load() {
				return errors.New("451 try later\r\nfor " + m.To + "\x00 " + strings.Repeat("é", 300))
			}
			sent.Add(1)
			return nil
		})
	}
}

// A mail that failed is seen with why, without address and secret; sent anew at once when the host says so, and once.
func TestMailQueue(t *testing.T) {
	var down atomic.Bool
	var sent atomic.Int64
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		down.Store(true)
		w.ok(w.requestReset(p))
		synctest.Wait()
		page, err := w.Auth.Host().MailQueue(ctx, tollkeeper.MailQuery{Failed: true})
		w.ok(err)
		if len(page.Mails) != 1 || page.Counts.Waiting < 1 || page.Counts.Failed != 1 || page.Counts.Oldest.IsZero() {
			t.Fatalf("%+v", page)
		}
		m := page.Mails[0]
		if m.Kind != tollkeeper.MailReset || m.Address != p.Email || m.Tries != 1 || !strings.HasPrefix(m.Failure, "451 try later") {
			t.Errorf("%+v", m)
		}
		if len(m.Failure) > 200 || strings.ContainsAny(m.Failure, "\r\n\x00") || contains(m.Failure, p.Email) {
			t.Errorf("the failure %q", m.Failure)
		}
		w.want(w.Auth.Host().RetryMail(ctx, uuid.New()), tollkeeper.ErrNotFound)
		down.Store(false)
		begin := time.Now()
		w.ok(operator(w).RetryMail(ctx, m.ID))
		synctest.Wait()
		if n := sent.Load(); n != 1 || time.Since(begin) != 0 {
			t.Errorf("%d mails after %v", n, time.Since(begin))
		}
		if e := w.lastWritten(p.ID, tollkeeper.EventMailRetried); e.Operator != "Ada" || e.Detail != string(tollkeeper.MailReset) {
			t.Errorf("%+v", e)
		}
		w.want(w.Auth.Host().RetryMail(ctx, m.ID), tollkeeper.ErrNotFound)
	}, unlimited, refusing(&down, &sent))
}

func TestDropMail(t *testing.T) {
	var down atomic.Bool
	var sent atomic.Int64
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		down.Store(true)
		w.ok(w.requestReset(p))
		w.ok(w.requestCode(authtest.Account{Email: "nobody@example.com"}))
		synctest.Wait()
		page, err := w.Auth.Host().MailQueue(ctx, tollkeeper.MailQuery{Failed: true})
		w.ok(err)
		if len(page.Mails) != 1 {
			t.Fatalf("%+v", page)
		}
		w.ok(operator(w).DropMail(ctx, page.Mails[0].ID))
		w.want(operator(w).DropMail(ctx, page.Mails[0].ID), tollkeeper.ErrNotFound)
		e := w.lastWritten(p.ID, tollkeeper.EventMailDropped)
		if e.Code != tollkeeper.MailWithdrawn || e.Operator != "Ada" || e.Detail != string(tollkeeper.MailReset) {
			t.Errorf("%+v", e)
		}
		down.Store(false)
		time.Sleep(2 * time.Hour)
		if n := sent.Load(); n != 0 {
			t.Errorf("%d mails", n)
		}
	}, unlimited, refusing(&down, &sent))
}

func TestMailQueueInPages(t *testing.T) {
	story(t, func(w *world) {
		var queued []store.QueuedMail
		for i := range 5 {
			queued = append(queued, store.QueuedMail{
				ID: uuid.New(), Kind: tollkeeper.MailNotice, Lookup: store.Lookup{ID: uuid.New()}, DueAt: w.Now().Add(time.Duration(i+1) * time.Hour),
			})
		}
		w.ok(w.Store.QueueMail(ctx, queued))
		q := tollkeeper.MailQuery{Limit: 2}
		for n := 0; n < 5; n += 2 {
			page, err := w.Auth.Host().MailQueue(ctx, q)
			w.ok(err)
			for i, m := range page.Mails {
				if m.ID != queued[n+i].ID || m.Account != queued[n+i].Lookup.ID {
					t.Errorf("mail %d is %+v", n+i, m)
				}
			}
			if q.Cursor = page.Next; (page.Next == "") != (n == 4) || page.Counts.Waiting != 5 {
				t.Errorf("%+v", page)
			}
		}
		w.want(errOf(w.Auth.Host().MailQueue(ctx, tollkeeper.MailQuery{Limit: 101})), tollkeeper.ErrInvalidLimit)
		w.want(errOf(w.Auth.Host().MailQueue(ctx, tollkeeper.MailQuery{Cursor: "x"})), tollkeeper.ErrInvalidCursor)
		w.want(w.Auth.Host().RetryMail(ctx, queued[0].ID), tollkeeper.ErrNotFound)
	})
}
