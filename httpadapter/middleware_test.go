package httpadapter_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// identity answers whom a token speaks for.
func (w *world) identity(token string) *tollkeeper.Identity {
	w.t.Helper()
	id, err := w.Auth.Authenticate(w.t.Context(), tollkeeper.SecretText(token))
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// guarded mounts a route of the host.
func (w *world) guarded(path string, wrap ...func(http.Handler) http.Handler) {
	var h http.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id, ok := httpadapter.IdentityFrom(r.Context())
		if !ok {
			rw.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = rw.Write([]byte(id.Email))
	})
	for i := len(wrap) - 1; i >= 0; i-- {
		h = wrap[i](h)
	}
	w.mux.Handle(path, h)
}

// What one person saw is not shown again to the next one at the same machine, nor kept by a proxy, unless the host says so.
func TestWhatSignedInPeopleSeeIsNotKept(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	in, err := w.Auth.SignIn(t.Context(), tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: parent.email, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	plain := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) })
	own := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Cache-Control", "private, max-age=60")
		rw.WriteHeader(http.StatusNoContent)
	})
	required, optional := httpadapter.RequireAuth(w.Auth), httpadapter.OptionalAuth(w.Auth)
	for _, c := range []struct {
		name   string
		h      http.Handler
		signed bool
		want   string
	}{
		{"required", required(plain), true, "no-store"}, {"the handler's own", required(own), true, "private, max-age=60"},
		{"optional", optional(plain), true, "no-store"}, {"nobody", optional(plain), false, ""},
	} {
		r, rw := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		if c.signed {
			r.Header.Set("Authorization", "Bearer "+string(in.Token))
		}
		if c.h.ServeHTTP(rw, r); rw.Code != http.StatusNoContent || rw.Header().Get("Cache-Control") != c.want {
			t.Errorf("%s: %d, Cache-Control %q, want %q", c.name, rw.Code, rw.Header().Get("Cache-Control"), c.want)
		}
	}
}

func TestMiddleware(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child := w.child("cem", parent)
	limited := w.parent("lil")
	w.organize(limited, `{"organizationName":"x","emailVerificationRequired":true}`)
	admin, user := w.admin(), w.user("uwe")
	host, err := w.Auth.SignIn(t.Context(), tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: parent.email, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	auth := func(o ...httpadapter.AuthOption) func(http.Handler) http.Handler {
		return httpadapter.RequireAuth(w.Auth, o...)
	}
	isAdmin := httpadapter.RequireRole(tollkeeper.RoleAdmin)
	w.guarded("/host", auth())
	w.guarded("/tenants", auth(httpadapter.Accept(tollkeeper.AudienceOrganization)))
	w.guarded("/tenant", auth(httpadapter.Accept(tollkeeper.AudienceOrganization), httpadapter.InScope(tollkeeper.Under(parent.id))))
	w.guarded("/limited", auth(httpadapter.Accept(tollkeeper.AudienceOrganization), httpadapter.AllowLimited()))
	w.guarded("/admin", auth(httpadapter.Accept(tollkeeper.AudienceV1), httpadapter.InScope(tollkeeper.Scope{})), isAdmin)
	w.guarded("/unguarded", isAdmin)
	w.guarded("/open")

	for _, c := range []struct {
		path   string
		h      headers
		status int
		body   string
	}{
		{"/host", nil, 401, "http_no_credential"},
		{"/host", headers{bearerOf("x")}, 401, ""},
		{"/host", headers{bearerOf(string(host.Token))}, 200, parent.email},
		{"/host", headers{bearerOf(parent.token)}, 401, ""},
		{"/host", headers{bearerOf(string(host.Token)), bearerOf(string(host.Token))}, 400, "http_two_credentials"},
		{"/tenants", headers{bearerOf(parent.token)}, 200, parent.email},
		{"/tenants", headers{bearerOf(child.token)}, 200, child.email},
		{"/tenants", headers{bearerOf(limited.token)}, 403, "limited_session"},
		{"/tenant", headers{bearerOf(child.token)}, 200, child.email},
		{"/tenant", headers{bearerOf(parent.token)}, 401, ""},
		{"/limited", headers{bearerOf(limited.token)}, 200, limited.email},
		{"/admin", headers{bearerOf(admin.token)}, 200, admin.email},
		{"/admin", headers{bearerOf(user.token)}, 403, "forbidden"},
		{"/admin", nil, 401, ""},
		{"/unguarded", headers{bearerOf(admin.token)}, 401, ""},
		{"/open", headers{bearerOf(admin.token)}, 204, ""},
	} {
		a := w.do("GET "+c.path, "", c.h...)
		if a.status != c.status || c.body != "" && a.body != c.body && a.field("code") != c.body {
			t.Errorf("%s: %d %s, want %d %s", c.path, a.status, a.body, c.status, c.body)
		}
		if a.status >= 400 && (a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("Cache-Control") != "no-store") {
			t.Errorf("%s: %v", c.path, a.header)
		}
		if (a.status == 401) != (a.header.Get("Www-Authenticate") == "Bearer") {
			t.Errorf("%s: %d with WWW-Authenticate %q", c.path, a.status, a.header.Get("Www-Authenticate"))
		}
	}
}

// TestMiddlewareFailsClosed while the store is away.
func TestMiddlewareFailsClosed(t *testing.T) {
	var store *broken
	w := newWorld(t, breakable(&store))
	token := w.admin().token
	w.guarded("/admin", httpadapter.RequireAuth(w.Auth, httpadapter.Accept(tollkeeper.AudienceV1)))
	store.err.Store(&errDriver)
	a := w.do("GET /admin", "", bearerOf(token))
	if a.status != 503 || a.header.Get("Retry-After") != "1" || containsAny(a.body, "pq", "10.0.0.7") {
		t.Errorf("%d %s %v", a.status, a.body, a.header)
	}
}
