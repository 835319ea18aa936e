package family

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"sync"

	"github.com/tollkeeper/tollkeeper"
)

// Answer is what an encoder makes of a result.
type Answer struct {
	Status   int    // zero: 200
	Body     any    // for encoding/json. Nil: none
	Page     Page   // instead of a body
	Location string // of what was made; empty: none
}

// Encoder makes answers of results. [JSON], [Constant], [Empty] and [Choice] make one.
type Encoder[Out any] struct {
	make  func(*Call, Out) Answer
	kinds []Kind
}

// Kind is an answer that a route may give, for documents.
type Kind struct {
	Status int
	body   reflect.Type // nil: none
	page   bool
}

// Of returns the kind of answers with that status and a body of type B.
func Of[B any](status int) Kind { return Kind{Status: status, body: reflect.TypeFor[B]()} }

// OfNothing returns the kind of answers with that status and no body.
func OfNothing(status int) Kind { return Kind{Status: status} }

// JSON makes a 200 with a body.
func JSON[Out, B any](convert func(*Call, Out) B) Encoder[Out] { return Status(http.StatusOK, convert) }

// Status is JSON with another status.
func Status[Out, B any](status int, convert func(*Call, Out) B) Encoder[Out] {
	if convert == nil {
		return Encoder[Out]{}
	}
	return Encoder[Out]{
		make:  func(c *Call, out Out) Answer { return Answer{Status: status, Body: convert(c, out)} },
		kinds: []Kind{Of[B](status)},
	}
}

// Constant makes the same answer of every result.
func Constant[Out, B any](status int, body B) Encoder[Out] {
	a := Answer{Status: status, Body: body}
	return Encoder[Out]{make: func(*Call, Out) Answer { return a }, kinds: []Kind{Of[B](status)}}
}

// Empty makes a 204.
func Empty[Out any]() Encoder[Out] {
	a := Answer{Status: http.StatusNoContent}
	return Encoder[Out]{make: func(*Call, Out) Answer { return a }, kinds: []Kind{OfNothing(a.Status)}}
}

// Choice makes answers of several kinds; it names them all.
func Choice[Out any](convert func(*Call, Out) Answer, kinds ...Kind) Encoder[Out] {
	return Encoder[Out]{make: convert, kinds: kinds}
}

// Header values that every answer shares. Nobody writes to them: net/http reads, and middleware replaces.
var (
	noStore     = []string{"no-store"}
	noSniff     = []string{"nosniff"}
	noReferrer  = []string{"no-referrer"}
	jsonType    = []string{"application/json; charset=utf-8"}
	htmlType    = []string{"text/html; charset=utf-8"}
	byOrigin    = []string{"Origin"}
	bearerWords = []string{"Bearer"}
	closing     = []string{"close"}
)

// write sends status and body with the headers of every answer (docs/WIRE.md section 0, R68, R69).
func write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = noReferrer
	if body != nil && h["Content-Type"] == nil {
		h["Content-Type"] = jsonType
	}
	w.WriteHeader(status)
	if body != nil && r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that went away is told nothing
	}
}

// sheet is what an answer is written on before it is sent.
type sheet struct {
	bytes.Buffer
	*json.Encoder
}

var sheets = sync.Pool{New: func() any {
	s := &sheet{}
	s.Encoder = json.NewEncoder(&s.Buffer)
	return s
}}

// largeSheet is what is not kept for the next answer.
const largeSheet = 64 << 10

// free wipes it: there may be a token.
func (s *sheet) free() {
	clear(s.Bytes())
	s.Reset()
	if s.Cap() <= largeSheet {
		sheets.Put(s)
	}
}

// encode writes the JSON of a body. It ends with a newline, so that a terminal and a log have a line for each answer.
func encode(body any) (*sheet, error) {
	s := sheets.Get().(*sheet)
	if err := s.Encode(body); err != nil {
		s.free()
		return nil, err
	}
	return s, nil
}

func (c *Call) answer(a Answer) error {
	h := c.w.Header()
	if a.Page.html != nil {
		h["Content-Security-Policy"], h["Content-Type"] = a.Page.policy, htmlType
		write(c.w, c.Request, http.StatusOK, a.Page.html)
		return nil
	}
	var body []byte
	if a.Body != nil {
		s, err := encode(a.Body)
		if err != nil {
			return tollkeeper.ErrInternal.WithCause(err)
		}
		defer s.free()
		body = s.Bytes()
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Location != "" {
		h["Location"] = []string{a.Location}
	}
	if c.cookie != nil {
		http.SetCookie(c.w, c.cookie)
	}
	for _, cookie := range c.others {
		http.SetCookie(c.w, cookie)
	}
	write(c.w, c.Request, a.Status, body)
	return nil
}
