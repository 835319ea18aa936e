package mail_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/mail"
)

func TestConsolePrintsNothingThatSteersATerminal(t *testing.T) {
	var out bytes.Buffer
	err := mail.Console{Out: &out}.Send(context.Background(), tollkeeper.Message{
		To: "a\r\n\x1b]0;x\x07b@example.com", Subject: "Hi\nthere\u009b2J", Text: "\n\none\ttwo\x1b[2J\u202eevil\u2066\nthree\n\n",
	})
	want := "--- mail to a ]0;xb@example.com: Hi there2J\n\none\ttwo[2Jevil\nthree\n---\n"
	if err != nil || out.String() != want {
		t.Errorf("%v: printed %q, want %q", err, out.String(), want)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWhatIsNotPrintedIsNotSent(t *testing.T) {
	if err := (mail.Console{Out: broken{}}).Send(context.Background(), tollkeeper.Message{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// together fails a test in which two mails are written at once, or one in pieces.
type together struct {
	mu  sync.Mutex
	all []string
}

func (w *together) Write(b []byte) (int, error) {
	if !w.mu.TryLock() {
		return 0, errors.New("two at once")
	}
	defer w.mu.Unlock()
	w.all = append(w.all, string(b))
	return len(b), nil
}

func TestMailsAreNotMixed(t *testing.T) {
	var out together
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 20 {
				if err := (mail.Console{Out: &out}).Send(context.Background(), tollkeeper.Message{Subject: "x"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if len(out.all) != 400 || strings.Count(strings.Join(out.all, ""), "--- mail to") != 400 {
		t.Errorf("%d writes", len(out.all))
	}
}

// A terminal opens an address that ends where its line ends.
func TestLinksStandOnLinesOfTheirOwn(t *testing.T) {
	var out bytes.Buffer
	kit := authtest.New(t)
	ada := kit.User()
	if err := kit.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Email: ada.Email}); err != nil {
		t.Fatal(err)
	}
	for _, m := range kit.Mails(ada.Email) {
		if err := (mail.Console{Out: &out}).Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	links := 0
	for l := range strings.Lines(out.String()) {
		if strings.Contains(l, "://") {
			if links++; !strings.HasPrefix(l, "https://") || len(strings.Fields(l)) != 1 {
				t.Errorf("a link within the line %q", l)
			}
		}
	}
	if links == 0 {
		t.Errorf("no link in %s", out.String())
	}
}
