// Package family is the engine of HTTP APIs over one [tollkeeper.Authenticator]: a [Family] is a table of routes and a
// table of answers to errors, and [New] serves it. The APIs beside it, such as package app, are such tables, and so is
// one of a host's own: docs/FAMILIES.md writes one.
//
// A [Route] is what [On] makes of a [Decoder] ([Body], [Query], [Nothing]), an operation and an [Encoder] ([JSON],
// [Status], [Empty], [Choice]). The operations here, from [SignUp] to [RemoveAccount], are the methods of the library.
// A [Requirement] says who may ask, a [Reply] what an error is answered with, a [Shape] how. The same tables make the
// OpenAPI document: [Family.OpenAPI].
package family

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper"
)

// API is what makes a [Family]: a struct with the options of one, as organization.API is. An error names the option.
type API interface {
	Family() (Family, error)
}

// Family is one HTTP API as data: what stands in it is all that tells it from the others.
type Family struct {
	Name     string              // in logs and in its document
	Title    string              // of its OpenAPI document. Zero: Name
	About    string              // the description there
	Audience tollkeeper.Audience // of the tokens that it gives and takes
	Prefixes []string            // below these everything is the family's to answer
	Routes   []Route
	Replies  Table // one for every code of [tollkeeper.Codes] and of [Faults]
	Shape    Shape // of its errors

	Home       *tollkeeper.Scope // where requests look that name no parent. Nil: they are refused
	Closed     bool              // it takes tokens of accounts at home only
	Password   PasswordRule      // on new passwords, besides the core's policy. Zero: none
	Credential Credential        // where a request carries its token. Zero: [Bearer]
	Transport  Transport         // of sessions. Zero: in the body, and in a cookie where [Options.Cookie] is on
	Warning    string            // logged when the family is bound, for an option that is unsafe. Empty: none
	Origins    OriginRule        // decides about pages of other origins. Nil: none is served but those of [Options]
}

// Transport says how a family hands out a session.
type Transport int

const (
	InBody       Transport = iota // and in the cookie besides, where [Options.Cookie] is on
	InCookie                      // for a page of the service's own origin, and then not in the body; in the body for everyone else
	NeverCookies                  // whatever the options say
)

// PasswordRule is an outer rule of a family on new passwords. The zero rule holds for every password.
type PasswordRule struct {
	Holds func(password string) bool
	Text  string // for users
}

// Route is one row of a family's table. [On] makes one; its methods return it with something more.
type Route struct {
	Method, Path string // Path may have one parameter that is a whole segment: "{id}", a UUID in its one spelling, or "{name}"
	About        string // what it does, for people

	requires Requirement // zero: anyone
	replies  []Reply     // where this route answers otherwise than its family
	shape    Shape       // zero: the family's
	anywhere bool        // pages of every origin may call it
	acts     bool        // although it is a GET
	instead  Page        // for clients that would rather have one
	in       input
	out      []Kind
	serve    func(*Call) (Answer, error)
}

// On makes a row: decode reads the request, do is the operation, encode makes its result an answer. The operations of
// this package are the core's methods, for every family alike.
func On[In, Out any](method, path string, decode Decoder[In], do func(*Call, In) (Out, error), encode Encoder[Out]) Route {
	read, make, write := decode.read, decode.make, encode.make
	if read == nil || make == nil || do == nil || write == nil {
		return Route{Method: method, Path: path} // New refuses it
	}
	return Route{Method: method, Path: path, in: decode.input, out: encode.kinds, serve: func(c *Call) (Answer, error) {
		bad := read(c)
		if foreign := c.checkOrigin(); foreign != nil { // a page may read what was wrong with its request, too
			return Answer{}, foreign
		}
		if bad != nil {
			return Answer{}, bad
		}
		in, err := make(c)
		if err != nil {
			return Answer{}, err
		}
		out, err := do(c, in)
		if err != nil {
			return Answer{}, err
		}
		return write(c, out), nil
	}}
}

// Is says what the route does, for people.
func (r Route) Is(about string) Route {
	r.About = about
	return r
}

// Asks adds a requirement to the row.
func (r Route) Asks(q Requirement) Route {
	r.requires = q
	return r
}

// Saying adds replies that win over the family's.
func (r Route) Saying(replies ...Reply) Route {
	r.replies = append(r.replies[:len(r.replies):len(r.replies)], replies...)
	return r
}

// Anywhere lets pages of every origin call the route where the request names no parent: the mailed secret, challenge or
// refresh token in it says more about who asks than the page that sends it, and no credential of a browser's own
// counts.
func (r Route) Anywhere() Route {
	r.anywhere = true
	return r
}

