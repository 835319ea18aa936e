package rules

import (
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Way is what a look-up goes by.
type Way int

// The ways to look up an account.
const (
	ByScope       Way = iota // what people choose, below Scope
	ByID                     // ID
	ByNumber                 // Number
	ByPublicKey              // PublicKey
	ByScopeKey               // what people choose, below the account that has ScopeKey
	ByScopeNumber            // what people choose, below the account that has ScopeNumber
)

// WayOf returns the way of the look-up: the first of its fields that is set counts, in the order ID, Number, PublicKey,
// ScopeKey, ScopeNumber.
func WayOf(l store.Lookup) Way {
	switch {
	case l.ID != uuid.Nil:
		return ByID
	case l.Number != 0:
		return ByNumber
	case l.PublicKey != "":
		return ByPublicKey
	case l.ScopeKey != "":
		return ByScopeKey
	case l.ScopeNumber != 0:
		return ByScopeNumber
	}
	return ByScope
}

// Keyed reports whether the look-up names its scope by a root account's public key or number.
func Keyed(l store.Lookup) bool {
	way := WayOf(l)
	return way == ByScopeKey || way == ByScopeNumber
}

// Scope returns the scope of a look-up by what people choose. owner is the account that has its ScopeKey or
// ScopeNumber, as [WayOf] tells; nil: none has, or it is not [Keyed]. ErrNoParent: that is no scope.
func Scope(l store.Lookup, owner *store.Account) (uuid.UUID, error) {
	switch {
	case !Keyed(l):
		return l.Scope, nil
	case owner == nil || owner.Parent != store.Root || owner.House || Gone(owner.Status, ""):
		return uuid.Nil, store.ErrNoParent
	}
	return owner.ID, nil
}

// Hidden reports whether the account that has the look-up's Number or PublicKey is as good as none: nobody reaches a
// house by what a request may name.
func Hidden(l store.Lookup, a *store.Account) bool {
	way := WayOf(l)
	return a.House && (way == ByNumber || way == ByPublicKey)
}

// Place is where to look for an account by what people choose or bring along: by the first of these that is set.
type Place struct {
	Scope      uuid.UUID
	Credential []byte
	Identity   store.IssuedKey
	Email      string
	Username   string
}

// Places returns where to look in [Scope], one after the other: the first account that is found counts, also when it
// turns out to be [Gone].
func Places(l store.Lookup, scope uuid.UUID) iter.Seq[Place] {
	return func(yield func(Place) bool) {
		if len(l.Credential) > 0 {
			yield(Place{Scope: scope, Credential: l.Credential})
			return
		}
		if ByUsername(l) {
			yield(Place{Scope: scope, Username: l.Username})
			return
		}
		ways := [...]Place{{Identity: store.IssuedKey{Issuer: l.Issuer, Subject: l.Subject}}, {Email: l.Email}}
		for i, p := range ways {
			if i == 0 && (l.Issuer == "" || l.Subject == "") || i == 1 && l.Email == "" {
				continue
			}
			p.Scope = scope
			if !yield(p) {
				return
			}
			if p.Scope = store.Root; l.Widget && Keyed(l) && !yield(p) {
				return
			}
		}
	}
}

// ByUsername reports whether a look-up by what people choose goes by the Username: nothing that counts first is set.
func ByUsername(l store.Lookup) bool {
	return l.Username != "" && len(l.Credential) == 0 && (l.Issuer == "" || l.Subject == "") && l.Email == ""
}

// Strays reports whether a look-up that found nothing in its [Places] goes on among the children of all parents but
// houses and deleted ones.
func Strays(l store.Lookup) bool {
	return l.Stray && l.Email != "" && len(l.Credential) == 0 && l.Scope == store.Root && !Keyed(l)
}

// Alone returns the account if it is the only one. Two are as good as none.
func Alone[T any](found []T) (only T, ok bool) {
	if len(found) != 1 {
		return only, false
	}
	return found[0], true
}

// Organization returns what counts for an account: its own, that of its OrganizationOwner, or its parent's; nil: none.
// A later one is looked at only where the earlier ones are nil.
func Organization(own, owners, parents *store.Organization) *store.Organization {
	switch {
	case own != nil:
		return own
	case owners != nil:
		return owners
	}
	return parents
}

// Listed reports whether an account of the scope, which is not [Gone], belongs to the page or a later one. Houses are
// in no list.
func Listed(a *store.Account, p store.Page) bool {
	place := store.Position{At: a.CreatedAt, ID: a.ID}.Compare(p.After)
	return !a.House && (place > 0 && !p.Newest || place < 0 && p.Newest || p.After.IsZero()) &&
		(p.Role == "" || a.Role == p.Role) && (p.Status == "" || a.Status == p.Status) &&
		(strings.HasPrefix(a.EmailKey, p.Search) || strings.HasPrefix(UsernameKey(a.Username), p.Search)) &&
		(p.From.IsZero() || !a.CreatedAt.Before(p.From)) &&
		(p.To.IsZero() || a.CreatedAt.Before(p.To))
}

// Start returns the place right before the page in order of creation, as Unix milliseconds and an id: what is [Listed]
// is behind it and before the [End]. So a store reads one range of an index by (created at, id).
func Start(p store.Page) (ms int64, id uuid.UUID) {
	before := store.Position{At: p.From.Add(-time.Millisecond), ID: uuid.Max}
	after := p.After
	if p.Newest {
		after = store.Position{}
	}
	switch {
	case !p.From.IsZero() && after.Compare(before) < 0:
		return before.At.UnixMilli(), before.ID
	case after.IsZero():
		return math.MinInt64, uuid.Nil
	}
	return after.At.UnixMilli(), after.ID
}

// End returns the place right behind the page in order of creation, whichever way round it is read.
func End(p store.Page) (ms int64, id uuid.UUID) {
	to := store.Position{At: p.To}
	switch {
	case p.Newest && !p.After.IsZero() && (p.To.IsZero() || p.After.Compare(to) < 0):
		return p.After.At.UnixMilli(), p.After.ID
	case p.To.IsZero():
		return math.MaxInt64, uuid.Max
	}
	return p.To.UnixMilli(), uuid.Nil
}

// Client is what an organization is to an issuer.
type Client struct{ Issuer, ID string }

// Clients returns those that the organization has for itself alone; nil has none.
func Clients(o *store.Organization) []Client {
	if o == nil {
		return nil
	}
	var own []Client
	for _, s := range o.Issuers {
		c := Client{s.Issuer, s.ClientID}
		if s.Enabled && !s.Shared && s.ClientID != "" && !slices.Contains(own, c) {
			own = append(own, c)
		}
	}
	return own
}
