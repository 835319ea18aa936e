package httpadapter_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
)

// handMade is a router of functions.
type handMade struct {
	handle func(pattern string, h http.Handler)
	serve  http.HandlerFunc
}

func (m handMade) Handle(pattern string, h http.Handler)            { m.handle(pattern, h) }
func (m handMade) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.serve(w, r) }

// around is an [http.ServeMux] with something before each handler or before all.
func around(each func(pattern string, h http.Handler) http.Handler, all func(http.Handler) http.Handler) httpadapter.Mux {
	mux := http.NewServeMux()
	return handMade{
		handle: func(pattern string, h http.Handler) { mux.Handle(pattern, each(pattern, h)) },
		serve:  all(mux).ServeHTTP,
	}
}

func same(_ string, h http.Handler) http.Handler { return h }

func plain(h http.Handler) http.Handler { return h }

// exactMux knows the paths that it was told, and none below them.
func exactMux() httpadapter.Mux {
	paths := map[string]http.Handler{}
	return handMade{
		handle: func(pattern string, h http.Handler) { paths[pattern] = h },
		serve: func(w http.ResponseWriter, r *http.Request) {
			if h := paths[r.URL.Path]; h != nil {
				h.ServeHTTP(w, r)
			}
		},
	}
}

// oneMux leads everything to the handler that it was told last.
func oneMux() httpadapter.Mux {
	var last http.Handler
	return handMade{
		handle: func(_ string, h http.Handler) { last = h },
		serve:  func(w http.ResponseWriter, r *http.Request) { last.ServeHTTP(w, r) },
	}
}

// TestMountRefusesARouter that cannot serve, with an error that names the path or the pattern.
func TestMountRefusesARouter(t *testing.T) {
	w := newWorld(t)
	nobody := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnauthorized) })
	}
	for name, c := range map[string]struct {
		mux  httpadapter.Mux
		want string
	}{
		"exact paths only": {exactMux(), "does not lead /auth/"},
		"prefixes stripped": {around(func(pattern string, h http.Handler) http.Handler {
			return http.StripPrefix(strings.TrimSuffix(pattern, "/"), h)
		}, plain), "does not lead /auth "},
		"a segment stripped":      {around(same, func(h http.Handler) http.Handler { return http.StripPrefix("/service", h) }), "does not lead /auth "},
		"answers all itself":      {around(same, nobody), "does not lead /auth "},
		"answers nothing":         {handMade{func(string, http.Handler) {}, func(http.ResponseWriter, *http.Request) {}}, "does not lead /auth "},
		"everything to the last":  {oneMux(), "does not lead /auth "},
		"another case":            {around(same, lowered), "does not lead /auth/"},
		"panics when told":        {handMade{func(string, http.Handler) { panic("no patterns") }, nil}, `refused "/auth": no patterns`},
		"panics when asked":       {handMade{func(string, http.Handler) {}, func(http.ResponseWriter, *http.Request) { panic("no requests") }}, "panicked when asked for /auth: no requests"},
		"panics by a nil handler": {handMade{handle: func(string, http.Handler) {}}, "panicked when asked for /auth"},
		"has the pattern already": {w.mux, `refused "/auth"`},
	} {
		err := httpadapter.Mount(c.mux, w.Auth, httpadapter.Options{}, organization.API{}, v1.API{}, platform.API{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := httpadapter.Mount(http.NewServeMux(), w.Auth, httpadapter.Options{}, organization.API{}, organization.API{}); err == nil || !strings.Contains(err.Error(), `refused "/auth"`) {
		t.Errorf("a family twice: %v", err)
	}
}

// lowered writes every path in lower case.
func lowered(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.ToLower(r.URL.Path)
		h.ServeHTTP(w, r)
	})
}

// TestMountTakesARouter of a host's own, whatever it does to the requests besides; the questions reach no family.
func TestMountTakesARouter(t *testing.T) {
	w := newWorld(t)
	seen := 0
	mux := around(same, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			seen++
			rw.Header().Set("X-Host", "ours")
			h.ServeHTTP(rw, r.WithContext(r.Context()))
		})
	})
	if err := httpadapter.Mount(mux, w.Auth, httpadapter.Options{}, organization.API{}, v1.API{}); err != nil {
		t.Fatal(err)
	}
	if seen != 9 { // three questions for each prefix
		t.Errorf("the middleware saw %d questions", seen)
	}
	w.mux = http.NewServeMux()
	w.mux.Handle("/", mux)
	if a := w.do("GET /authentiq/v1/heartbeat", ""); a.status != 200 || a.header.Get("X-Host") != "ours" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.do("GET /auth", ""); a.status != 404 || a.field("error.code") != "NOT_FOUND" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestFamilyThatIsMountedElsewhere says so once in the log, since every request is a 404.
func TestFamilyThatIsMountedElsewhere(t *testing.T) {
	w := newWorld(t)
	h, err := httpadapter.Handler(w.Auth, v1.API{}, httpadapter.Options{Logger: slog.New(slog.NewTextHandler(w, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/authentiq/v1/nothing": 0, "/x/authentiq/v1/heartbeat": 1, "/x/authentiq/v1/user/login": 1} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, w.request("GET", path, "", nil))
		if got := strings.Count(w.logged(), "below no prefix"); rec.Code != 404 || got < want || got > 1 {
			t.Errorf("%s: %d, said %d times", path, rec.Code, got)
		}
	}
	if strings.Contains(w.logged(), "heartbeat") {
		t.Error("the path is in the log")
	}
}
