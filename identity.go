package tollkeeper

import (
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Client is who is on the other end of the line, as far as the host knows. The zero Client is a caller inside the
// process; it shares one network bucket of generous size with all such callers.
type Client struct {
	Addr  netip.Addr // the peer's, or that told by a trusted proxy
	Agent string     // User-Agent; cut to 256 bytes where it is kept

	// Language is what the client reads: a tag, as "de-AT", or the header Accept-Language. A mail that it asks for, to
	// an account without a Locale, is in the one of [Mail].Languages that it prefers. It is kept with no account.
	Language string

	// Device is what a host keeps in a cookie of its own, random and at least 128 bits, at most 256 bytes. Clients
	// without an Addr, such as behind a unix socket, are recognised by it and by nothing else. Empty: not at all.
	Device string

	// Foreign says that a page of another origin sent the request, in its visitor's name. Such pages get two thirds of
	// what is counted on the network for all scopes, so that none can spend what the visitor needs elsewhere.
	Foreign bool
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
	var room [64]byte
	return string(p.AppendTo(room[:0]))
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
	Verified  bool           // the email: its link was opened
	Proven    bool           // the mailbox: they have shown that it is theirs
	ProvedAt  time.Time      // when they last proved who they are
	ExpiresAt time.Time      // of the token
	Claims    map[string]any // what [Hooks.BeforeSession] added when the token was made; nil: nothing
}

// business is something that a session is good for although it is limited.
type business int

const (
	toLeave    business = iota // sign out
	toChoose                   // another password
	toRead                     // the own profile
	toBeProven                 // resend a link, change the address
	toProve                    // once more who they are, or that the mailbox is theirs
	toEnrol                    // a second factor
)

// permitted is what each limitation leaves. Export, deletion, keys and everything about other accounts are in none.
var permitted = map[Limitation][]business{
	LimitedPassword:     {toLeave, toChoose},
	LimitedUnverified:   {toLeave, toChoose, toRead, toBeProven, toProve},
	LimitedSecondFactor: {toLeave, toChoose, toRead, toProve, toEnrol},
}

// may returns nil when the session is good for one of these: always, unless it is limited. [ErrLimitedSession], for
// nobody [ErrInvalidToken].
func (id *Identity) may(what ...business) error {
	switch {
	case id == nobody:
		return ErrInvalidToken
	case id.Limited == Unlimited || slices.ContainsFunc(what, func(b business) bool { return slices.Contains(permitted[id.Limited], b) }):
		return nil
	}
	return id.Limited.refused()
}

// limitedTexts say what ends a limitation.
var limitedTexts = map[Limitation]string{
	LimitedUnverified:   "This session is limited until your email address is confirmed",
	LimitedPassword:     "This session is limited until you choose another password",
	LimitedSecondFactor: "This session is limited until you set up a second factor",
}

// refused is the error of what the limitation does not leave.
func (l Limitation) refused() error {
	if text, ok := limitedTexts[l]; ok {
		return ErrLimitedSession.WithMessage(text)
	}
	return ErrLimitedSession
}

// Unrestricted returns nil when the session is good for everything that its account may do, else [ErrLimitedSession]
// with a message that says until when.
func (id *Identity) Unrestricted() error { return id.orNobody().may() }

// MayReadProfile returns nil when the session may be shown whom it speaks for: always, unless it is limited to choosing
// a password. [ErrLimitedSession].
func (id *Identity) MayReadProfile() error { return id.orNobody().may(toRead) }

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
