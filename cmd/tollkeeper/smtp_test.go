package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// postOffice is a small SMTP server (RFC 5321) on this machine that takes the mail of the user "app", password "Sesame".
type postOffice struct {
	net.Listener

	slow    time.Duration // each mail takes so long
	mu      sync.Mutex
	open    bool // takes mail of anyone
	refuse  int  // so many mails are not taken, for now
	mails   []string
	senders []string
	quits   int
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{Listener: listener}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		all.Wait()
	})
	return p
}

func (p *postOffice) serve(conn net.Conn) {
	defer conn.Close()
	say := func(text string) { fmt.Fprint(conn, text+"\r\n") }
	say("220 mail.example")
	known := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		switch {
		case verb == "EHLO":
			say("250-mail.example\r\n250 AUTH PLAIN")
		case verb == "AUTH":
			said, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			if known = string(said) == "\x00app\x00Sesame"; known {
				say("235 welcome")
			} else {
				say("535 no")
			}
		case verb == "MAIL" && (!known && !p.open || p.refuses()):
			say("451 not now")
		case verb == "MAIL":
			p.note(func() { p.senders = append(p.senders, rest) })
			say("250 ok")
		case verb == "DATA":
			say("354 go on")
			var mail strings.Builder
			for lines.Scan() && lines.Text() != "." {
				mail.WriteString(lines.Text() + "\n")
			}
			time.Sleep(p.slow)
			p.note(func() { p.mails = append(p.mails, mail.String()) })
			say("250 queued")
		case verb == "QUIT":
			p.note(func() { p.quits++ })
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *postOffice) refuses() (refused bool) {
	p.note(func() {
		if refused = p.refuse > 0; refused {
			p.refuse--
		}
	})
	return refused
}

func (p *postOffice) note(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *postOffice) count() (mails, quits int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.mails), p.quits
}

// TestMailServer: with -smtp a reset mail goes to the mail server, and the terminal has one line of it without its link.
func TestMailServer(t *testing.T) {
	for name, dir := range map[string]string{"server alone": "", "and files": filepath.Join(t.TempDir(), "mail")} {
		t.Run(name, func(t *testing.T) {
			office := newPostOffice(t)
			s := runServer(t, map[string]string{"TOLLKEEPER_SMTP_PASSWORD": "Sesame"}, "-mail-dir="+dir,
				"-smtp=smtp://app@"+office.Addr().String()+"?tls=plain&from=Acme+<post@acme.example>")
			s.signUp(t, "ada@home.example")
			if res, answer := s.call(t, "POST /auth/reset-password", `{"email":"ada@home.example"}`, ""); res.StatusCode != 200 {
				t.Fatalf("%d %v", res.StatusCode, answer)
			}
			until(t, "the mail", func() bool {
				return strings.Contains(s.out.String(), "mail to ada@home.example: Reset your password: sent\n")
			})
			if code := s.stop(); code != 0 {
				t.Errorf("it ends with %d: %s", code, s.out)
			}
			mails, quits := office.count()
			if mails != 1 || quits != 1 {
				t.Fatalf("%d mails, %d connections closed", mails, quits)
			}
			if mail := office.mails[0]; !strings.Contains(mail, "/tenants/choose-password?token=") || !strings.Contains(mail, "post@acme.example") {
				t.Errorf("the mail is %s", mail)
			}
			if !strings.Contains(office.senders[0], "<post@acme.example>") {
				t.Errorf("it is from %s", office.senders[0])
			}
			if strings.Contains(s.out.String(), "token=") || strings.Contains(s.out.String(), "Sesame") {
				t.Errorf("the terminal shows %s", s.out)
			}
			if files, err := filepath.Glob(filepath.Join(dir, "*.eml")); err != nil || dir != "" && len(files) != 1 {
				t.Errorf("files %v, %v", files, err)
			}
		})
	}
}

// TestMailServerRefuses: a mail that is not taken is tried again.
func TestMailServerRefuses(t *testing.T) {
	office := newPostOffice(t)
	office.refuse = 1
	s := runServer(t, map[string]string{"TOLLKEEPER_SMTP_PASSWORD": "Sesame"}, "-smtp=smtp://app@"+office.Addr().String()+"?tls=plain")
	s.signUp(t, "ada@home.example")
	s.call(t, "POST /auth/reset-password", `{"email":"ada@home.example"}`, "")
	until(t, "the second try", func() bool { mails, _ := office.count(); return mails == 1 })
	until(t, "the line", func() bool { return strings.Contains(s.out.String(), ": sent\n") })
	if strings.Count(s.out.String(), "mail to") != 1 {
		t.Errorf("the terminal shows %s", s.out)
	}
	if !strings.Contains(office.senders[0], "<no-reply@localhost>") {
		t.Errorf("it is from %s", office.senders[0])
	}
}

// TestStopSendsMail: what was asked for before the server stops goes out, although the mail server is slow.
func TestStopSendsMail(t *testing.T) {
	office := newPostOffice(t)
	office.open, office.slow = true, 100*time.Millisecond
	s := runServer(t, nil, "-smtp=smtp://"+office.Addr().String()+"?tls=plain&connections=1")
	people := []string{"ada@home.example", "bob@home.example", "eve@home.example", "joe@home.example"}
	for _, email := range people {
		s.signUp(t, email)
	}
	for _, email := range people {
		s.call(t, "POST /auth/reset-password", fmt.Sprintf(`{"email":%q}`, email), "")
	}
	if code := s.stop(); code != 0 {
		t.Errorf("it ends with %d: %s", code, s.out)
	}
	if mails, _ := office.count(); mails != len(people) {
		t.Errorf("%d of %d mails are sent: %s", mails, len(people), s.out)
	}
}

func TestBadMailServer(t *testing.T) {
	tests := map[string]struct{ url, password, want string }{
		"another scheme":      {"mailto:x", "", "-smtp: the server must begin with smtp:// or smtps://"},
		"password in the URL": {"smtp://app:topsecret@h", "", "-smtp: the server must be written without the password"},
		"no password":         {"smtp://app@h", "", "TOLLKEEPER_SMTP_PASSWORD"},
		"unknown parameter":   {"smtp://h?form=x", "", `-smtp: the server has a parameter "form"`},
		"plain to elsewhere":  {"smtp://h?tls=plain", "", "only for a Host on this machine"},
		"no host":             {"smtp://?from=a@b.example", "", "-smtp: Config.Host must be"},
		"from nobody":         {"smtp://h?from=nobody", "", "-smtp: Config.From must be"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, ended := launch(t, map[string]string{"TOLLKEEPER_SMTP_PASSWORD": tt.password}, "-smtp="+tt.url)
			code, text := <-ended, s.out.String()
			_, text, _ = strings.Cut(text, "tollkeeper: ")
			if code != 1 || strings.Count(text, "\n") != 1 || !strings.Contains(text, tt.want) || strings.Contains(text, "topsecret") {
				t.Errorf("it ends with %d: %s", code, text)
			}
		})
	}
	if _, from, err := newSMTP("", "left over", "no-reply@app.example"); err != nil || from != "no-reply@app.example" {
		t.Errorf("without a URL: %s, %v", from, err)
	}
	if m, _, err := newSMTP("smtp://h", "left over", "no-reply@app.example"); err != nil || m == nil {
		t.Errorf("without a user: %v", err)
	}
}
