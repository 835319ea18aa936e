package mail_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper"
)

// provider sends mail by the HTTP API of somebody who delivers it.
type provider struct{ url, key string }

// refusal is a mail that the provider will never take.
type refusal int

func (r refusal) Error() string { return fmt.Sprint("the provider answers ", int(r)) }
func (refusal) Permanent() bool { return true }

// Send delivers one mail. The library tries it again after an error, unless that says that it is Permanent.
func (p provider) Send(ctx context.Context, m tollkeeper.Message) error {
	body, err := json.Marshal(map[string]string{
		"to": m.To, "subject": m.Subject, "text": string(m.Text), "html": string(m.HTML), // with secrets: never log them
	})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, "POST", p.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+p.key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK, http.StatusAccepted:
		return nil
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return refusal(res.StatusCode) // the mail is at fault; another try changes nothing
	}
	return fmt.Errorf("the provider answers %d", res.StatusCode) // its limit, or its bad day: later
}

var _ tollkeeper.Mailer = provider{}

// A host delivers by a provider of its own: for Config.Mail.Mailer.
func Example_ownMailer() {
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(body), "nobody@"):
			w.WriteHeader(http.StatusUnprocessableEntity)
		case strings.Contains(string(body), "many@"):
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer there.Close()
	mailer := provider{there.URL, "the key"}
	for _, to := range []string{"ann@mail.example", "nobody@mail.example", "many@mail.example"} {
		err := mailer.Send(context.Background(), tollkeeper.Message{To: to, Subject: "Hello", Text: "Hello"})
		_, forGood := errors.AsType[refusal](err)
		fmt.Println(err, forGood)
	}
	// Output:
	// <nil> false
	// the provider answers 422 true
	// the provider answers 429 false
}
