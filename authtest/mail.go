package authtest

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// patience bounds how long a Kit waits for the worker. It is there for broken stores only: the Kit sees all mail that
// is queued, and waits no longer than until the last of it is delivered.
const patience = 5 * time.Second

// Mails returns all mail to the address, oldest first, after whatever is due has been delivered; with kinds, only
// theirs. The letter case of the address does not matter. So no mail is an answer, too: none was sent.
func (k *Kit) Mails(email string, kinds ...tollkeeper.MailKind) []tollkeeper.Message {
	k.tb.Helper()
	k.deliver()
	k.box.mu.Lock()
	defer k.box.mu.Unlock()
	var to []tollkeeper.Message
	for _, m := range k.box.mails {
		if strings.EqualFold(m.To, email) && (len(kinds) == 0 || slices.Contains(kinds, m.Kind)) {
			to = append(to, m)
		}
	}
	return to
}

// LastMail returns the newest of [Kit.Mails]. It ends the test if there is none.
func (k *Kit) LastMail(email string, kinds ...tollkeeper.MailKind) tollkeeper.Message {
	k.tb.Helper()
	mails := k.Mails(email, kinds...)
	if len(mails) == 0 {
		k.tb.Fatalf("authtest: no mail %sto %s", ofKinds(kinds), email)
	}
	return mails[len(mails)-1]
}

// deliver waits until no mail is due.
func (k *Kit) deliver() {
	k.tb.Helper()
	n := 0
	if !k.box.until(patience, func() bool { n = k.box.due(k.Now()); return n == 0 }) {
		k.tb.Fatalf("authtest: %d queued mails were not delivered within %v", n, patience)
	}
}

var (
	code = regexp.MustCompile(`\b[0-9]{6}\b`)
	link = regexp.MustCompile(`https?://[^\s<>"]+[?&]token=[^\s<>"]+`)
)

// LastCode returns the one-time code of the newest of [Kit.Mails] that has one. It ends the test if there is none.
func (k *Kit) LastCode(email string, kinds ...tollkeeper.MailKind) string {
	k.tb.Helper()
	return k.last("one-time code", code, email, kinds)
}

// LastLink returns the link, which carries a token, of the newest of [Kit.Mails] that has one. It ends the test if
// there is none.
func (k *Kit) LastLink(email string, kinds ...tollkeeper.MailKind) string {
	k.tb.Helper()
	return k.last("link", link, email, kinds)
}

// LastToken returns the token of [Kit.LastLink].
func (k *Kit) LastToken(email string, kinds ...tollkeeper.MailKind) string {
	k.tb.Helper()
	text := k.LastLink(email, kinds...)
	u, err := url.Parse(text)
	k.must(err, "read the link "+text)
	return u.Query().Get("token")
}

func (k *Kit) last(what string, pattern *regexp.Regexp, email string, kinds []tollkeeper.MailKind) string {
	k.tb.Helper()
	mails := k.Mails(email, kinds...)
	var subjects []string
	for _, m := range slices.Backward(mails) {
		if found := pattern.FindString(string(m.Text)); found != "" {
			return found
		}
		subjects = append(subjects, m.Subject)
	}
	k.tb.Fatalf("authtest: no mail %sto %s has a %s; of %d mails to it the subjects are %q", ofKinds(kinds), email, what, len(mails), subjects)
	return ""
}

// ofKinds is what a message says of the kinds that were asked for.
func ofKinds(kinds []tollkeeper.MailKind) string {
	if len(kinds) == 0 {
		return ""
	}
	return fmt.Sprintf("of %v ", kinds)
}
