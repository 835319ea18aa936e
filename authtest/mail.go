package authtest

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// patience bounds how long a Kit waits for the worker. It is there for broken stores only: the Kit sees all mail that
// is queued, and waits no longer than until the last of it is delivered.
const patience = 5 * time.Second

// Mails answers all mail to the address, oldest first, after whatever is due has been delivered. The letter case
// of the address does not matter. So no mail is an answer, too: none was sent.
func (k *Kit) Mails(email string) []tollkeeper.Message {
	k.tb.Helper()
	k.settle()
	k.box.mu.Lock()
	defer k.box.mu.Unlock()
	var to []tollkeeper.Message
	for _, m := range k.box.mails {
		if strings.EqualFold(m.To, email) {
			to = append(to, m)
		}
	}
	return to
}

// settle waits until no mail is due.
func (k *Kit) settle() {
	k.tb.Helper()
	timeout := time.After(patience)
	for {
		n, changed := k.box.due(k.Now())
		if n == 0 {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			k.tb.Fatalf("authtest: %d queued mails were not delivered within %v", n, patience)
		}
	}
}

var (
	code = regexp.MustCompile(`\b[0-9]{6}\b`)
	link = regexp.MustCompile(`https?://[^\s<>"]+[?&]token=[^\s<>"]+`)
)

// LastCode answers the one-time code of the newest mail to the address that has one.
func (k *Kit) LastCode(email string) string {
	k.tb.Helper()
	return k.last(email, "one-time code", code)
}

// LastLink answers the link, which carries a token, of the newest mail to the address that has one.
func (k *Kit) LastLink(email string) string {
	k.tb.Helper()
	return k.last(email, "link", link)
}

// LastToken answers the token of LastLink.
func (k *Kit) LastToken(email string) string {
	k.tb.Helper()
	text := k.LastLink(email)
	u, err := url.Parse(text)
	k.must(err, "read the link "+text)
	return u.Query().Get("token")
}

func (k *Kit) last(email, what string, pattern *regexp.Regexp) string {
	k.tb.Helper()
	mails := k.Mails(email)
	var subjects []string
	for i := len(mails) - 1; i >= 0; i-- {
		if found := pattern.FindString(string(mails[i].Text)); found != "" {
			return found
		}
		subjects = append(subjects, mails[i].Subject)
	}
	k.tb.Fatalf("authtest: no mail to %s has a %s; of %d mails to it the subjects are %q", email, what, len(mails), subjects)
	return ""
}
