package organization

import (
	"encoding/json"
	"errors"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// noKey stands for a key that was sent empty or as null: it is a wrong one, never an absent one (docs/WIRE.md section
// 0). No account has it.
const noKey = "empty"

// parentKey is the text of parentPublicKey. The zero value is an absent one.
type parentKey struct{ text string }

// UnmarshalJSON takes a string or null.
func (k *parentKey) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	k.text = text
	if text == "" {
		k.text = noKey
	}
	return nil
}

// JSONType says how it may be written.
func (parentKey) JSONType() []string { return []string{"string", "null"} }

// Locate says which parent the request names by its key, if any.
func (k parentKey) Locate() family.Place { return placeOf(k.text) }

func placeOf(key string) family.Place {
	if key == "" {
		return family.Place{}
	}
	where := tollkeeper.UnderKey(key)
	return family.Place{Scope: &where, Key: key}
}

// signedInOrKey takes a token, else a parent's public key (docs/WIRE.md 1.2). A store that is away is not a bad token.
var signedInOrKey = family.Requirement{Name: "token or X-Public-Key", Header: "X-Public-Key", Refuses: keyRefusals, Check: func(c *family.Call) error {
	err := family.MaybeSignedIn.Check(c)
	if err != nil && !errors.Is(err, tollkeeper.ErrInvalidToken) || c.Identity() != nil {
		return err
	}
	keys := c.Request.Header["X-Public-Key"]
	switch {
	case len(keys) == 1 && keys[0] != "":
		c.Look(placeOf(keys[0]))
		return nil
	case len(keys) > 1:
		return tollkeeper.ErrUnknownParent
	case err != nil:
		return err
	}
	return family.ErrNoKey
}}

var keyRefusals = []*tollkeeper.Error{family.ErrNoKey, tollkeeper.ErrInvalidToken, tollkeeper.ErrUnknownParent}

// origins is the domain restriction of docs/WIRE.md 1.2: a page that names a parent is served only if it is that
// organization's. Without a parent's key it is the rule of the caller's organization; when neither is known, that of an
// organization without URL, which admits the pages of this service and of this machine. A key that nobody has is left
// to the operation where the page is the service's own.
func origins(c *family.Call, origin string) (bool, error) {
	auth := c.Auth()
	if key := c.ParentKey(); key != "" {
		allowed, err := auth.OriginAllowedFor(c.Context(), tollkeeper.OriginRequest{PublicKey: key, Origin: origin, Client: c.Client()})
		switch {
		case err == nil && !allowed:
			return false, tollkeeper.ErrOrganizationNotAuthorized
		case err == nil:
			return true, nil
		case !errors.Is(err, tollkeeper.ErrUnknownParent) && !errors.Is(err, tollkeeper.ErrForbidden):
			return false, err
		}
	} else if id := c.Identity(); id != nil {
		// Not Organization: it emits that its details were read, and nobody asked for them.
		s, err := auth.Host().Account(c.Context(), id.Account)
		switch {
		case err == nil && s.Organization != nil:
			return auth.OriginAllowed(*s.Organization, origin), nil
		case err != nil && !errors.Is(err, tollkeeper.ErrNotFound):
			return false, err
		}
	}
	return auth.OriginAllowed(tollkeeper.Organization{DomainRestriction: true}, origin), nil
}
