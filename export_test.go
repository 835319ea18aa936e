package tollkeeper

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// What only tests see: pure policies.

var (
	MayActOn    = mayActOn
	PasswordAge = passwordAge
	Crossed     = crossed
	MatchTOTP   = matchTOTP
	Spellings   = scopesOf
)

// NewIDs makes ids as one Authenticator does.
func NewIDs() func(now time.Time) uuid.UUID { return new(clockIDs).next }

// Backoff is how long a mail waits after so many tries.
func Backoff(kind MailKind, tries int) time.Duration {
	return backoff(store.QueuedMail{Kind: kind, Tries: tries})
}

// Held holds answers that took so long to find, one after another, and returns when the last one is given. least is what
// a hash takes.
func Held(least time.Duration, find func(time.Duration), took ...time.Duration) (given time.Duration) {
	p := pace{least: least}
	for _, d := range took {
		began := time.Now()
		find(d)
		_ = p.hold(context.Background(), began, nil)
		given = time.Since(began)
	}
	return given
}

// Admit is the decision about a proven account.
func Admit(s Subject, method string, verifyAll bool) error {
	return admit(s, attempt{method: method}, verifyAll)
}

// Enrolment is what an app of the account is given.
func (a *Authenticator) Enrolment(x Account, seed []byte) Enrolment {
	return a.enrolment(x, seed)
}

// Unreleased walks over the table of throttles: every way to prove something, under every spelling of the account's
// scope. It returns what counts there and cannot be taken back: by a right proof, by one that was not looked at, and
// by a proof of the mailbox that came from elsewhere, or an issuer's word.
func Unreleased(a *Authenticator, s Subject, at, elsewhere Client) (missing []string, buckets int) {
	var strong, weak store.Release
	a.pardon(&strong, s, elsewhere, ownersWord, a.now())
	a.pardon(&weak, s, elsewhere, issuersWord, a.now())
	for w := wayPassword; w <= wayRecovery; w++ {
		for _, g := range guessesAt(&s.Account, scopesOf(s)...) {
			g.audience, g.client = AudienceHost, at
			t := taken{hits: a.hits(w, &g), way: w, guess: g}
			t.decision.Outcomes = make([]store.Outcome, len(t.rows))
			for i := range t.decision.Outcomes {
				t.decision.Outcomes[i].Counted = true
			}
			for i, row := range t.rows {
				buckets++
				has := func(list []store.Bucket) bool {
					return slices.ContainsFunc(list, func(b store.Bucket) bool { return b.Key == t.buckets[i].Key })
				}
				mailbox := w == wayPassword || w == wayConfirm
				for what, ok := range map[string]bool{
					"a right proof":   has(a.earned(t).Forgive),
					"no proof":        has(t.undecided().Forgive),
					"a wrong proof":   has(t.failed().Failed),
					"the mailbox":     slices.Contains(strong.Pardon, t.buckets[i].Pardon) == (mailbox && !(row.name == "pair" && g.username != "")),
					"an issuer":       slices.Contains(weak.Pardon, t.buckets[i].Pardon) == slices.Contains(row.pardon, ofScope),
					"the longest":     !strong.PardonUntil.Before(a.now().Add(store.HeldFor)),
					"a limit of ours": t.buckets[i].Limit.Settles(),
				} {
					if !ok {
						missing = append(missing, row.name+" under "+g.scope+" "+g.name()+": "+what)
					}
				}
			}
		}
	}
	return missing, buckets
}

// VerifyPath is the decision about where the link of a verification mail may lead, for an organization of that URL.
func VerifyPath(path, organization, base string) error {
	return checkVerifyPath(path, &Subject{Organization: &Organization{URL: organization}}, base)
}

// LinkToken makes the token of a link to sign in.
var LinkToken = linkToken

// Invitation seals one for an address.
func Invitation(a *Authenticator, email string) (string, error) {
	return a.sealInvitation(invitation{Email: email, ID: newID()})
}
