package contract_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
)

// standIn has the routes of a document, each of which returns its own name: so that a test sees which one was reached.
type standIn struct {
	name string
	doc  *openapi3.T
}

// Family returns the table.
func (s standIn) Family() (family.Family, error) {
	f := family.Family{Name: s.name, Audience: "stand-in", Replies: family.Problems, Shape: family.Problem, Prefixes: prefixes(s.doc)}
	nothing := func(*family.Call, family.None) (family.None, error) { return family.None{}, nil }
	for path, item := range s.doc.Paths.Map() {
		for method := range item.Operations() {
			f.Routes = append(f.Routes, family.On(method, path, family.Nothing(), nothing, family.Constant[family.None](200, method+" "+path)))
		}
	}
	return f, nil
}

// prefixes are the whole segments that all paths of a document begin with, else the first ones of each.
func prefixes(doc *openapi3.T) []string {
	firsts := map[string]bool{}
	var shared []string
	for i, path := range doc.Paths.InMatchingOrder() {
		segments := strings.Split(path, "/")
		firsts["/"+segments[1]] = true
		if i == 0 {
			shared = segments[:len(segments)-1]
		}
		for !slices.Equal(shared, segments[:min(len(shared), len(segments))]) {
			shared = shared[:len(shared)-1]
		}
	}
	if len(shared) > 1 {
		return []string{strings.Join(shared, "/")}
	}
	return slices.Sorted(maps.Keys(firsts))
}

// chiRouters are ways to have chi serve what mount puts on a router, and below which path.
var chiRouters = map[string]struct {
	below string
	make  func(t *testing.T, mount func(httpadapter.Mux)) http.Handler
}{
	"a router": {"", func(_ *testing.T, mount func(httpadapter.Mux)) http.Handler {
		r := chi.NewRouter()
		mount(r)
		return r
	}},
	"with middleware": {"", func(_ *testing.T, mount func(httpadapter.Mux)) http.Handler {
		r := chi.NewRouter()
		r.Use(middleware.RequestID, middleware.Recoverer, middleware.NoCache, marked)
		mount(r)
		return r
	}},
	"in a group": {"", func(_ *testing.T, mount func(httpadapter.Mux)) http.Handler {
		r := chi.NewRouter()
		r.Group(func(r chi.Router) {
			r.Use(marked)
			mount(r)
		})
		return r
	}},
	"in a sub-router": {"", func(_ *testing.T, mount func(httpadapter.Mux)) http.Handler {
		r := chi.NewRouter()
		r.Route("/", func(r chi.Router) {
			r.Use(marked)
			mount(r)
		})
		return r
	}},
	"below a path": {"/service", func(_ *testing.T, mount func(httpadapter.Mux)) http.Handler {
		r, below := chi.NewRouter(), chi.NewRouter()
		mount(below)
		r.Mount("/service", http.StripPrefix("/service", below))
		return r
	}},
	"beside a host's own": {"", func(t *testing.T, mount func(httpadapter.Mux)) http.Handler {
		r := chi.NewRouter()
		r.Get("/", named("home"))
		r.NotFound(func(w http.ResponseWriter, _ *http.Request) { t.Error("the host's 404 was asked") })
		r.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) { t.Error("the host's 405 was asked") })
		r.Get("/reports/{id}", named("reports"))
		mount(r)
		r.Get("/authors", named("authors"))
		return r
	}},
}

func marked(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Marked", "yes")
		h.ServeHTTP(w, r)
	})
}

func named(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(name)) }
}

func send(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Method = method
	h.ServeHTTP(w, r)
	return w
}

// TestEveryRouteIsReachedThroughChi: each operation of each document by its methods, and by all others the family's 405.
func TestEveryRouteIsReachedThroughChi(t *testing.T) {
	auth := authtest.New(t).Auth
	docs := documents(t)
	var apis []httpadapter.API
	for name, d := range docs {
		apis = append(apis, standIn{name, d.open})
	}
	for way, router := range chiRouters {
		t.Run(way, func(t *testing.T) {
			h := router.make(t, func(mux httpadapter.Mux) {
				if err := httpadapter.Mount(mux, auth, httpadapter.Options{}, apis...); err != nil {
					t.Fatal(err)
				}
			})
			for _, d := range docs {
				for path, item := range d.open.Paths.Map() {
					reachAll(t, h, router.below, path, item)
				}
				for _, prefix := range prefixes(d.open) {
					for _, stray := range []string{"", "/", "/nothing", "/nothing/at/all"} {
						if w := send(h, "GET", router.below+prefix+stray); w.Code != 404 || w.Header().Get("Content-Type") != family.Problem.Type {
							t.Errorf("%s: %d %s", prefix+stray, w.Code, w.Body)
						}
					}
				}
			}
		})
	}
}

