package family

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// Call is one request on its way through a family. It is used by one goroutine and never afterwards.
type Call struct {
	*mounted
	Request *http.Request

	w        http.ResponseWriter
	endpoint *endpoint            // nil until the route is known
	id       *tollkeeper.Identity // nil: nobody has proved who they are
	place    Place                // where the request says to look
	target   uuid.UUID            // that stands for {id} in the path
	name     string               // that stands for {name}
	body     any                  // decoded
	empty    bool                 // there was none
	page     pageKind             // of the page that sent the request
	ambient  bool                 // the credential is a cookie, which a browser adds by itself
	remember bool                 // the request asks for a cookie that outlives the browser
	cookie   *http.Cookie         // to be set with a good answer
	others   []*http.Cookie       // besides that of the session
}

// Context returns that of the request.
func (c *Call) Context() context.Context { return c.Request.Context() }

// Auth returns what the family is bound to.
func (c *Call) Auth() *tollkeeper.Authenticator { return c.auth }

// Audience returns that of the family's tokens.
func (c *Call) Audience() tollkeeper.Audience { return c.family.Audience }

// Identity returns who is signed in; nil: the route asks for nobody, or nobody is.
func (c *Call) Identity() *tollkeeper.Identity { return c.id }

// caller is the Identity, or one of nobody, whom the core refuses.
func (c *Call) caller() *tollkeeper.Identity {
	if c.id == nil {
		return &tollkeeper.Identity{}
	}
	return c.id
}

// Target returns the id in the path; zero: the path has none.
func (c *Call) Target() uuid.UUID { return c.target }

// Name returns what stands for {name} in the path.
func (c *Call) Name() string { return c.name }

// NoBody reports whether the request came without one.
func (c *Call) NoBody() bool { return c.empty }

// Look says where the request looks, instead of at the family's home.
func (c *Call) Look(p Place) { c.place = p }

// ParentKey returns the public key that the request names a parent by. Empty: none.
func (c *Call) ParentKey() string { return c.place.Key }

// Client tells the core who is on the line (R23).
func (c *Call) Client() tollkeeper.Client {
	client := ClientOf(c.Request, c.trusted...)
	client.Foreign = c.page == foreignPage
	return client
}

// Locate says where a request looks: where it names, else at the family's home.
func (c *Call) Locate(where *tollkeeper.Scope) error {
	switch {
	case c.place.Scope != nil:
		*where = *c.place.Scope
	case c.family.Home != nil:
		*where = *c.family.Home
	default:
		return tollkeeper.ErrParentKeyNeeded
	}
	return nil
}

// NewPassword holds the outer rule of the family against a password that is being chosen.
func (c *Call) NewPassword(p string) error {
	if rule := c.family.Password; rule.Holds != nil && !rule.Holds(p) {
		return tollkeeper.ErrWeakPassword.WithMessage(rule.Text)
	}
	return nil
}

// InCookie reports whether this answer carries its session in the cookie and nowhere else.
func (c *Call) InCookie() bool { return c.family.Transport == InCookie && c.cookie != nil }

// SetCookie sets a cookie with the answer, unless that is an error. That of the session is set by the operations.
func (c *Call) SetCookie(cookie *http.Cookie) { c.others = append(c.others, cookie) }

// fail returns an error from the tables. What stands in none of them is the family's 500 (R70).
func (c *Call) fail(err error) {
	known, ok := errors.AsType[*tollkeeper.Error](err)
	if !ok {
		known = tollkeeper.ErrInternal
	}
	e := c.reply(known)
	if e == nil {
		known = tollkeeper.ErrInternal
		e = c.reply(known)
	}
	if e.Status >= 500 {
		c.report(e.Status, err)
	}
	e.send(c.w, c.Request, known)
}

// send writes a reply with what its status wants in headers.
func (e *shaped) send(w http.ResponseWriter, r *http.Request, err *tollkeeper.Error) {
	h := w.Header()
	switch e.Status {
	case http.StatusUnauthorized:
		h["Www-Authenticate"] = bearerWords
	case http.StatusRequestEntityTooLarge:
		h["Connection"] = closing // or net/http would wait for the rest of the body before it answers
	}
	if waits(e.Status, err) {
		h["Retry-After"] = []string{strconv.FormatInt(seconds(err.RetryAfter), 10)}
	}
	f := Failure{Status: e.Status, Code: e.Code, Message: e.Message, Cause: err}
	if f.Message == "" {
		f.Message = err.Error()
	}
	if e.shape.Words != nil {
		lang := ""
		f, lang = e.shape.Words(r.Header["Accept-Language"], f)
		h.Add("Vary", "Accept-Language")
		if lang != "" {
			h["Content-Language"] = []string{lang}
		}
	}
	body := []byte("{}\n") // of a shape that cannot be encoded, which its family's tests find
	if s, err := encode(e.shape.Body(f)); err == nil {
		defer s.free()
		body = s.Bytes()
	}
	h["Content-Type"] = jsonType
	if e.shape.Type != "" {
		h["Content-Type"] = []string{e.shape.Type}
	}
	write(w, r, e.Status, body)
}

// waits reports whether the answer says when to try again.
func waits(status int, err *tollkeeper.Error) bool {
	return err.RetryAfter > 0 || status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// seconds rounds up, to at least one.
func seconds(d time.Duration) int64 { return max(1, int64(math.Ceil(d.Seconds()))) }

// reply looks in the route's table, then in the family's.
func (c *Call) reply(err *tollkeeper.Error) *shaped {
	child := c.place.Key != ""
	if c.endpoint == nil {
		return c.replies.find(err, child)
	}
	if e := c.endpoint.replies.find(err, child); e != nil {
		return e
	}
	return c.endpoint.family.find(err, child)
}

// report logs what the answer does not show, under the id that it does show.
func (c *Call) report(status int, err error) {
	id := rand.Text()
	c.w.Header()["X-Request-Id"] = []string{id}
	cause := err
	if known, ok := errors.AsType[*tollkeeper.Error](err); ok && known.Err != nil {
		cause = fmt.Errorf("%s: %w", known.Code, known.Err)
	}
	level := slog.LevelWarn // a busy or absent store is the weather
	switch {
	case c.Context().Err() != nil: // the client went away: nobody's fault
		level = slog.LevelDebug
	case status == http.StatusInternalServerError:
		level = slog.LevelError
	}
	c.log.Log(c.Context(), level, "httpadapter: request failed", "request_id", id, "family", c.family.Name,
		"route", c.routeName(), "status", status, "error", cause.Error())
}

// routeName is the row of the table, never the path or query as they were sent.
func (c *Call) routeName() string {
	if c.endpoint == nil {
		return "none"
	}
	return c.endpoint.Method + " " + c.endpoint.Path
}

func (c *Call) crashed(p any, stack []byte) {
	c.fail(tollkeeper.ErrInternal.WithCause(fmt.Errorf("panic: %v\n%s", p, stack)))
}
