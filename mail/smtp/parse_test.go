package smtp_test

import (
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/mail/smtp"
)

func TestParse(t *testing.T) {
	tests := map[string]smtp.Config{
		"smtp://user@mail.example:587?from=a@b.example":          {Host: "mail.example", Port: 587, Username: "user", From: "a@b.example"},
		"smtp://mail.example?from=App+%3Ca@b.example%3E":         {Host: "mail.example", From: "App <a@b.example>"},
		"smtp://mail.example?from=App <a@b.example>":             {Host: "mail.example", From: "App <a@b.example>"},
		"smtps://me%40b.example@mail.example/?from=a@b.example":  {Host: "mail.example", TLS: smtp.Implicit, Username: "me@b.example", From: "a@b.example"},
		"smtp://localhost:1025?from=a@b.example&tls=plain":       {Host: "localhost", Port: 1025, TLS: smtp.Plain, From: "a@b.example"},
		"smtp://10.0.0.25?tls=insecure-plain-on-private-network": {Host: "10.0.0.25", TLS: smtp.InsecurePlainOnPrivateNetwork},
		"smtp://[::1]:25?helo=me.example&timeout=5s&idle=-1s":    {Host: "::1", Port: 25, HELO: "me.example", Timeout: 5 * time.Second, Idle: -time.Second},
		"smtp://mail.example?connections=2":                      {Host: "mail.example", Connections: 2},
	}
	for text, want := range tests {
		if got, err := smtp.Parse(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %v", text, got, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "mail.example", "mail.example:587", "http://mail.example", "smtp:mail.example", "smtp://user:secret@mail.example", "smtp://user:@mail.example",
		"smtp://mail.example/path", "smtp://mail.example#x", "smtp://mail.example:0", "smtp://mail.example:x", "smtp://mail.example?tls=off", "smtps://mail.example?tls=plain", "smtps://10.0.0.25?tls=insecure-plain-on-private-network", "smtp://10.0.0.25?tls=insecure",
		"smtp://mail.example?form=a@b.example", "smtp://mail.example?from=a@b.example&from=c@d.example", "smtp://mail.example?timeout=5", "smtp://mail.example?connections=many", "smtp://mail.example?%zz",
	} {
		if got, err := smtp.Parse(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("smtp://user@mail.example:587?from=a@b.example&tls=plain")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := smtp.Parse(text)
		if err != nil {
			return
		}
		c.Password = "x"
		if m, err := smtp.New(c); err == nil {
			m.Close()
		}
	})
}

// The password comes from the environment, the rest from a flag.
func ExampleParse() {
	c, err := smtp.Parse("smtp://app@mail.example:587?from=App <no-reply@app.example>")
	if err != nil {
		return
	}
	c.Password = smtp.Password(os.Getenv("SMTP_PASSWORD"))
	mailer, err := smtp.New(c)
	if err != nil {
		return
	}
	defer mailer.Close() // after the Authenticator
}
