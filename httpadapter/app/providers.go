package app

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// providerRoutes send a browser to an issuer and back. They need cookies.
func (o API) providerRoutes(prefix string) []family.Route {
	end := family.Choice(o.ended, family.OfNothing(http.StatusSeeOther))
	return []family.Route{
		family.On("GET", "/providers", family.Nothing(), family.Providers, family.JSON(providersShown)).Asks(family.MaybeSignedIn).
			Is("the issuers that one may sign in by"),
		family.On("POST", "/providers/{name}/start", family.OptionalBody(startAt(prefix)), family.BeginIssuer, family.JSON(startShown)).Asks(family.MaybeSignedIn).
			Is("where the browser goes to sign in by that issuer, or to link it to the account that is signed in; the browser keeps a cookie for the way back"),
		family.On("GET", "/providers/{name}/callback", family.Query(answeredAt(prefix), answerParams...), family.EndIssuer, end).Asks(family.PerhapsOwner).
			Acts().Anywhere().Is("where the issuer sends the browser back to: it is signed in, or the issuer linked, and goes on to a page"),
		family.On("POST", "/providers/{name}/callback", family.Form(postedAt(prefix)), family.EndIssuer, end).Asks(family.PerhapsOwner).
			Is("the same for issuers that post their answer"),
	}
}

type providerBody struct {
	Name   string `json:"name" about:"of the issuer in paths"`
	Label  string `json:"label" about:"for people"`
	Linked bool   `json:"linked" about:"to the account that is signed in"`
}

type providersBody struct {
	Providers []providerBody `json:"providers"`
}

func providersShown(_ *family.Call, list []family.Provider) providersBody {
	shown := make([]providerBody, len(list))
	for i, p := range list {
		shown[i] = providerBody{p.Name, p.Label, p.Linked}
	}
	return providersBody{shown}
}

type providerStartBody struct {
	Return     string `json:"return" about:"the path of the service's own where the browser ends, perhaps with a query; / without it"`
	Link       bool   `json:"link" about:"links the issuer to the account that is signed in, within five minutes of a proof"`
	RememberMe bool   `json:"rememberMe" about:"the cookie outlives the browser"`
}

// longestReturn keeps the ticket within what a cookie holds.
const longestReturn = 1000 // bytes

func startAt(prefix string) func(*family.Call, providerStartBody) (tollkeeper.IssuerStart, error) {
	return func(c *family.Call, b providerStartBody) (tollkeeper.IssuerStart, error) {
		in := tollkeeper.IssuerStart{Issuer: c.Auth().IssuerNamed(c.Name()), RedirectURL: callbackOf(c, prefix), Return: b.Return}
		if in.Issuer == "" {
			return in, tollkeeper.ErrNotFound
		}
		if b.Return != "" && (len(b.Return) > longestReturn || !canon.LeadsHere(b.Return)) {
			return in, tollkeeper.ErrInvalidInput.WithField("return").WithMessage("Return must be a path of this service")
		}
		if b.Link {
			if in.By = c.Identity(); in.By == nil {
				return in, family.ErrNoCredential
			}
		}
		return in, nil
	}
}

// callbackOf is the address that the issuer in the path sends browsers back to, as it was told. Nothing of it comes
// from the request but the name, which is known.
func callbackOf(c *family.Call, prefix string) string {
	return c.Auth().BaseURL() + prefix + "/providers/" + c.Name() + "/callback"
}

type startedBody struct {
	URL string `json:"url" about:"where the browser goes"`
}

func startShown(_ *family.Call, b tollkeeper.IssuerBegun) startedBody { return startedBody{b.URL} }

var answerParams = []family.Param{
	{Name: "state", About: "of the start"}, {Name: "code", About: "of the issuer, good once"}, {Name: "iss", About: "the issuer's name (RFC 9207)"},
	{Name: "error", About: "why there is no code"},
}

func answeredAt(prefix string) func(*family.Call, map[string]string) (tollkeeper.IssuerReturn, error) {
	return func(c *family.Call, q map[string]string) (tollkeeper.IssuerReturn, error) {
		return tollkeeper.IssuerReturn{
			RedirectURL: callbackOf(c, prefix), State: q["state"], Code: tollkeeper.SecretText(q["code"]), Iss: q["iss"], Error: q["error"],
		}, nil
	}
}

type providerReturnBody struct {
	State string `json:"state" about:"of the start"`
	Code  string `json:"code" about:"of the issuer, good once"`
	Iss   string `json:"iss" about:"the issuer's name (RFC 9207)"`
	Error string `json:"error" about:"why there is no code"`
	User  string `json:"user" about:"what Apple posts at the first time"`
}

func postedAt(prefix string) func(*family.Call, providerReturnBody) (tollkeeper.IssuerReturn, error) {
	return func(c *family.Call, b providerReturnBody) (tollkeeper.IssuerReturn, error) {
		return tollkeeper.IssuerReturn{
			RedirectURL: callbackOf(c, prefix), State: b.State, Code: tollkeeper.SecretText(b.Code), Iss: b.Iss, Error: b.Error, User: b.User,
		}, nil
	}
}

// ended leads the browser on: to where it wanted to go, or with a refusal or a challenge to a page that says what is
// next.
func (o API) ended(c *family.Call, e family.IssuerEnd) family.Answer {
	a := family.Answer{Status: http.StatusSeeOther}
	signIn := pathOf(c.Auth().BaseURL()) + c.Auth().Links().SignIn
	back := cmp.Or(e.Return, pathOf(c.Auth().BaseURL())+"/")
	switch {
	case e.Again != nil: // without the name: a link makes no account
		a.Location = with(pathOf(e.Again.RedirectURL), "state", e.Again.State, "code", string(e.Again.Code), "iss", e.Again.Iss, "error", e.Again.Error)
	case e.Refused != "" && e.Links && e.Return != "":
		a.Location = with(e.Return, "error", string(e.Refused))
	case e.Refused != "":
		a.Location = with(signIn, "error", string(e.Refused), "next", e.Return)
	case e.Challenge:
		a.Location = with(cmp.Or(o.SecondFactor, signIn), "step", "second-factor", "next", e.Return)
	default:
		a.Location = back
	}
	return a
}

// with adds parameters to a path of the service's own; those that are empty are left out.
func with(path string, pairs ...string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// pathOf is the path of an address of the service.
func pathOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}
