package smtp

import (
	"net/mail"
	"regexp"

	gomail "github.com/wneessen/go-mail"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// ErrMessage means that a message cannot be sent as it is, to anyone. It is permanent: the outbox gives it up.
var ErrMessage error = unfit("smtp: the message has no text, or its ID, To, Language or Subject is not fit for a header")

type unfit string

func (e unfit) Error() string { return string(e) }
func (unfit) Permanent() bool { return true }

var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// message builds the mail. The library promises fields without line breaks; this does not rely on it (SECURITY.md R37).
func (m *Mailer) message(t tollkeeper.Message) (*gomail.Msg, error) {
	if !idPattern.MatchString(t.ID) || !plainAddress(t.To) || canon.HasControl(t.Subject) || t.Language != "" && !canon.ValidLocale(t.Language) || t.Text == "" && t.HTML == "" {
		return nil, ErrMessage
	}
	g := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	g.FromMailAddress(m.from)
	g.ToMailAddress(&mail.Address{Address: t.To})
	g.Subject(t.Subject)
	// The same on every try, so that a mail server that got it twice can tell.
	g.SetMessageIDWithValue(t.ID + "@" + m.domain)
	if t.Language != "" {
		g.SetGenHeader("Content-Language", t.Language)
	}
	g.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation notice comes back
	switch {
	case t.HTML == "":
		g.SetBodyString(gomail.TypeTextPlain, string(t.Text))
	case t.Text == "":
		g.SetBodyString(gomail.TypeTextHTML, string(t.HTML))
	default:
		g.SetBodyString(gomail.TypeTextPlain, string(t.Text))
		g.AddAlternativeString(gomail.TypeTextHTML, string(t.HTML))
	}
	return g, nil
}

var addressPattern = regexp.MustCompile("^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$")

// plainAddress takes the addresses that the library takes: dot-atom and host name, ASCII (SECURITY.md F8).
func plainAddress(s string) bool {
	if len(s) > 254 || !addressPattern.MatchString(s) {
		return false
	}
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s && parsed.Name == ""
}
