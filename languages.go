package tollkeeper

import (
	"cmp"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/language"
	"github.com/tollkeeper/tollkeeper/internal/letter"
	"github.com/tollkeeper/tollkeeper/store"
)

// letters reads the templates and texts, and fills in the languages, that of whoever is known to want none first.
func (m *Mail) letters() (letter.Templates, error) {
	t, err := letter.Parse(m.Templates, m.Languages...)
	if err != nil {
		return t, bad("Mail.Templates", err.Error())
	}
	if m.Language == "" {
		m.Language = append(m.Languages[:len(m.Languages):len(m.Languages)], language.Default)[0]
	}
	found := language.Match(m.Language, t.Languages())
	if found == "" {
		return t, bad("Mail.Language", "is none of those that mails are written in")
	}
	m.Language, m.Languages = found, []string{found}
	for _, tag := range t.Languages() {
		if tag != found {
			m.Languages = append(m.Languages, tag)
		}
	}
	return t, nil
}

// askedMail is a row of the outbox that a client asks for, in the language that it prefers. What is kept of that is the
// tag of one that there is, the same for every address.
func (a *Authenticator) askedMail(kind MailKind, l store.Lookup, c Client, now time.Time) store.QueuedMail {
	m := newMail(kind, l, now)
	if tag := language.Pick([]string{c.Language}, a.cfg.Mail.Languages); tag != "" {
		m.Args[argLanguage] = tag
	}
	return m
}

// languageOf is that of a mail: what the account's owner has chosen, else what the request prefers that asked for it,
// else [Mail].Language. A notice is asked for by nobody: whoever broke in must not choose the language that the owner
// hears of it in.
func (a *Authenticator) languageOf(x Account, m store.QueuedMail) string {
	there := a.cfg.Mail.Languages
	return cmp.Or(language.Match(x.Locale, there), language.Match(m.Args[argLanguage], there), a.cfg.Mail.Language)
}

// message is a letter as a Mailer gets it, without its address.
func message(l letter.Letter, kind MailKind) Message {
	return Message{Kind: kind, Language: l.Language, Subject: l.Subject, Text: SecretText(l.Text), HTML: SecretText(l.HTML)}
}

// SampleMails returns every mail that there is, in every language of c, to be looked at: by [Mail].Templates, Language,
// Languages, Product and BaseURL, and nothing else of c. Their IDs say what they are samples of, as "notice-password";
// their codes and links are good for nothing, and they go to nobody. It returns the error of [New] about the
// templates.
func SampleMails(c Config) ([]Message, error) {
	templates, err := c.Mail.letters()
	if err != nil {
		return nil, err
	}
	var all []Message
	for _, tag := range templates.Languages() {
		for _, s := range letter.Samples(tag, cmp.Or(c.Product, "Example"), cmp.Or(c.BaseURL, "https://app.example")) {
			l, err := templates.Render(s.Kind, tag, s.Data)
			if err != nil {
				return nil, bad("Mail.Templates", err.Error())
			}
			m := message(l, MailKind(s.Kind))
			m.ID = s.Name
			all = append(all, m)
		}
	}
	return all, nil
}
