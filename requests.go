package tollkeeper

import (
	"net/netip"
	"time"

	"github.com/google/uuid"
)

// Client is who is on the other end of the line, as far as the host knows. The zero Client is a caller inside the
// process; it shares one network bucket of generous size with all such callers.
type Client struct {
	Addr  netip.Addr // the peer's, or that told by a trusted proxy
	Agent string     // User-Agent; cut to 256 bytes where it is kept
}

// unmapped answers the address as one of a kind: IPv4 out of its IPv6 form, without zone.
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

// Identity is who a token speaks for, as the store knew him when it was checked. It is shared and must not be changed.
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
	ProvedAt  time.Time // when he last proved who he is
	ExpiresAt time.Time // of the token
}

// nobody is an Identity that no store knows. It is never changed.
var nobody = &Identity{Account: uuid.Max, Parent: uuid.Max, Limited: "nobody"}

// orNobody returns the identity itself, or nobody for none: a handler that forgot to ask who calls gets an error, no panic, and
// nothing of the root scope, whose id is zero.
func (id *Identity) orNobody() *Identity {
	if id == nil || id.Account == uuid.Nil {
		return nobody
	}
	return id
}

// IsParent reports whether the account has no parent.
func (id *Identity) IsParent() bool { return id.Parent == Root }

// Admin reports whether he may act on the other accounts of his scope. A root account is nobody's admin: the root
// scope belongs to the host.
func (id *Identity) Admin() bool {
	return id.Role == RoleAdmin && id.Parent != Root && id.Limited == Unlimited
}

// SignInRequest asks for a session. Where to look: with ParentKey or ParentNumber below that parent (and, with ParentKey
// and AudienceOrganization, by the organization widget among parents), else below Parent, which zero means the parents.
type SignInRequest struct {
	Email        string
	Password     Password
	ParentKey    string
	ParentNumber int64
	Parent       uuid.UUID
	Audience     Audience // zero: AudienceHost
	Client       Client
}

// SignInResult is a session, or a Challenge on the way to one.
type SignInResult struct {
	Token           SecretText    // access token
	Refresh         SecretText    // refresh token; empty: not configured
	ExpiresIn       time.Duration // of Token, or of Challenge
	Challenge       SecretText    // not empty: prove the second factor with SignInWithFactor; there is no Token then
	Session         uuid.UUID
	Subject         Subject
	TenantKey       SecretText // jwtSecret, for a parent's own sign-in in AudienceOrganization only
	PasswordExpired bool
	DaysUntilExpiry int
}

// SignUpRequest asks for an account, and for a session with it. Where: as in SignInRequest.
type SignUpRequest struct {
	Email        string
	Password     Password
	Username     string // empty: none
	Name         string
	ParentKey    string
	ParentNumber int64
	Parent       uuid.UUID
	VerifyPath   string // a path, or a URL under the organization's origin, for the link in the mail; empty: the configured page
	Audience     Audience
	Client       Client
}

// SignUpResult is the session of the new account.
type SignUpResult struct {
	SignInResult
	VerificationSent bool // a verification mail is on its way
}

// MailRequest asks for a mail with a code or a link. The answer is the same for every address.
type MailRequest struct {
	Email        string
	ParentKey    string
	ParentNumber int64
	Parent       uuid.UUID
	VerifyPath   string // RequestVerification only, as in SignUpRequest
	Audience     Audience
	Client       Client
}

// CodeRequest is a sign-in with a mailed one-time code.
type CodeRequest struct {
	Email        string
	Code         SecretText
	ParentKey    string
	ParentNumber int64
	Parent       uuid.UUID
	Audience     Audience
	Client       Client
}

// ResetRequest sets a new password with the token of a mailed link.
type ResetRequest struct {
	Token     SecretText
	Password  Password
	ParentKey string // optional; must then be that of the account's parent
	Audience  Audience
	Client    Client
}

// AccountQuery selects accounts of the caller's scope: a parent's children, or an admin's fellows.
type AccountQuery struct {
	Search string    // prefix of email or username
	From   time.Time // registered at or after
	To     time.Time // registered before
	Limit  int       // 1..100; zero: 50
	Cursor string    // of the page before; bound to scope, filter and limit
}

// AccountPage is a page of a list.
type AccountPage struct {
	Accounts []Account // without passwords, seeds and histories
	Next     string    // cursor of the next page; empty: there is none
	Limit    int
	Total    int64 // children of the scope
	Active   int64 // of them, seen within 30 days; up to an hour old
}

// OrganizationDetails is what there is to say of a parent's organization.
type OrganizationDetails struct {
	Owner        uuid.UUID
	Organization Organization // with its defaults where there is none yet
	PublicKey    string       // the parent's
	TenantKey    SecretText   // jwtSecret; only for the parent himself
}

// OrganizationPatch changes what is not nil.
type OrganizationPatch struct {
	Name                 *string
	URL                  *string
	AuthURLs             AuthURLsPatch
	DomainRestriction    *bool
	VerificationRequired *bool
	FactorRequired       *bool
	Google               *GoogleSettings
	Authorized           *[]uuid.UUID
}

// AuthURLsPatch changes the pages that are not nil; empty takes one away.
type AuthURLsPatch struct {
	SignIn, SignUp, Verify, Reset, Update, Resend, Successful *string
}
