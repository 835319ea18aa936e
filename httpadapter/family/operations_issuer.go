package family

import (
	"errors"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
)

// Provider is an issuer that the family's users may sign in by.
type Provider struct {
	tollkeeper.Provider
	Linked bool // to the account that is signed in
}

// Providers lists the issuers that the family's users may be sent to.
func Providers(c *Call, _ None) ([]Provider, error) {
	var where tollkeeper.Scope
	if err := c.Locate(&where); err != nil {
		return nil, err
	}
	list, err := c.auth.Providers(c.Context(), where)
	if err != nil {
		return nil, err
	}
	linked := map[string]bool{}
	if c.id != nil && c.id.Unrestricted() == nil {
		own, err := c.auth.Identities(c.Context(), c.id)
		if err != nil {
			return nil, err
		}
		for _, l := range own {
			linked[l.Issuer] = true
		}
	}
	shown := make([]Provider, len(list))
	for i, p := range list {
		shown[i] = Provider{p, linked[p.Issuer]}
	}
	return shown, nil
}

// BeginIssuer sends a browser to an issuer, and has it keep the ticket until it comes back to [EndIssuer]. With By it
// is to link a sign-in to the account.
func BeginIssuer(c *Call, in tollkeeper.IssuerStart) (tollkeeper.IssuerBegun, error) {
	if err := c.Locate(&in.Scope); err != nil {
		return tollkeeper.IssuerBegun{}, err
	}
	in.Audience, in.Client = c.family.Audience, c.Client()
	begun, err := c.auth.BeginIssuer(c.Context(), in)
	if err == nil {
		for _, cookie := range IssuerCookies(c.Request, begun, in.By != nil, c.remember) {
			c.SetCookie(cookie)
		}
	}
	return begun, err
}

// IssuerEnd is where a way to an issuer ended.
type IssuerEnd struct {
	Return    string          // of the start; empty: it said nothing, or the way was another browser's
	Links     bool            // it was to link
	Challenge bool            // the browser keeps a challenge, which waits for the second factor
	Refused   tollkeeper.Code // empty: it ended well

	// Again is the answer that the browser has to bring once more, by following a link: then it brings its session,
	// too. Nil: it has not.
	Again *tollkeeper.IssuerReturn
}

// EndIssuer ends a way that [BeginIssuer] began in this browser: with the cookie of a session or of a challenge, or
// with a linked sign-in. A refusal is no error, since whoever reads the answer is a browser under way: it is told and,
// where it is the service's fault, logged.
func EndIssuer(c *Call, in tollkeeper.IssuerReturn) (IssuerEnd, error) {
	k := IssuerFromCookie(c.Request, in.State)
	if k.Links && c.Request.Method == http.MethodPost {
		return IssuerEnd{Links: true, Again: &in}, nil // a post of another site comes without the session's cookie
	}
	if gone := NoIssuerCookie(c.Request, in.State); gone != nil {
		c.SetCookie(gone)
	}
	in.Ticket, in.By, in.Audience, in.Client = k.Ticket, c.id, c.family.Audience, c.Client()
	if k.Links {
		link, err := c.auth.LinkIssuer(c.Context(), c.caller(), in)
		return IssuerEnd{Return: link.Return, Links: true, Refused: c.told(err)}, nil
	}
	s, err := c.auth.SignInWithIssuer(c.Context(), in)
	end := IssuerEnd{Return: s.Return, Refused: c.told(err)}
	switch {
	case err != nil:
	case s.Challenge != "":
		c.SetCookie(ChallengeCookie(s.SignInResult, k.Remember))
		end.Challenge = true
	default:
		c.cookie = SessionCookie(s.SignInResult, k.Remember) // state and ticket say that this browser began it
		c.DropChallenge()
	}
	return end, nil
}

// told is the code that whoever asked may know of an error. What stands in none of the tables is logged and not told.
func (c *Call) told(err error) tollkeeper.Code {
	if err == nil {
		return ""
	}
	known, ok := errors.AsType[*tollkeeper.Error](err)
	if !ok {
		known = tollkeeper.ErrInternal
	}
	e := c.reply(known)
	if e == nil {
		known = tollkeeper.ErrInternal
		e = c.reply(known)
	}
	if e.Status >= http.StatusInternalServerError {
		c.report(e.Status, err)
	}
	return known.Code
}
