package client_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/client"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

const (
	password = client.Secret(authtest.Password)
	another  = client.Secret("Fern7Saddle!Comet")
)

// service is a running one with a client of it.
type service struct {
	*authtest.Kit
	c    *client.Client
	url  string
	seen *seen
}

// newService runs the app family, with refresh tokens, on a clock that the client shares.
func newService(t *testing.T, edits ...func(*tollkeeper.Config)) *service {
	t.Helper()
	options := []authtest.Option{authtest.WithIssuer(), authtest.WithConfig(func(c *tollkeeper.Config) { c.Refresh.Idle = 14 * 24 * time.Hour })}
	for _, edit := range edits {
		options = append(options, authtest.WithConfig(edit))
	}
	s := &service{Kit: authtest.New(t, options...), seen: newSeen(t)}
	mux := http.NewServeMux()
	if err := httpadapter.Mount(mux, s.Auth, httpadapter.Options{}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.seen.watch(mux))
	t.Cleanup(server.Close)
	s.url = server.URL
	s.c = s.client(t, s.Now)
	return s
}

func (s *service) client(t *testing.T, now func() time.Time) *client.Client {
	t.Helper()
	c, err := client.New(s.url, client.Options{Now: now})
	must(t, err)
	return c
}

// in signs the account in.
func (s *service) in(t *testing.T, a authtest.Account) *client.Session {
	t.Helper()
	res, err := s.c.SignIn(t.Context(), client.SignIn{Email: a.Email, Password: client.Secret(a.Password)})
	must(t, err)
	if res.Session == nil {
		t.Fatalf("%s has no session: %+v", a.Email, res)
	}
	return res.Session
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