// reachAll sends every method that chi knows to one path.
func reachAll(t *testing.T, h http.Handler, below, path string, item *openapi3.PathItem) {
	t.Helper()
	target := below + strings.NewReplacer("{id}", samples["id"], "{name}", "google").Replace(path)
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"} {
		w := send(h, method, target)
		served := method
		if method == "HEAD" {
			served = "GET"
		}
		switch {
		case item.GetOperation(served) == nil:
			if w.Code != 405 || w.Header().Get("Allow") == "" || method != "HEAD" && w.Header().Get("Content-Type") != family.Problem.Type {
				t.Errorf("%s %s: %d %s", method, target, w.Code, w.Body)
			}
		case method == "HEAD":
			if w.Code != 200 || w.Body.Len() > 0 {
				t.Errorf("%s %s: %d %s", method, target, w.Code, w.Body)
			}
		case w.Code != 200 || w.Body.String() != `"`+method+" "+path+"\"\n":
			t.Errorf("%s %s: %d %s", method, target, w.Code, w.Body)
		}
	}
}

// TestSignInThroughChi: the documented families beside a host's routes, which take the sessions that they give.
func TestSignInThroughChi(t *testing.T) {
	kit := authtest.New(t)
	parent := kit.Parent()
	r := chi.NewRouter()
	r.Use(middleware.Recoverer, marked)
	r.Get("/health", named("well"))
	r.Route("/", func(r chi.Router) {
		if err := httpadapter.Mount(r, kit.Auth, httpadapter.Options{OpenAPI: true}, organization.API{}, v1.API{}, platform.API{}); err != nil {
			t.Fatal(err)
		}
		r.Get("/auth/pages/{page}", named("a page"))
	})
	r.With(httpadapter.RequireAuth(kit.Auth, httpadapter.Accept("organization"))).Get("/reports/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		_, _ = w.Write([]byte(chi.URLParam(r, "id") + " for " + id.Email))
	})
	body := `{"email":"` + parent.Email + `","password":"` + authtest.Password + `"}`
	in := httptest.NewRecorder()
	r.ServeHTTP(in, httptest.NewRequest("POST", "/auth/signin", strings.NewReader(body)))
	_, rest, _ := strings.Cut(in.Body.String(), `"token":"`)
	token, _, ok := strings.Cut(rest, `"`)
	if in.Code != 200 || !ok || in.Header().Get("X-Marked") != "yes" {
		t.Fatalf("%d %s", in.Code, in.Body)
	}
	ask := httptest.NewRequest("GET", "/reports/7", http.NoBody)
	ask.Header.Set("Authorization", "Bearer "+token)
	got := httptest.NewRecorder()
	if r.ServeHTTP(got, ask); got.Code != 200 || got.Body.String() != "7 for "+parent.Email {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	for path, want := range map[string]string{"/health": "well", "/auth/pages/login": "a page", "/authentiq/v1/heartbeat": "up and running", "/api/user/openapi.json": `"openapi":"3.1.0"`} {
		if w := send(r, "GET", path); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := send(r, "GET", "/reports/7"); w.Code != 401 {
		t.Errorf("nobody's reports: %d %s", w.Code, w.Body)
	}
}

// TestChiIsRefused where it would not lead to the families.
func TestChiIsRefused(t *testing.T) {
	auth := authtest.New(t).Auth
	for name, c := range map[string]struct {
		router func() chi.Router
		want   string
	}{
		"a prefix that is taken": {func() chi.Router {
			r := chi.NewRouter()
			r.Mount("/auth", named("ours"))
			return r
		}, `refused "/auth"`},
		"a middleware that answers all": {func() chi.Router {
			r := chi.NewRouter()
			r.Use(func(http.Handler) http.Handler { return named("closed") })
			return r
		}, "does not lead /auth "},
		"a middleware that strips": {func() chi.Router {
			r := chi.NewRouter()
			r.Use(func(h http.Handler) http.Handler { return http.StripPrefix("/auth", h) })
			return r
		}, "does not lead /auth "},
	} {
		err := httpadapter.Mount(c.router(), auth, httpadapter.Options{}, organization.API{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
