package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/mail/smtp"
)

// on answers one command otherwise, the first so many times (zero: always).
func on(command, answer string, times int64) func(string, int) string {
	var n atomic.Int64
	return func(c string, _ int) string {
		if c == command && (n.Add(1) <= times || times == 0) {
			return answer
		}
		return ""
	}
}

func TestGreylistedMailIsTakenLater(t *testing.T) {
	s := (&server{answer: on("RCPT", "450 later", 1)}).start(t)
	m := mailer(t, s)
	if err := m.Send(t.Context(), letter()); err == nil {
		t.Fatal("it was taken at once")
	}
	send(t, m)
	send(t, m)
	if connections, mails := s.counts(); connections != 2 || mails != 2 {
		t.Errorf("%d mails on %d connections", mails, connections)
	}
	if a, b := s.mails[0].data, s.mails[1].data; line1(a, "Message-ID") != line1(b, "Message-ID") || line1(a, "Message-ID") == "" {
		t.Error("the Message-ID of the same message differs")
	}
}

// line1 answers the header line of that name.
func line1(data, name string) string {
	_, rest, _ := strings.Cut("\r\n"+data, "\r\n"+name+":")
	text, _, _ := strings.Cut(rest, "\r\n")
	return text
}

// TestTheOutboxTriesAgain has a whole Authenticator send a code by a server that is greylisting.
func TestTheOutboxTriesAgain(t *testing.T) {
	s := (&server{answer: on("RCPT", "450 4.2.0 greylisted", 1)}).start(t)
	m := mailer(t, s)
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Mail.Mailer, c.Now = m, time.Now }))
	parent := kit.Parent()
	if err := kit.Auth.RequestCode(t.Context(), tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: parent.Email}); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		if kit.Advance(time.Second); len(kit.Mails(parent.Email)) > 0 {
			break
		}
	}
	got := s.last(t)
	if got.to != parent.Email || !strings.Contains(got.data, kit.LastCode(parent.Email)) {
		t.Errorf("it came as %+v", got)
	}
}

func TestAuthenticationThatFails(t *testing.T) {
	for name, s := range map[string]*server{"wrong password": {user: "app"}, "a mechanism nobody knows": {user: "app", mechs: "GSSAPI"}} {
		t.Run(name, func(t *testing.T) {
			s.start(t)
			err := mailer(t, s, func(c *smtp.Config) { c.Password = "wrong" }).Send(t.Context(), letter())
			if err == nil || strings.Contains(err.Error(), "wrong") {
				t.Errorf("%v", err)
			}
			if refusal, ok := errors.AsType[*smtp.Error](err); name == "wrong password" && (!ok || refusal.Code != 535) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestStalls(t *testing.T) {
	for _, command := range []string{"CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY"} {
		for _, by := range []string{"timeout", "context"} {
			t.Run(command+"/"+by, func(t *testing.T) {
				t.Parallel()
				s := (&server{user: "app", answer: on(command, stall, 0)}).certified(t, "127.0.0.1").start(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				timeout := 300 * time.Millisecond
				if by == "context" {
					timeout = time.Minute
					time.AfterFunc(300*time.Millisecond, cancel)
				}
				start := time.Now()
				err := mailer(t, s, func(c *smtp.Config) { c.Timeout = timeout }).Send(ctx, letter())
				if took := time.Since(start); err == nil || took > 10*time.Second {
					t.Errorf("%v after %v", err, took)
				}
				if by == "context" && !errors.Is(err, context.Canceled) {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

func TestOneConnectionForManyMails(t *testing.T) {
	s := (&server{user: "app"}).certified(t, "127.0.0.1").start(t)
	m := mailer(t, s)
	for range 50 {
		send(t, m)
	}
	if connections, mails := s.counts(); connections != 1 || mails != 50 {
		t.Errorf("%d mails on %d connections", mails, connections)
	}
	if err := m.Close(); err != nil || !s.saw("QUIT") {
		t.Errorf("it does not take leave, %v", err)
	}
	if err := m.Send(t.Context(), letter()); !errors.Is(err, smtp.ErrClosed) {
		t.Errorf("closed, it gives %v", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// A kept connection that has died meanwhile must not cost a try of the outbox.
func TestKeptConnectionsThatDied(t *testing.T) {
	t.Run("hung up", func(t *testing.T) {
		s := (&server{}).start(t)
		m := mailer(t, s)
		for range 3 {
			send(t, m)
			s.hangUp()
		}
		if connections, mails := s.counts(); connections != 3 || mails != 3 {
			t.Errorf("%d mails on %d connections", mails, connections)
		}
	})
	t.Run("enough for one connection", func(t *testing.T) {
		s := &server{}
		var n atomic.Int64
		s.answer = func(command string, _ int) string {
			if command == "MAIL" && n.Add(1)%2 == 0 {
				return "421 4.7.0 too many mails"
			}
			return ""
		}
		s.start(t)
		m := mailer(t, s)
		send(t, m)
		send(t, m)
		if connections, mails := s.counts(); connections != 2 || mails != 2 {
			t.Errorf("%d mails on %d connections", mails, connections)
		}
	})
	t.Run("idle beyond the deadline of its last mail", func(t *testing.T) {
		s := (&server{}).start(t)
		m := mailer(t, s, func(c *smtp.Config) { c.Timeout = 200 * time.Millisecond })
		send(t, m)
		time.Sleep(300 * time.Millisecond)
		send(t, m)
		if connections, mails := s.counts(); connections != 1 || mails != 2 {
			t.Errorf("%d mails on %d connections", mails, connections)
		}
	})
}

func TestIdleConnectionsEnd(t *testing.T) {
	for _, idle := range []time.Duration{-1, 20 * time.Millisecond} {
		s := (&server{}).start(t)
		m := mailer(t, s, func(c *smtp.Config) { c.Idle = idle })
		send(t, m)
		for start := time.Now(); !s.saw("QUIT") && time.Since(start) < 5*time.Second; {
			time.Sleep(time.Millisecond)
		}
		if !s.saw("QUIT") {
			t.Errorf("after %v it is still there", idle)
		}
		send(t, m)
		if connections, _ := s.counts(); connections != 2 {
			t.Errorf("%d connections", connections)
		}
	}
}

func TestManyMailsAtOnce(t *testing.T) {
	s := (&server{user: "app"}).certified(t, "127.0.0.1").start(t)
	m := mailer(t, s, func(c *smtp.Config) { c.Connections = 3 })
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			l := letter()
			l.ID, l.To = fmt.Sprint("id-", i), fmt.Sprintf("person%d@home.example", i)
			if err := m.Send(t.Context(), l); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	connections, mails := s.counts()
	if connections > 3 || mails != 60 {
		t.Errorf("%d mails on %d connections", mails, connections)
	}
	for _, got := range s.mails {
		if want := strings.TrimSuffix(strings.TrimPrefix(got.to, "person"), "@home.example"); !strings.Contains(got.data, "<id-"+want+"@app.example>") {
			t.Errorf("a mail to %s is another's", got.to)
		}
	}
}

func TestWaitingForAConnectionEnds(t *testing.T) {
	s := (&server{answer: on("MAIL", stall, 0)}).start(t)
	m := mailer(t, s, func(c *smtp.Config) { c.Connections = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if err := m.Send(ctx, letter()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	for !s.saw("MAIL") {
		time.Sleep(time.Millisecond)
	}
	short, done := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer done()
	if err := m.Send(short, letter()); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	cancel()
	all.Wait()
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	if err := mailer(t, &server{port: port}).Send(t.Context(), letter()); err == nil {
		t.Error("it was sent")
	}
}
