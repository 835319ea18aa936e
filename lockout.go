package tollkeeper

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// guess is a try at an account, for the throttles.
type guess struct {
	scope    string    // Scope.String()
	email    string    // canonical, or the raw text of one that is none; empty: it was named by its username
	username string    // lower-cased, or the raw text of one that is none; empty: it was named by its email
	account  uuid.UUID // whose second factor or session it is
	audience Audience
	client   Client
	began    Client // who took the first step, when that is what a second one ends; zero: there was none

	masked   string     // client.network(), once it was asked for
	maskedOf netip.Addr // whose it is
}

// name is what was submitted as the account's. No email is a username.
func (g *guess) name() string {
	if g.username != "" {
		return "username:" + g.username
	}
	return g.email
}

// network is that of the client. It is made once, however many buckets are keyed on it.
func (g *guess) network() string {
	if g.maskedOf != g.client.Addr {
		g.masked, g.maskedOf = g.client.network(), g.client.Addr
	}
	return g.masked
}

// words adds to list what the parts stand for in a guess; false: it has none of one.
func (g *guess) words(list []string, parts []part) ([]string, bool) {
	for _, p := range parts {
		word := ""
		switch p {
		case ofScope:
			word = g.scope
		case ofEmail:
			word = g.email
		case ofName:
			word = g.name()
		case ofNetwork:
			word = g.network()
		case ofAccount:
			if g.account != uuid.Nil {
				word = g.account.String()
			}
		}
		if word == "" {
			return nil, false
		}
		list = append(list, word)
	}
	return list, true
}

// guessesAt lists how the account may be named in a guess: in these scopes by its email, and by its username where it
// has one.
func guessesAt(x *Account, scopes ...string) (list []guess) {
	for _, scope := range scopes {
		list = append(list, guess{scope: scope, email: x.EmailKey, account: x.ID})
		if x.Username != "" {
			list = append(list, guess{scope: scope, username: canon.Lower(x.Username), account: x.ID})
		}
	}
	return list
}

// bucketOf is the throttle's bucket for a guess; false: it has none. Its mark and its pardon are taken from others of
// the same guess, where they have them: each is one for several buckets.
func (a *Authenticator) bucketOf(t *throttle, g *guess, others *hits) (b store.Bucket, ok bool) {
	b.Limit = t.limit(&a.cfg.Limits)
	if b.Key, ok = a.keyOf(g, t.keyed, t.name); !ok {
		return store.Bucket{}, false
	}
	for i, row := range others.rows {
		if row.spares == t.spares {
			b.Waive = others.buckets[i].Waive
		}
		if slices.Equal(row.pardon, t.pardon) {
			b.Pardon = others.buckets[i].Pardon
		}
	}
	if b.Pardon == (store.Digest{}) {
		b.Pardon, _ = a.pardonOf(t.pardon, g)
	}
	switch {
	case b.Waive != store.Digest{}:
	case t.spares == recognised:
		b.Waive = a.markOf(*g)
	case t.spares == asker:
		b.Waive = a.askerOf(*g)
	}
	return b, true
}

// keyOf digests names and what the parts stand for in a guess; false: it has none of one.
func (a *Authenticator) keyOf(g *guess, parts []part, names ...string) (store.Digest, bool) {
	var room [6]string
	words, ok := g.words(append(room[:0], names...), parts)
	if !ok {
		return store.Digest{}, false
	}
	return a.digests.bucket(words...), true
}

// pardonOf names a pardon: one row for all buckets that it concerns, on every network. False: there is none.
func (a *Authenticator) pardonOf(parts []part, g *guess) (store.Digest, bool) {
	if len(parts) == 0 {
		return store.Digest{}, false
	}
	var room [4]byte
	kind := room[:0]
	for _, p := range parts {
		if p == ofName {
			p = ofEmail // one row for what is kept of either
		}
		kind = append(kind, '0'+byte(p))
	}
	return a.keyOf(g, parts, "pardon", string(kind))
}