// Acts says that a GET changes something: HEAD then does nothing, and no page of another origin may send it unseen.
func (r Route) Acts() Route {
	r.acts = true
	return r
}

// Shaped gives the errors of the row a shape of its own.
func (r Route) Shaped(s Shape) Route {
	r.shape = s
	return r
}

// Requires returns what the row asks of a caller, as docs/ROUTES.md says it. Empty: nothing.
func (r Route) Requires() string { return r.requires.Name }

// ReadsBody reports whether the row reads a body.
func (r Route) ReadsBody() bool { return r.in.body != nil }

// Replies returns what the row answers otherwise than its family.
func (r Route) Replies() []Reply { return slices.Clone(r.replies) }

// check refuses a family that could only fail at a request.
func (f *Family) check() error {
	if f.Name == "" || f.Audience == "" || len(f.Prefixes) == 0 || f.Shape.Body == nil {
		return fmt.Errorf("httpadapter: family %q needs a Name, an Audience, Prefixes and a Shape", f.Name)
	}
	table := newReplies(f.Replies, f.Shape)
	for _, code := range append(tollkeeper.Codes(), Faults()...) {
		if table.find(&tollkeeper.Error{Code: code}, false) == nil {
			return fmt.Errorf("httpadapter: family %s has no reply for %q", f.Name, code)
		}
	}
	for _, prefix := range f.Prefixes {
		if !strings.HasPrefix(prefix, "/") || strings.HasSuffix(prefix, "/") || !isClean(prefix) {
			return fmt.Errorf("httpadapter: family %s: prefix %q must be a clean path that begins with a slash and ends without", f.Name, prefix)
		}
	}
	if f.Closed {
		if f.Home == nil {
			return fmt.Errorf("httpadapter: family %s is closed to all but those at home, and has no Home", f.Name)
		}
		if _, known := f.Home.ID(); !known {
			return fmt.Errorf("httpadapter: family %s is closed to all but those at home: its Home must be known by its id", f.Name)
		}
	}
	if cause, bad := badStatus(f.Replies); bad {
		return fmt.Errorf("httpadapter: family %s replies to %q with a status that is no error", f.Name, cause)
	}
	return f.checkRoutes()
}

// badStatus returns a cause whose reply is no error to a client.
func badStatus(list []Reply) (cause tollkeeper.Code, bad bool) {
	i := slices.IndexFunc(list, func(r Reply) bool { return r.Status < 400 || r.Status > 599 })
	if i < 0 {
		return "", false
	}
	return list[i].Cause, true
}

func (f *Family) checkRoutes() error {
	seen := map[string]bool{}
	for _, r := range f.Routes {
		key := r.Method + " " + r.Path
		if seen[key] {
			return fmt.Errorf("httpadapter: family %s has %q twice", f.Name, key)
		}
		seen[key] = true
		if err := r.check(); err != nil {
			return fmt.Errorf("httpadapter: family %s: %q %w", f.Name, key, err)
		}
		if !f.below(r.Path) {
			return fmt.Errorf("httpadapter: family %s: %q is not below a prefix of the family", f.Name, key)
		}
	}
	return nil
}

// check returns why the row could only fail at a request, or never be reached.
func (r Route) check() error {
	needs := r.requires.Name != "" || r.requires.Optional || r.requires.Header != "" || len(r.requires.Refuses) > 0
	switch {
	case r.serve == nil:
		return errors.New("was not made by On, of a decoder, an operation and an encoder that are all there")
	case r.in.unfit:
		return fmt.Errorf("reads %v, which is no plain struct", r.in.body)
	case r.Method == "" || r.Method == http.MethodHead || r.Method != strings.ToUpper(r.Method):
		return errors.New("has a method that no request comes by: they are in upper case, and HEAD is GET's")
	case !isClean(r.Path):
		return errors.New("is no clean path, and routers lead elsewhere")
	case needs && r.requires.Check == nil:
		return errors.New("asks for something without a Check, and would ask for nothing")
	case slices.ContainsFunc(r.out, func(k Kind) bool { return k.Status < 200 || k.Status > 599 }):
		return errors.New("has an answer of no status")
	}
	if cause, bad := badStatus(r.replies); bad {
		return fmt.Errorf("replies to %q with a status that is no error", cause)
	}
	_, err := newPattern(r.Path)
	return err
}

func (f *Family) below(path string) bool {
	for _, prefix := range f.Prefixes {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			return true
		}
	}
	return false
}
