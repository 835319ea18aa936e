package client_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// seen is what a service was asked, in the words of the document.
type seen struct {
	document document

	mu     sync.Mutex
	done   map[string]bool // "POST /api/auth/sign-in": it succeeded
	fields map[string]bool // "POST /api/auth/sign-in email": it was sent then
	counts map[string]int  // every request, with its status: "POST /api/auth/sign-in 200"
	strays []string        // what the document does not have
}

func newSeen(t *testing.T) *seen {
	return &seen{document: readDocument(t), done: map[string]bool{}, fields: map[string]bool{}, counts: map[string]int{}}
}

// watch notes what next answers.
func (s *seen) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		status := &statusWriter{w, http.StatusOK}
		next.ServeHTTP(status, r)
		s.note(r, body, status.status)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

var (
	parameter = regexp.MustCompile(`\\\{\w+\\\}`)
	uuidText  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
)

func (s *seen) note(r *http.Request, body []byte, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[r.Method+" "+uuidText.ReplaceAllString(r.URL.Path, "{id}")+" "+http.StatusText(status)]++
	name := s.route(r)
	if name == "" {
		s.strays = append(s.strays, r.Method+" "+r.URL.Path)
		return
	}
	if status > 299 {
		return
	}
	s.done[name] = true
	for field := range r.URL.Query() {
		s.fields[name+" "+field] = true
	}
	var sent map[string]json.RawMessage
	if len(body) > 0 && json.Unmarshal(body, &sent) == nil {
		for field := range sent {
			s.fields[name+" "+field] = true
		}
	}
}

// route returns the method and path that the document has for a request; a path without a parameter goes first.
func (s *seen) route(r *http.Request) (found string) {
	for path, methods := range s.document.Paths {
		pattern := "^" + parameter.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$"
		if _, ok := methods[strings.ToLower(r.Method)]; ok && regexp.MustCompile(pattern).MatchString(r.URL.Path) {
			if found == "" || !strings.Contains(path, "{") {
				found = r.Method + " " + path
			}
		}
	}
	return found
}

func (s *seen) count(route string, status int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[route+" "+http.StatusText(status)]
}

// complete fails the test where something of the document was never asked, or something beside it was.
func (s *seen) complete(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stray := range s.strays {
		t.Errorf("the document has no %s", stray)
	}
	for path, methods := range s.document.Paths {
		if strings.Contains(path, "/providers/{name}/") {
			continue // a browser's, by a cookie
		}
		for method, op := range methods {
			name := strings.ToUpper(method) + " " + path
			if !s.done[name] {
				t.Errorf("%s was not called, or never succeeded", name)
			}
			for _, field := range s.expected(op) {
				if !s.fields[name+" "+field] && field != leftOut {
					t.Errorf("%s was never sent %s", name, field)
				}
				delete(s.fields, name+" "+field)
			}
		}
	}
	for field := range s.fields {
		t.Errorf("%s is not in the document", field)
	}
}

// expected are the fields and parameters of an operation's request.
func (s *seen) expected(op operation) (list []string) {
	for _, p := range op.Parameters {
		if p.In == "query" {
			list = append(list, p.Name)
		}
	}
	for _, c := range op.RequestBody.Content {
		for field := range s.document.Components.Schemas[c.Schema.name()].Properties {
			list = append(list, field)
		}
	}
	return list
}
