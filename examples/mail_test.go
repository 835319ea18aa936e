package examples_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestResetByMail is the way of a user who forgot the password: the mail is there within a second, as a file and on
// the terminal, its link leads to a page of the server, and its token sets a password.
func TestResetByMail(t *testing.T) {
	program := in(t, t.TempDir())
	s := program.Start(t, anyPort, "-mail-dir=mail", "-store=memory:")
	signUp(t, s.URL, "ada@home.example")
	call(t, "POST "+s.URL+"/auth/reset-password", `{"email":"ada@home.example"}`, "")
	asked := time.Now()
	text := plainText(t, arrived(t, filepath.Join(program.Dir, "mail"), asked.Add(time.Second)), "ada@home.example")
	for !strings.Contains(s.Output(), strings.TrimSpace(text)) { // it is printed after it is on disk
		if time.Since(asked) > 5*time.Second {
			t.Fatalf("the terminal shows %s", s.Output())
		}
		time.Sleep(10 * time.Millisecond)
	}
	link, err := url.Parse(regexp.MustCompile(`http\S+`).FindString(text))
	if err != nil || !strings.HasPrefix(link.String(), s.URL+"/tenants/choose-password?token=") {
		t.Fatalf("the link is %s, %v", link, err)
	}
	page, err := http.Get(link.String())
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if html, err := io.ReadAll(page.Body); err != nil || page.StatusCode != 200 || !bytes.Contains(html, []byte(`name="password"`)) {
		t.Errorf("the page: %d %s, %v", page.StatusCode, html, err)
	}
	body := fmt.Sprintf(`{"token":%q,"password":"Green4Anchor!Tide"}`, link.Query().Get("token"))
	if status, answer := call(t, "POST "+s.URL+"/auth/update-password", body, ""); status != 200 {
		t.Errorf("setting the password: %d %v", status, answer)
	}
	if status, answer := call(t, "POST "+s.URL+"/auth/signin", `{"email":"ada@home.example","password":"Green4Anchor!Tide"}`, ""); status != 200 {
		t.Errorf("signing in with it: %d %v", status, answer)
	}
}

// TestStopLosesNothing: a request that is half read when the signal comes is answered, and its mail is sent.
func TestStopLosesNothing(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			program := in(t, t.TempDir())
			s := program.Start(t, anyPort, "-mail-dir=mail", "-base-url=https://app.example")
			signUp(t, s.URL, "ada@home.example")
			address := strings.TrimPrefix(s.URL, "http://")
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			body := `{"email":"ada@home.example"}`
			fmt.Fprintf(conn, "POST /auth/reset-password HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", address, len(body), body[:5])
			time.Sleep(100 * time.Millisecond) // the server reads the first half
			s.Signal(t, sig)
			closed(t, address)
			if _, err := io.WriteString(conn, body[5:]); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != 200 {
				t.Fatalf("the request under way is answered %v, %v", res, err)
			}
			_ = res.Body.Close()
			if end := s.Wait(t); end.Code != 0 {
				t.Errorf("it ends with %d: %s", end.Code, end.Err)
			}
			text := plainText(t, arrived(t, filepath.Join(program.Dir, "mail"), time.Now()), "ada@home.example")
			if !strings.Contains(text, "https://app.example/tenants/choose-password?token=") {
				t.Errorf("the mail is %s", text)
			}
			if left, err := filepath.Glob(filepath.Join(program.Dir, "*-wal")); err != nil || len(left) > 0 {
				t.Errorf("the store was not closed: %v, %v", left, err)
			}
		})
	}
}

func signUp(t *testing.T, base, email string) {
	t.Helper()
	body := fmt.Sprintf(`{"username":"ada","email":%q,"password":%q}`, email, password)
	if status, answer := call(t, "POST "+base+"/auth/signup", body, ""); status != 200 {
		t.Fatalf("sign-up: %d %v", status, answer)
	}
}

// closed waits until nobody listens any more.
func closed(t *testing.T, address string) {
	t.Helper()
	for range 500 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		_ = conn.Close()
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the server still listens")
}

// arrived waits for the one mail, but not beyond the deadline.
func arrived(t *testing.T, dir string, deadline time.Time) *mail.Message {
	t.Helper()
	for {
		late := time.Now().After(deadline)
		names, err := filepath.Glob(filepath.Join(dir, "*.eml"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) == 1 {
			text, err := os.ReadFile(names[0])
			if err != nil {
				t.Fatal(err)
			}
			m, err := mail.ReadMessage(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		if late {
			t.Fatalf("%d mails", len(names))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// plainText answers the first part of a mail to that address.
func plainText(t *testing.T, m *mail.Message, to string) string {
	t.Helper()
	if a, err := mail.ParseAddress(m.Header.Get("To")); err != nil || a.Address != to {
		t.Errorf("the mail is to %v, %v", a, err)
	}
	_, boundary, _ := strings.Cut(m.Header.Get("Content-Type"), "boundary=")
	part, err := multipart.NewReader(m.Body, boundary).NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(part))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
