package tollkeeper

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// A mark remembers a network: one that an account signed in from, or one that asked for a code.

// A network is known for thirty days after the last sign-in from there. It is noted again on another day only, so that
// most sign-ins write nothing for it.
const (
	renewNetwork    = 30 * 24 * time.Hour
	rememberNetwork = renewNetwork + 24*time.Hour
)

// where a client is, for marks: its neighbourhood, or without an address its device. Empty: neither.
func (c Client) where() string {
	near := c.neighbourhood()
	switch {
	case near != "":
		return near
	case c.Device != "":
		return "device:" + c.Device[:min(len(c.Device), maxDevice)]
	}
	return ""
}

const maxDevice = 256

// markOf names the network as recognised for this name in this scope; zero: there is nothing to recognise.
func (a *Authenticator) markOf(g guess) store.Digest {
	return a.markAt("mark", g.client.where(), g.scope, g.name())
}

// marksOf names the network as recognised for every name of the account under every spelling of its scope: whoever came
// in by one of them is no stranger by the others.
func (a *Authenticator) marksOf(s Subject, c Client) (list []store.Digest) {
	for _, g := range guessesAt(&s.Account, scopesOf(s)...) {
		g.client = c
		if mark := a.markOf(g); mark != (store.Digest{}) {
			list = append(list, mark)
		}
	}
	return list
}

// askerOf names the network as one that asked for a code.
func (a *Authenticator) askerOf(g guess) store.Digest {
	where := g.network()
	if where == "" {
		where = g.client.where()
	}
	return a.markAt("asked", where, g.email)
}

func (a *Authenticator) markAt(name, where string, words ...string) store.Digest {
	if where == "" {
		return store.Digest{}
	}
	var room [5]string
	return a.digests.bucket(append(append(room[:0], name, where), words...)...)
}

// asked returns the network's mark, if it asked for a code.
func (t taken) asked() (store.Digest, bool) {
	for i := range t.rows {
		if t.holds(i, asker) && !t.decision.Outcomes[i].Marked.IsZero() {
			return t.buckets[i].Waive, true
		}
	}
	return store.Digest{}, false
}

// mark returns until when the network is recognised for the account; zero: it is not.
func (t taken) mark(account uuid.UUID) time.Time {
	for i, o := range t.decision.Outcomes {
		if t.holds(i, recognised) && o.Owner == account {
			return o.Marked
		}
	}
	return time.Time{}
}
