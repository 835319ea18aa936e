package family

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// maxToken is the longest token in bytes (R57).
const maxToken = 8 << 10

// Credential says where a request carries its token.
type Credential struct {
	read    func(http.Header) (string, error)
	headers []string // that it reads; where there is one, no cookie counts
}

var (
	// Bearer reads "Authorization: Bearer <token>" (RFC 6750 2.1): the scheme in any letter case, one or more spaces. A
	// header of another form is no credential; two of them are refused (R59).
	Bearer = Credential{bearer, []string{"Authorization"}}

	// TokenHeader reads a header "token" or a bearer token: either, or both if they are equal.
	TokenHeader = Credential{headerOrBearer, []string{"Authorization", "Token"}}
)

func bearer(h http.Header) (string, error) {
	const scheme = "Bearer "
	lines := h["Authorization"]
	switch {
	case len(lines) == 0:
		return "", ErrNoCredential
	case len(lines) > 1:
		return "", ErrTwoCredentials
	case len(lines[0]) <= len(scheme) || !strings.EqualFold(lines[0][:len(scheme)], scheme):
		return "", ErrNoCredential
	}
	token := lines[0][len(scheme):]
	for token != "" && token[0] == ' ' {
		token = token[1:]
	}
	return tokenText(token)
}

func headerOrBearer(h http.Header) (string, error) {
	lines := h["Token"]
	if len(lines) == 0 || len(lines) == 1 && lines[0] == "" {
		return bearer(h)
	}
	if len(lines) > 1 {
		return "", ErrTwoCredentials
	}
	token, err := tokenText(lines[0])
	if err != nil || len(h["Authorization"]) == 0 {
		return token, err
	}
	other, err := bearer(h)
	if errors.Is(err, ErrTwoCredentials) {
		return "", err
	}
	if err != nil || other != token {
		return "", tollkeeper.ErrInvalidToken
	}
	return token, nil
}

// tokenText bounds a token before anything parses it.
func tokenText(s string) (string, error) {
	if s == "" || strings.IndexByte(s, ' ') >= 0 || strings.IndexByte(s, ',') >= 0 || strings.IndexByte(s, '\t') >= 0 { // ContainsAny looks at each byte
		return "", ErrNoCredential
	}
	if len(s) > maxToken {
		return "", tollkeeper.ErrInvalidToken
	}
	return s, nil
}

// Requirement is what a route asks of a caller before it reads the body. The zero Requirement asks nothing.
type Requirement struct {
	Name     string // as docs/ROUTES.md says it
	Check    func(*Call) error
	Optional bool   // a request without any credential is served, too
	Header   string // that may take the token's place. Empty: none

	Refuses []*tollkeeper.Error // what Check may return, for documents
}

// What the requirements refuse.
var (
	noToken  = []*tollkeeper.Error{ErrNoCredential, tollkeeper.ErrInvalidToken}
	noParent = append(slices.Clone(noToken), ErrNotParent, tollkeeper.ErrLimitedSession)
)

var (
	// SignedIn asks for a token of the family, whatever its session is limited to: own routes.
	SignedIn = Requirement{Name: "token", Check: (*Call).signedIn, Refuses: noToken}

	// MaybeSignedIn takes a token where there is one; a bad one is refused. A bad cookie is none: the browser sent it,
	// not the page.
	MaybeSignedIn = Requirement{Name: "token or nothing", Check: (*Call).maybeSignedIn, Optional: true, Refuses: noToken[1:]}

	// PerhapsOwner takes notice of a good token, which says at a first proof of a mailbox that nothing of the account
	// is a stranger's. Any other is none: the route does not ask for one. What cannot be looked up now is refused, or
	// the owner would lose what a stranger's account loses.
	PerhapsOwner = Requirement{Name: "anyone, or a token", Check: (*Call).perhapsOwner, Optional: true}

	// ParentOnly asks for an unlimited token of a parent.
	ParentOnly = Requirement{Name: "parent's token", Check: (*Call).parentOnly, Refuses: noParent}

	// RecentParent asks for more: that they proved within five minutes who they are.
	RecentParent = Requirement{
		Name: "parent's token, proved within 5 minutes", Check: (*Call).recentParent,
		Refuses: append(slices.Clone(noParent), tollkeeper.ErrNotRecent),
	}

	// AdminOnly asks for an unlimited token of an admin. Whom they may act on is the core's to say (R74).
	AdminOnly = Requirement{
		Name: "admin's token", Check: (*Call).adminOnly,
		Refuses: append(slices.Clone(noToken), tollkeeper.ErrForbidden, tollkeeper.ErrLimitedSession),
	}
)

