package bench

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store"
)

const (
	email    = "admin@house.example"
	password = "Tr0ub4dor&3x!"
	issuer   = "https://auth.example"
)

// service is an Authenticator with its first admin, over any store.
type service struct {
	auth   *tollkeeper.Authenticator
	config tollkeeper.Config
	admin  tollkeeper.Account
	mux    *http.ServeMux
}

// newService bootstraps one. Nothing limits how often the one caller of the benchmarks signs in; every other throttle
// is as it is by default.
func newService(ctx context.Context, kept store.Store, edit ...func(*tollkeeper.Config)) (*service, error) {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	free := map[tollkeeper.Audience][]tollkeeper.Limit{}
	for _, a := range []tollkeeper.Audience{tollkeeper.AudienceOrganization, tollkeeper.AudienceV1, tollkeeper.AudienceHost} {
		free[a] = []tollkeeper.Limit{{Every: time.Minute, Burst: 1 << 20}, {Every: time.Minute, Burst: 1 << 20}}
	}
	c := tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: issuer, Logger: quiet, Passwords: tollkeeper.Passwords{Hash: cheapHash},
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil }),
		},
		Limits: tollkeeper.Limits{SignIn: free},
	}
	for _, e := range edit {
		e(&c)
	}
	auth, err := tollkeeper.New(kept, c)
	if err != nil {
		return nil, err
	}
	s := &service{auth: auth, config: c, mux: http.NewServeMux()}
	if s.admin, err = auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: email, Password: password}); err != nil {
		return nil, err
	}
	return s, httpadapter.Mount(s.mux, auth, httpadapter.Options{Logger: quiet}, organization.API{}, v1.API{}, platform.API{})
}

// signIn returns a session of the admin.
func (s *service) signIn(ctx context.Context) (tollkeeper.SignInResult, error) {
	return s.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: password})
}

// forget ends the sessions of an account. Where it cannot, they stay.
func (s *service) forget(ctx context.Context, a tollkeeper.Account) {
	_ = s.auth.Host().EndSessions(ctx, a.ID)
}

// restart replaces the Authenticator by a new one over the same store. The mux keeps the one of before.
func (s *service) restart(kept store.Store) (err error) {
	s.close()
	s.auth, err = tollkeeper.New(kept, s.config)
	return err
}

func (s *service) close() { _ = s.auth.Close(context.Background()) }

// discard is a ResponseWriter that remembers the status.
type discard struct {
	header http.Header
	status int
}

func newDiscard() *discard                     { return &discard{header: http.Header{}} }
func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// ok wants a successful status of the answer.
func (d *discard) ok() error {
	if d.status != 0 && d.status/100 != 2 {
		return statusError(d.status)
	}
	return nil
}

type statusError int

func (e statusError) Error() string { return http.StatusText(int(e)) }

// served sends the same request again and again, with as little work of its own as can be: what it does counts for
// everyone.
func served(h http.Handler, r *http.Request) func(int) error {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return func(int) error { return err }
		}
	}
	var reader bytes.Reader
	r.Body = io.NopCloser(&reader)
	w, sent := newDiscard(), new(http.Request)
	return func(int) error {
		reader.Reset(body)
		clear(w.header)
		w.status, *sent = 0, *r // as it came: some wrap the body in place
		h.ServeHTTP(w, sent)
		return w.ok()
	}
}
