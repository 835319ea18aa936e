package main

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"github.com/tollkeeper/tollkeeper/mail/smtp"
)

// newSMTP makes the mailer that -smtp names, and returns the bare address that its mails are from: that of the flag, or
// else from. No URL: no mailer.
func newSMTP(url string, password smtp.Password, from string) (*smtp.Mailer, string, error) {
	if url == "" {
		return nil, from, nil
	}
	c, err := smtp.Parse(url)
	if err != nil {
		return nil, "", smtpFault(err)
	}
	if c.Username != "" {
		c.Password = password
	}
	if c.Username != "" && password == "" {
		return nil, "", errors.New("-smtp: the user needs a password in TOLLKEEPER_SMTP_PASSWORD")
	}
	if c.From == "" {
		c.From = from
	}
	mailer, err := smtp.New(c)
	if err != nil {
		return nil, "", smtpFault(err)
	}
	sender, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, "", smtpFault(err)
	}
	return mailer, sender.Address, nil
}

// smtpFault names the flag instead of the package. The URL is not repeated: a password may be in it by mistake.
func smtpFault(err error) error {
	return fmt.Errorf("-smtp: %s", strings.TrimPrefix(err.Error(), "smtp: "))
}
