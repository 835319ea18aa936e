package httpadapter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
)

// call is one request on its way through a family.
type call struct {
	*mounted
	w         http.ResponseWriter
	r         *http.Request
	endpoint  *endpoint            // nil until the route is known
	id        *tollkeeper.Identity // nil: nobody has proved who they are
	named     *tollkeeper.Scope    // where the request says to look; nil: it does not say
	parentKey string               // the parent's public key that the request names; empty: none
	target    uuid.UUID            // that the path ends in
	ambient   bool                 // the credential is a cookie, which a browser adds by itself
	remember  bool                 // the request asks for a cookie that outlives the browser
	cookie    *http.Cookie         // to be set with a good answer
}

func (c *call) ctx() context.Context { return c.r.Context() }

// client tells the core who is on the line (R23).
func (c *call) client() tollkeeper.Client {
	return tollkeeper.Client{Addr: clientaddr.FromRequest(c.r, c.trusted), Agent: c.r.UserAgent()}
}

// newPassword holds the outer rule of the family against a password that is being chosen.
func (c *call) newPassword(p string) error {
	if rule := c.family.password; rule.holds != nil && !rule.holds(p) {
		return &tollkeeper.Error{Code: tollkeeper.ErrWeakPassword.Code, Field: "password", Message: rule.text}
	}
	return nil
}

// Header values that every answer shares. Nobody writes to them: net/http reads, and middleware replaces.
var (
	noStore     = []string{"no-store"}
	noSniff     = []string{"nosniff"}
	noReferrer  = []string{"no-referrer"}
	jsonType    = []string{"application/json; charset=utf-8"}
	htmlType    = []string{"text/html; charset=utf-8"}
	bearerWords = []string{"Bearer"}
	closing     = []string{"close"}
)

// write sends status and body with the headers of every answer (docs/WIRE.md section 0, R68, R69).
func (c *call) write(status int, body []byte) {
	h := c.w.Header()
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = noReferrer
	if body != nil && h["Content-Type"] == nil {
		h["Content-Type"] = jsonType
	}
	c.w.WriteHeader(status)
	if body != nil {
		_, _ = c.w.Write(body) // a client that went away is told nothing
	}
}

func (c *call) answer(a answer) error {
	if a.page.html != nil {
		h := c.w.Header()
		h["Content-Security-Policy"], h["Content-Type"] = a.page.policy, htmlType
		c.write(http.StatusOK, a.page.html)
		return nil
	}
	body, err := json.Marshal(a.body)
	if err != nil {
		return &tollkeeper.Error{Code: tollkeeper.ErrInternal.Code, Err: err}
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if c.cookie != nil {
		http.SetCookie(c.w, c.cookie)
	}
	c.write(a.status, body)
	return nil
}

// fail returns an error from the tables. What stands in none of them is the family's 500 (R70).
func (c *call) fail(err error) {
	known, ok := errors.AsType[*tollkeeper.Error](err)
	if !ok {
		known = tollkeeper.ErrInternal
	}
	e := c.reply(known)
	if e == nil {
		known = tollkeeper.ErrInternal
		e = c.reply(known)
	}
	h := c.w.Header()
	switch {
	case e.status >= 500:
		c.report(e.status, err)
	case e.status == http.StatusUnauthorized:
		h["Www-Authenticate"] = bearerWords
	case e.status == http.StatusRequestEntityTooLarge:
		h["Connection"] = closing // or net/http would wait for the rest of the body before it answers
	}
	if known.RetryAfter > 0 || e.status == http.StatusTooManyRequests || e.status == http.StatusServiceUnavailable {
		h["Retry-After"] = []string{strconv.FormatInt(seconds(known.RetryAfter), 10)}
	}
	c.write(e.status, e.text(known))
}

// reply looks in the route's table, then in the family's.
func (c *call) reply(err *tollkeeper.Error) *encoded {
	child := c.parentKey != ""
	if c.endpoint == nil {
		return c.replies.find(err, child)
	}
	if e := c.endpoint.replies.find(err, child); e != nil {
		return e
	}
	return c.endpoint.family.find(err, child)
}

// seconds rounds up, to at least one.
func seconds(d time.Duration) int64 {
	return max(1, int64(math.Ceil(d.Seconds())))
}

// report logs what the answer does not show, under the id that it does show.
func (c *call) report(status int, err error) {
	id := rand.Text()
	c.w.Header()["X-Request-Id"] = []string{id}
	cause := err
	if known, ok := errors.AsType[*tollkeeper.Error](err); ok && known.Err != nil {
		cause = fmt.Errorf("%s: %w", known.Code, known.Err)
	}
	level := slog.LevelWarn // a busy or absent store is the weather
	switch {
	case c.ctx().Err() != nil: // the client went away: nobody's fault
		level = slog.LevelDebug
	case status == http.StatusInternalServerError:
		level = slog.LevelError
	}
	c.log.Log(c.ctx(), level, "httpadapter: request failed", "request_id", id, "family", c.family.name,
		"route", c.routeName(), "status", status, "error", cause.Error())
}

// routeName is the row of the table, never the path or query as they were sent.
func (c *call) routeName() string {
	if c.endpoint == nil {
		return "none"
	}
	return c.endpoint.method + " " + c.endpoint.path
}

func (c *call) crashed(p any, stack []byte) {
	c.fail(&tollkeeper.Error{Code: tollkeeper.ErrInternal.Code, Err: fmt.Errorf("panic: %v\n%s", p, stack)})
}
