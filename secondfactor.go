package tollkeeper

import (
	"time"

	"github.com/google/uuid"
)

// challengeTTL is how long a proven first factor waits for the second.
const challengeTTL = 5 * time.Minute

// pending is a challenge: a sign-in that stopped before the second factor. It is sealed with an instance key and stored
// nowhere; the epoch voids it with the account's sessions. Nothing was charged for it.
type pending struct {
	Account   uuid.UUID `json:"a"`
	Epoch     int64     `json:"e"`
	Audience  Audience  `json:"f"`
	Method    string    `json:"m"`
	Operation Operation `json:"o"`
	KeyOwner  uuid.UUID `json:"k,omitzero"` // of the organization widget
	Network   string    `json:"n"`
	Scope     string    `json:"s"` // as submitted, to settle its throttles
	Email     string    `json:"u"`
	Until     int64     `json:"x"` // unix milliseconds
}

const sealChallenge = "challenge"

// challenge answers what a client needs to go on.
func (a *Authenticator) challenge(s Subject, p proof, now time.Time) SignInResult {
	c := pending{
		Account: s.Account.ID, Epoch: s.Account.Epoch, Audience: p.audience, Method: p.method, Operation: p.operation,
		Network: p.client.network(), Scope: p.taken.guess.scope, Email: p.taken.guess.email, Until: now.Add(challengeTTL).UnixMilli(),
	}
	if s.KeyOwner != nil {
		c.KeyOwner = s.KeyOwner.ID
	}
	a.event(Event{Name: EventChallenge, Account: s.Account.ID, Parent: s.Account.Parent, Audience: p.audience, Network: c.Network, Method: p.method})
	return SignInResult{Challenge: a.keys.seal(sealChallenge, c), ExpiresIn: challengeTTL, Subject: Subject{}}
}