// hits are the buckets of a proof, with room for the rates that count beside them.
func (a *Authenticator) hits(w guessing, g *guess) hits {
	if !g.client.Addr.IsValid() {
		a.noAddress.Do(func() {
			a.cfg.Logger.Warn("tollkeeper: a client has no address: it has no lock of its own, and is recognised by Client.Device only")
		})
	}
	list := roomFor(4 + len(a.cfg.Limits.signIn(g.audience)))
	for i := range throttles {
		t := &throttles[i]
		if t.way != w {
			continue
		}
		b, ok := a.bucketOf(t, g, &list)
		if !ok {
			continue
		}
		list.add(b, t)
		if t.shared && g.client.Foreign {
			b.Key, _ = a.keyOf(g, t.keyed, "foreign", t.name)
			b.Limit = partOf(b.Limit)
			list.add(b, t)
		}
	}
	return list
}

// passwordHits are the buckets of a password attempt.
func (a *Authenticator) passwordHits(g *guess) hits {
	list := a.hits(wayPassword, g)
	a.addNetworkHits(&list, "sign-in", g.audience, g.network(), g.client.Foreign, a.cfg.Limits.signIn(g.audience))
	return list
}

// taken is what a Take counted, for settling it later.
type taken struct {
	hits
	decision store.Decision
	way      guessing
	guess    guess
}

// earned is what a right proof means: its places are given back, and where the table says so, failures forgotten.
func (a *Authenticator) earned(t taken) store.Release {
	r := t.undecided()
	for i := range throttles {
		row := &throttles[i]
		switch {
		case row.way == t.way && row.forget:
			if at := slices.Index(t.rows, row); at >= 0 {
				r.Forget = t.with(r.Forget, at)
				continue
			}
		case !slices.Contains(row.cleared, t.way):
			continue
		}
		g := t.guess
		if row.way != t.way {
			g.client = g.began // phones change networks: what the first step met is on its own
		}
		if b, ok := a.bucketOf(row, &g, &hits{}); ok {
			r.Forget = append(r.Forget, b)
		}
	}
	return r
}

// undecided is what an attempt means whose proof was not looked at, or was right and is not enough.
func (t taken) undecided() store.Release {
	return store.Release{Forgive: t.held(none, recognised, asker)}
}

// failed is what a wrong proof means. That of an asker counts at the code, not in the bucket of all others.
func (t taken) failed() store.Release {
	r := store.Release{Failed: t.held(none, recognised, asker)}
	if _, asked := t.asked(); asked {
		r = store.Release{Failed: t.held(none, recognised), Forgive: t.held(asker)}
	}
	return r
}

// held are the buckets that hold a place for the attempt and spare one of those.
func (t taken) held(spares ...spared) (list []store.Bucket) {
	for i, row := range t.rows {
		if row != nil && t.decision.Outcomes[i].Counted && slices.Contains(spares, row.spares) {
			list = t.with(list, i)
		}
	}
	return list
}

// with adds a bucket to the list. Those that stand in a row, as they mostly do, are a part of t's and no copy.
func (t taken) with(list []store.Bucket, i int) []store.Bucket {
	first := i - len(list)
	if len(list) == 0 || first >= 0 && &list[0] == &t.buckets[first] {
		return t.buckets[first : i+1 : i+1]
	}
	return append(list, t.buckets[i])
}

// owned takes again, without them, what was let in by marks that are not the account's: they tell nothing about
// it, whoever earned them. The rates have counted already.
func (a *Authenticator) owned(ctx context.Context, t taken, account uuid.UUID) (taken, error) {
	stranger := func(i int) bool { return t.holds(i, recognised) && t.decision.Outcomes[i].Owner != account }
	foreign := false
	for i := range t.rows {
		foreign = foreign || stranger(i) && t.decision.Outcomes[i].Waived
	}
	if !foreign {
		return t, nil
	}
	var again hits
	for i, row := range t.rows {
		b := t.buckets[i]
		if stranger(i) {
			b.Waive = store.Digest{}
		}
		if row != nil {
			again.add(b, row)
		}
	}
	a.release(ctx, t.undecided())
	next, err := a.take(ctx, again, a.now())
	next.way, next.guess = t.way, t.guess
	return next, err
}

