package httpadapter_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store"
)

// discard is a ResponseWriter that keeps nothing but its header.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// send serves one request after the other.
func send(b *testing.B, h http.Handler, method, path, body string, header http.Header) {
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header = header
		h.ServeHTTP(&discard{http.Header{}}, r)
	}
}

// unlimited lets benchmarks sign in as often as they like.
func unlimited(c *tollkeeper.Config, _ *options, _ *store.Store) {
	c.Limits.SignIn = map[tollkeeper.Audience][]tollkeeper.Limit{tollkeeper.AudienceOrganization: {}, tollkeeper.AudienceV1: {}}
	c.Credits = nil
}

// BenchmarkSignIn is a sign-in through the adapter, the same without HTTP, and a mux with JSON alone: the first less
// the second is what the adapter costs.
func BenchmarkSignIn(b *testing.B) {
	w := newWorld(b, unlimited)
	in := object("email", "admin@house.example", "password", password)
	header := http.Header{"Content-Type": {"application/json"}}
	b.Run("adapter", func(b *testing.B) { send(b, w.mux, "POST", "/authentiq/v1/user/login", in, header) })
	b.Run("core", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := tollkeeper.SignInRequest{Email: "admin@house.example", Password: password, Scope: tollkeeper.Under(w.house.ID), Audience: tollkeeper.AudienceV1}
			if _, err := w.Auth.SignIn(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("mux+json", func(b *testing.B) {
		mux := http.NewServeMux()
		mux.HandleFunc("POST /login", func(rw http.ResponseWriter, r *http.Request) {
			var in struct{ Email, Password string }
			if json.NewDecoder(r.Body).Decode(&in) != nil {
				return
			}
			rw.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(rw).Encode(map[string]string{"token": strings.Repeat("x", 300)})
		})
		send(b, mux, "POST", "/login", in, header)
	})
}

// BenchmarkAuthenticated is a request with a token through a family and through RequireAuth.
func BenchmarkAuthenticated(b *testing.B) {
	w := newWorld(b, unlimited)
	token := w.must("POST /authentiq/v1/user/login", object("email", "admin@house.example", "password", password)).field("token")
	header := http.Header{"Authorization": {"Bearer " + token}}
	b.Run("family", func(b *testing.B) { send(b, w.mux, "GET", "/authentiq/v1/user/role", "", header) })
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	guarded := httpadapter.RequireAuth(w.Auth, httpadapter.Accept(tollkeeper.AudienceV1))(nothing)
	b.Run("middleware", func(b *testing.B) {
		r, rw := httptest.NewRequest("GET", "/", nil), &discard{http.Header{}}
		r.Header = header
		b.ReportAllocs()
		for b.Loop() {
			guarded.ServeHTTP(rw, r)
		}
	})
	b.Run("core", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Auth.Authenticate(b.Context(), tollkeeper.SecretText(token)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("refused", func(b *testing.B) { send(b, w.mux, "GET", "/authentiq/v1/user/role", "", nil) })
}
