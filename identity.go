package tollkeeper

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Client is who is on the other end of the line, as far as the host knows. The zero Client is a caller inside the
// process; it shares one network bucket of generous size with all such callers.
type Client struct {
	Addr  netip.Addr // the peer's, or that told by a trusted proxy
	Agent string     // User-Agent; cut to 256 bytes where it is kept
}

// unmapped returns the address as one of a kind: IPv4 out of its IPv6 form, without zone.
func (c Client) unmapped() netip.Addr { return c.Addr.Unmap().WithZone("") }

// network is what rates and locks count: the IPv4 address, or the IPv6 /64; "" for an unknown one.
func (c Client) network() string { return masked(c.unmapped(), 32, 64) }

// neighbourhood is what is remembered as a recognised network: IPv4 /24, IPv6 /64 (SECURITY.md, Defaults, Client IP).
func (c Client) neighbourhood() string { return masked(c.unmapped(), 24, 64) }

func masked(a netip.Addr, v4, v6 int) string {
	if !a.IsValid() {
		return ""
	}
	bits := v6
	if a.Is4() {
		bits = v4
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// agent is the User-Agent as it is kept: at most 256 bytes, no control characters.
func (c Client) agent() string {
	b := make([]byte, 0, min(len(c.Agent), 256))
	for i := 0; i < len(c.Agent) && len(b) < 256; i++ {
		if x := c.Agent[i]; x >= 0x20 && x < 0x7f {
			b = append(b, x)
		}
	}
	return string(b)
}

// Limitation says why an Identity may use only its own account's routes.
type Limitation string

// The limitations. They are looked up with the session, so that they begin and end at once.
const (
	Unlimited           Limitation = ""
	LimitedUnverified   Limitation = "unverified"    // until the email is verified
	LimitedPassword     Limitation = "password"      // until the password is changed: it is expired or temporary
	LimitedSecondFactor Limitation = "second-factor" // until a second factor is enrolled
)

// Identity is who a token speaks for, as the store knew them when it was checked. It is shared and must not be changed.
type Identity struct {
	Account   uuid.UUID
	Parent    uuid.UUID // Root for a parent
	Session   uuid.UUID
	Number    int64
	Email     string
	Username  string
	Name      string
	PublicKey string
	Role      Role
	Audience  Audience
	Limited   Limitation
	HasFactor bool
	Verified  bool
	ProvedAt  time.Time // when they last proved who they are
	ExpiresAt time.Time // of the token
}

// IsParent reports whether the account has no parent.
func (id *Identity) IsParent() bool { return id.Parent == Root }

// Admin reports whether they may act on the other accounts of their scope. A root account is nobody's admin: the root
// scope belongs to the host.
func (id *Identity) Admin() bool {
	return id.Role == RoleAdmin && id.Parent != Root && id.Limited == Unlimited
}

// nobody is an Identity that no store knows. It is never changed.
var nobody = &Identity{Account: uuid.Max, Parent: uuid.Max, Limited: "nobody"}

// orNobody returns the identity itself, or nobody for none: a handler that forgot to ask who calls gets an error, no
// panic, and nothing of the root scope, whose id is zero.
func (id *Identity) orNobody() *Identity {
	if id == nil || id.Account == uuid.Nil {
		return nobody
	}
	return id
}

// place is where a request looks for accounts, as it was submitted. Throttles count it as text, so that nothing they
// answer depends on what was found (R20).
type place struct {
	key    string
	number int64
	parent uuid.UUID
}

// text names the place in throttle keys.
func (p place) text() string {
	switch {
	case p.key != "":
		return "key:" + p.key
	case p.number != 0:
		return "number:" + strconv.FormatInt(p.number, 10)
	case p.parent != Root:
		return "id:" + p.parent.String()
	}
	return "root"
}

// owner asks for the parent itself.
func (p place) owner() store.Lookup {
	switch {
	case p.key != "":
		return store.Lookup{PublicKey: p.key}
	case p.number != 0:
		return store.Lookup{Number: p.number}
	}
	return store.Lookup{ID: p.parent}
}

// lookup asks for an email in the place.
func (p place) lookup(email string) store.Lookup {
	return store.Lookup{Email: email, Scope: p.parent, ScopeKey: p.key, ScopeNumber: p.number}
}

// scopesOf lists the texts under which an account's place may be submitted, to forget its locks after a reset.
func scopesOf(s Subject) []string {
	if s.Parent == nil {
		return []string{place{}.text()}
	}
	return []string{
		place{key: s.Parent.PublicKey}.text(),
		place{number: s.Parent.Number}.text(),
		place{parent: s.Parent.ID}.text(),
	}
}

// anyPlace counts an address over all places: a parent can be named by key, number or id, and each would count anew.
const anyPlace = ""

// ownerOf returns the parent that a place names; nil for the root scope. It must be an active root account.
func (a *Authenticator) ownerOf(ctx context.Context, where place) (*Subject, error) {
	if where == (place{}) {
		return nil, nil
	}
	if where.key != "" && !ValidPublicKey(where.key) {
		return nil, ErrUnknownParent
	}
	s, err := a.subject(ctx, where.owner())
	if errors.Is(err, ErrNotFound) || err == nil && s.Child() {
		return nil, ErrUnknownParent
	}
	if err != nil {
		return nil, err
	}
	if s.Account.Status != StatusActive {
		return nil, ErrParentInactive
	}
	return &s, nil
}

// knownPlace refuses a parent that nobody is, named by key or number. Both are public, so that telling is no harm.
func (a *Authenticator) knownPlace(ctx context.Context, where place) error {
	if where.key == "" && where.number == 0 {
		return nil
	}
	_, err := a.ownerOf(ctx, where)
	if errors.Is(err, ErrParentInactive) {
		return nil
	}
	return err
}
