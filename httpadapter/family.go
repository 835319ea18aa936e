package httpadapter

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/tollkeeper/tollkeeper"
)

// family is one documented API as data. A fourth one is a value of this type and a constructor that hands it to
// handler: one new file.
type family struct {
	name     string
	audience tollkeeper.Audience // of the tokens it gives and takes
	prefixes []string            // below these everything is the family's to answer
	routes   []route
	replies  []reply // one for every code of tollkeeper.Codes and every fault of this package
	shape    shape   // of its errors

	home       *tollkeeper.Scope                 // where requests that name no parent look; nil: they are refused
	closed     bool                              // takes tokens of accounts at home only
	password   passwordRule                      // on new passwords, besides the core's policy
	credential func(http.Header) (string, error) // reads the token of a request
	carriers   []string                          // headers that credential reads; where there is one, no cookie counts
	origins    func(*call) error                 // decides about browsers of other origins; nil: they get no CORS headers
	byKey      keyHolder                         // what a parent's public key shows; nil: nothing
}

// keyHolder returns what a parent's public key shows of its organization.
type keyHolder func(*tollkeeper.Authenticator, context.Context, string) (tollkeeper.OrganizationDetails, error)

// shape encodes an error. Families without codes ignore code.
type shape func(code, message string) []byte

// route is one row of a family's table.
type route struct {
	method, path string      // the last segment of path may be "{id}": an account's or session's UUID in its one spelling
	requires     requirement // zero: anyone
	replies      []reply     // where this route answers otherwise than its family
	shape        shape       // nil: the family's
	anywhere     bool        // pages of every origin may read the answer
	serve        func(*call) (answer, error)
}

// answer is what an encoder makes. The zero status means 200.
type answer struct {
	status int
	body   any  // for encoding/json
	page   page // instead of a body
}

// on makes a row: decode reads the request, do is the operation, encode writes its result.
func on[In, Out any](method, path string, decode func(*call) (In, error), do func(*call, In) (Out, error), encode func(*call, Out) answer) route {
	return route{method: method, path: path, serve: func(c *call) (answer, error) {
		in, err := decode(c)
		if foreign := c.checkOrigin(); foreign != nil { // a page may read what was wrong with its request, too
			return answer{}, foreign
		}
		if err != nil {
			return answer{}, err
		}
		out, err := do(c, in)
		if err != nil {
			return answer{}, err
		}
		return encode(c, out), nil
	}}
}

// asks adds a requirement to the row.
func (r route) asks(q requirement) route {
	r.requires = q
	return r
}

// saying adds replies that win over the family's.
func (r route) saying(replies ...reply) route {
	r.replies = append(r.replies[:len(r.replies):len(r.replies)], replies...)
	return r
}

// readable lets pages of every origin read the answer where the request names no parent: the mailed secret, challenge
// or refresh token in it says more about who asks than the page that sends it, and no credential of a browser's own
// counts.
func (r route) readable() route {
	r.anywhere = true
	return r
}

// shaped gives the errors of the row a shape of its own.
func (r route) shaped(s shape) route {
	r.shape = s
	return r
}

// check refuses a family that could only fail at a request.
func (f family) check() error {
	table := newTable(f.replies, f.shape)
	for _, code := range append(tollkeeper.Codes(), faults()...) {
		if table.find(&tollkeeper.Error{Code: code}, false) == nil {
			return fmt.Errorf("httpadapter: family %s has no reply for %q", f.name, code)
		}
	}
	seen := map[string]bool{}
	for _, r := range f.routes {
		key := r.method + " " + r.path
		if seen[key] {
			return fmt.Errorf("httpadapter: family %s has %q twice", f.name, key)
		}
		if i := strings.Index(r.path, "{"); i >= 0 && r.path[i:] != idSegment {
			return fmt.Errorf("httpadapter: family %s: %q has a parameter that is not a last %s", f.name, key, idSegment)
		}
		seen[key] = true
	}
	return nil
}