// word is whose word a pardon is: each reaches further than the one before.
type word int

const (
	issuersWord word = iota // or a passkey's: what is counted of the account in its scope
	rulersWord              // an admin's of that scope: and what its sessions are counted for
	ownersWord              // of the mailbox, or the host's: and whatever is counted of the address, in all scopes
)

// pardon adds to a release what a proof of the account's mailbox, or the word of an issuer, pardons. The network that
// it came from is recognised from now on.
func (a *Authenticator) pardon(r *store.Release, s Subject, c Client, w word, now time.Time) {
	r.Marks = append(r.Marks, a.marksOf(s, c)...)
	r.Owner, r.Until = s.Account.ID, now.Add(rememberNetwork)
	a.pardonFailures(r, s, w, now)
}

// pardonFailures adds what is pardoned on every network: what the table names and the word reaches, under every
// spelling of the scope and every name of the account. Whoever rules a scope, or a name in it, reaches nothing that is
// counted of other accounts: the same address and the same username are somebody else's there.
func (a *Authenticator) pardonFailures(r *store.Release, s Subject, w word, now time.Time) {
	own := guessesAt(&s.Account, scopesOf(s)...)
	known := map[store.Digest]bool{}
	for i := range throttles {
		row, list := &throttles[i], own
		switch {
		case len(row.pardon) == 0:
			continue
		case slices.Contains(row.pardon, ofScope):
			if w == ownersWord && s.Parent != nil && !s.Parent.House {
				list = append(slices.Clip(own), guess{scope: Tenants.String(), email: s.Account.EmailKey}) // a sign-in without a key
			}
		case slices.Contains(row.pardon, ofAccount):
			if w == issuersWord {
				continue
			}
		case w != ownersWord:
			continue
		}
		for _, g := range list {
			if key, ok := a.pardonOf(row.pardon, &g); ok && !known[key] {
				known[key] = true
				r.Pardon = append(r.Pardon, key)
			}
		}
	}
	r.PardonUntil = now.Add(a.cfg.Limits.remembered())
}

// opened pardons after a proof of the mailbox that makes no session.
func (a *Authenticator) opened(ctx context.Context, s Subject, c Client) {
	var r store.Release
	a.pardon(&r, s, c, ownersWord, a.now())
	a.release(ctx, r)
}

// remembered is how long anything that a pardon concerns is kept at most.
func (l *Limits) remembered() (most time.Duration) {
	for i := range throttles {
		if t := &throttles[i]; len(t.pardon) > 0 {
			refuses, remembers := t.limit(l).Longest()
			most = max(most, store.HeldFor+refuses+remembers)
		}
	}
	return most
}

// takeConfirm is for a password that a signed-in caller repeats: a stolen session does not try passwords freely (R04,
// R17).
func (a *Authenticator) takeConfirm(ctx context.Context, by *Identity, c Client, now time.Time) (taken, error) {
	g := guess{account: by.Account, client: c}
	t, err := a.take(ctx, a.hits(wayConfirm, &g), now)
	t.way, t.guess = wayConfirm, g
	return t, err
}

// takeFactor is for the second factor (R41): proving the first one again gives nothing back. Codes of an app and
// recovery codes do not stop each other, so that a recovery code opens what a hundred wrong codes have closed.
func (a *Authenticator) takeFactor(ctx context.Context, g guess, shows shown, now time.Time) (taken, error) {
	w := wayRecovery
	var list hits
	if _, ok := canon.Code(shows.code); ok {
		w = wayApp
	}
	if !shows.passkey.IsZero() {
		w, list = wayPasskey, a.networkHits("passkey", g.audience, g.client, a.cfg.Limits.signIn(g.audience))
	}
	t, err := a.take(ctx, list.and(a.hits(w, &g)), now)
	t.way, t.guess = w, g
	return t, err
}
