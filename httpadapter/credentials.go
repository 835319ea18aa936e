package httpadapter

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// maxToken is the longest token in bytes (R57).
const maxToken = 8 << 10

// The headers that credentials come in.
var (
	bearerCarriers = []string{"Authorization"}
	tokenCarriers  = []string{"Authorization", "Token"}
)

// bearer reads "Authorization: Bearer <token>" (RFC 6750 2.1): the scheme in any letter case, one space, no more. A
// header of another form is no credential; two of them are refused (R59).
func bearer(h http.Header) (string, error) {
	const scheme = "Bearer "
	lines := h["Authorization"]
	switch {
	case len(lines) == 0:
		return "", errNoCredential
	case len(lines) > 1:
		return "", errTwoCredentials
	case len(lines[0]) <= len(scheme) || !strings.EqualFold(lines[0][:len(scheme)], scheme):
		return "", errNoCredential
	}
	return tokenText(lines[0][len(scheme):])
}

// headerOrBearer reads the platform family's "token" header or a bearer token: either, or both if they are equal.
func headerOrBearer(h http.Header) (string, error) {
	lines := h["Token"]
	if len(lines) == 0 || len(lines) == 1 && lines[0] == "" {
		return bearer(h)
	}
	if len(lines) > 1 {
		return "", errTwoCredentials
	}
	token, err := tokenText(lines[0])
	if err != nil || len(h["Authorization"]) == 0 {
		return token, err
	}
	other, err := bearer(h)
	if errors.Is(err, errTwoCredentials) {
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
		return "", errNoCredential
	}
	if len(s) > maxToken {
		return "", tollkeeper.ErrInvalidToken
	}
	return s, nil
}

// prove asks for what the route asks for.
func (c *call) prove() error {
	if c.endpoint.requires.check == nil {
		return nil
	}
	err := c.endpoint.requires.check(c)
	if err == nil {
		return nil
	}
	if foreign := c.checkOrigin(); foreign != nil {
		return foreign
	}
	return err
}

// requirement is what a route asks of a caller before it reads the body. The zero requirement asks nothing.
type requirement struct {
	name  string // as docs/ROUTES.md says it
	check func(*call) error
}

var (
	signedIn      = requirement{"token", (*call).signedIn}
	maybeSignedIn = requirement{"token or nothing", (*call).maybeSignedIn}
	perhapsOwner  = requirement{"anyone, or a token", (*call).perhapsOwner}
	signedInOrKey = requirement{"token or X-Public-Key", (*call).signedInOrKey}
	parentOnly    = requirement{"parent's token", (*call).parentOnly}
	recentParent  = requirement{"parent's token, proved within 5 minutes", (*call).recentParent}
	adminOnly     = requirement{"admin's token", (*call).adminOnly}
)

// signedIn asks for a token of the family, whatever its session is limited to: own routes.
func (c *call) signedIn() error {
	token, err := c.family.credential(c.r.Header)
	if c.cookies != nil {
		token, c.ambient, err = c.cookies.choose(c.r, c.family.carriers, token, err)
	}
	if err != nil {
		return err
	}
	id, err := c.auth.Authenticate(c.ctx(), tollkeeper.SecretText(token))
	if err != nil {
		return err
	}
	if !slices.Contains(c.audiences, id.Audience) || c.family.closed && !lives(id, *c.family.home) {
		return tollkeeper.ErrInvalidToken
	}
	c.id = id
	return nil
}

// parentOnly asks for an unlimited token of a parent.
func (c *call) parentOnly() error {
	if err := c.signedIn(); err != nil {
		return err
	}
	if !c.id.IsParent() {
		return errNotParent
	}
	return c.unlimited()
}

// stepUp is how fresh a proof must be for what cannot be undone.
const stepUp = 5 * time.Minute

// recentParent asks for more: that they proved just now who they are.
func (c *call) recentParent() error {
	if err := c.parentOnly(); err != nil {
		return err
	}
	return c.auth.RequireRecent(c.id, stepUp)
}

// adminOnly asks for an unlimited token of an admin. Whom they may act on is the core's to say (R74).
func (c *call) adminOnly() error {
	if err := c.signedIn(); err != nil {
		return err
	}
	if c.id.Role != tollkeeper.RoleAdmin {
		return tollkeeper.ErrForbidden
	}
	return c.unlimited()
}

func (c *call) unlimited() error {
	if c.id.Limited != tollkeeper.Unlimited {
		return tollkeeper.ErrLimitedSession
	}
	return nil
}

// maybeSignedIn takes a token where there is one; a bad one is refused. A bad cookie is none: the browser sent it, not
// the page.
func (c *call) maybeSignedIn() error {
	err := c.signedIn()
	if c.ambient && (errors.Is(err, tollkeeper.ErrInvalidToken) || errors.Is(err, errCrossOrigin)) {
		return nil
	}
	if !errors.Is(err, errNoCredential) {
		return err
	}
	if len(c.r.Header["Authorization"]) > 0 {
		return tollkeeper.ErrInvalidToken
	}
	return nil
}

// perhapsOwner takes notice of a good token, which says at a first proof of a mailbox that nothing of the account is a
// stranger's. Any other is none: the route does not ask for one.
func (c *call) perhapsOwner() error {
	if c.signedIn() != nil {
		c.id = nil
	}
	return nil
}

// signedInOrKey takes a token, else a parent's public key (docs/WIRE.md 1.2). A store that is away is not a bad token.
func (c *call) signedInOrKey() error {
	err := c.maybeSignedIn()
	if err != nil && !errors.Is(err, tollkeeper.ErrInvalidToken) || c.id != nil {
		return err
	}
	keys := c.r.Header["X-Public-Key"]
	switch {
	case len(keys) == 1 && keys[0] != "":
		c.parentKey = keys[0]
		return nil
	case len(keys) > 1:
		return tollkeeper.ErrUnknownParent
	case err != nil:
		return err
	}
	return errNoKey
}