// prove asks for what the route asks for.
func (c *Call) prove() error {
	if c.endpoint.requires.Check == nil {
		return nil
	}
	err := c.endpoint.requires.Check(c)
	if err == nil {
		return nil
	}
	if foreign := c.checkOrigin(); foreign != nil {
		return foreign
	}
	return err
}

func (c *Call) signedIn() error {
	token, err := c.family.Credential.read(c.Request.Header)
	if c.cookies != nil && c.page != listedPage {
		token, c.ambient, err = c.cookies.choose(c.Request, c.family.Credential.headers, token, err)
	}
	if err != nil {
		return err
	}
	id, err := c.auth.Authenticate(c.Context(), tollkeeper.SecretText(token))
	if err != nil {
		return err
	}
	if err := CheckAudience(c.Context(), c.log, id, c.audiences); err != nil {
		return err
	}
	if c.family.Closed && !Lives(id, *c.family.Home) {
		return tollkeeper.ErrInvalidToken
	}
	c.id = id
	return nil
}

// CheckAudience returns [tollkeeper.ErrInvalidToken] for a good token that is of none of these families. Its caller is
// told no more than of any bad token. Which family it is of, and which were wanted, is the error's cause, and goes to
// the log at the level of debug: an operator finds it by asking, and nobody fills a log with it.
func CheckAudience(ctx context.Context, log *slog.Logger, id *tollkeeper.Identity, wanted []tollkeeper.Audience) error {
	if slices.Contains(wanted, id.Audience) {
		return nil
	}
	why := fmt.Errorf("the token is for audience %q, not %q", id.Audience, wanted)
	log.DebugContext(ctx, "httpadapter: "+why.Error(), "account", id.Account)
	return tollkeeper.ErrInvalidToken.WithCause(why)
}

// Lives reports whether the account is known to live in the scope.
func Lives(id *tollkeeper.Identity, s tollkeeper.Scope) bool {
	parent, known := s.ID()
	return known && id.Parent == parent
}

func (c *Call) parentOnly() error {
	if err := c.signedIn(); err != nil {
		return err
	}
	if !c.id.IsParent() {
		return ErrNotParent
	}
	return c.id.Unrestricted()
}

// stepUp is how fresh a proof must be for what cannot be undone.
const stepUp = 5 * time.Minute

func (c *Call) recentParent() error {
	if err := c.parentOnly(); err != nil {
		return err
	}
	return c.auth.RequireRecent(c.id, stepUp)
}

func (c *Call) adminOnly() error {
	if err := c.signedIn(); err != nil {
		return err
	}
	if c.id.Role != tollkeeper.RoleAdmin {
		return tollkeeper.ErrForbidden
	}
	return c.id.Unrestricted()
}

func (c *Call) maybeSignedIn() error {
	err := c.signedIn()
	if c.ambient && (errors.Is(err, tollkeeper.ErrInvalidToken) || errors.Is(err, ErrCrossOrigin)) {
		return nil
	}
	if !errors.Is(err, ErrNoCredential) {
		return err
	}
	if len(c.Request.Header["Authorization"]) > 0 {
		return tollkeeper.ErrInvalidToken
	}
	return nil
}

func (c *Call) perhapsOwner() error {
	if err := c.signedIn(); err != nil && StatusOf(err) >= http.StatusInternalServerError {
		return err
	}
	return nil
}
