package httpadapter_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/app"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// password is one that every policy accepts; another is a second one.
const (
	password = "Tr0ub4dor&3x!"
	another  = "Vexing.Quartz9"
)

// world is all families over a Kit, with a log.
type world struct {
	*authtest.Kit
	t     testing.TB
	mux   *http.ServeMux
	house tollkeeper.Account
	kept  store.Store

	mu    sync.Mutex
	peers int
	log   strings.Builder
}

// options are all that a world is mounted with.
type options struct {
	httpadapter.Options
	Organization organization.API
	V1           v1.API
	Platform     platform.API
	App          app.API

	noPasskeys bool
}

func (o *options) families() []httpadapter.API {
	return []httpadapter.API{o.Organization, o.V1, o.Platform, o.App}
}

// set changes what a world is made of.
type set func(*tollkeeper.Config, *options, *store.Store)

var fixedKey = tollkeeper.MasterKey("golden files are the same each time, because this key is, too")

func newWorld(t testing.TB, sets ...set) *world {
	t.Helper()
	w := &world{t: t}
	logger := slog.New(slog.NewTextHandler(w, nil))
	start := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	var kept store.Store = memory.New()
	c := tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{fixedKey}, BaseURL: "https://auth.example", Now: func() time.Time { return start }, Logger: logger,
		Credits:   &tollkeeper.Credits{Prices: map[tollkeeper.Operation]int64{"unit": 1}},
		Passwords: tollkeeper.Passwords{Hash: tollkeeper.Hash{Memory: 8, Time: 1, Threads: 1, UnsafeForTests: true}},
	}
	o := options{Options: httpadapter.Options{Logger: logger}}
	for _, s := range sets {
		s(&c, &o, &kept)
	}
	w.kept = kept
	w.Kit = authtest.New(t, authtest.WithStore(kept), authtest.WithIssuer(), authtest.WithConfig(func(made *tollkeeper.Config) {
		if !o.noPasskeys {
			c.Passkeys = made.Passkeys
		}
		*made = c
	}))
	admin, err := w.Auth.Host().Bootstrap(t.Context(), tollkeeper.BootstrapRequest{Email: "admin@house.example", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.Auth.Host().Account(t.Context(), admin.Parent)
	if err != nil {
		t.Fatal(err)
	}
	w.house = s.Account
	w.mux = http.NewServeMux()
	if err := httpadapter.Mount(w.mux, w.Auth, o.Options, o.families()...); err != nil {
		t.Fatal(err)
	}
	return w
}

// Write keeps the log.
func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(b)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

var (
	linkToken = regexp.MustCompile(`[?&]token=([A-Za-z0-9_-]+)`)
	sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)
)

// mailed returns what the n-th mail of that kind to the address carries.
func (w *world) mailed(to string, kind tollkeeper.MailKind, n int, what *regexp.Regexp) string {
	w.t.Helper()
	mails := w.Mails(to, kind)
	if len(mails) < n {
		w.t.Fatalf("no mail %d of kind %s to %s", n, kind, to)
	}
	found := what.FindStringSubmatch(string(mails[n-1].Text))
	return found[len(found)-1]
}

// answer is a response, read whole.
type answer struct {
	status int
	header http.Header
	body   string
}

// field returns the text at a dotted path of the JSON body.
func (a answer) field(path string) string {
	var v any
	if json.Unmarshal([]byte(a.body), &v) != nil {
		return ""
	}
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// headers is "Name: value" lines.
type headers []string

// request makes a request from a network that was never seen, unless a header "Peer" names one.
func (w *world) request(method, target, body string, h headers) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	w.mu.Lock()
	w.peers++
	r.RemoteAddr = "10." + strconv.Itoa(w.peers>>16) + "." + strconv.Itoa(w.peers>>8&255) + "." + strconv.Itoa(w.peers&255) + ":4711"
	w.mu.Unlock()
	fresh := map[string]bool{}
	for _, line := range h {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Peer" {
			r.RemoteAddr = value
			continue
		}
		if !fresh[name] {
			r.Header.Del(name)
			fresh[name] = true
		}
		r.Header.Add(name, value)
	}
	return r
}

// do sends "METHOD /path" with a body and headers.
func (w *world) do(route, body string, h ...string) answer {
	w.t.Helper()
	method, target, _ := strings.Cut(route, " ")
	return w.serve(w.request(method, target, body, h))
}

func (w *world) serve(r *http.Request) answer {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	res := rec.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, w.line(r, res.Header, string(body))}
}

// line returns a body in JSON without the newline that every one of them ends with.
func (w *world) line(r *http.Request, h http.Header, body string) string {
	w.t.Helper()
	if body == "" || !strings.Contains(h.Get("Content-Type"), "json") {
		return body
	}
	text, ended := strings.CutSuffix(body, "\n")
	if !ended || strings.HasSuffix(text, "\n") {
		w.t.Errorf("%s %s: the body does not end with one newline: %q", r.Method, r.URL.Path, body)
	}
	return text
}

// must is do for a step that has to succeed.
func (w *world) must(route, body string, h ...string) answer {
	w.t.Helper()
	a := w.do(route, body, h...)
	if a.status/100 != 2 {
		w.t.Fatalf("%s %s: %d %s", route, body, a.status, a.body)
	}
	return a
}

func bearerOf(token string) string { return "Authorization: Bearer " + token }
