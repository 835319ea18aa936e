package main

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// caller calls the services in memory.
type caller struct{ connection *grpc.ClientConn }

func serve(t *testing.T, auth *tollkeeper.Authenticator) caller {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	s := services(auth)
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	dial := func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }
	connection, err := grpc.NewClient("passthrough:///memory", grpc.WithContextDialer(dial), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		if err := errors.Join(connection.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return caller{connection}
}

// hello returns what the unary method says to whoever sends these lines of authorization.
func (c caller) hello(t *testing.T, authorization ...string) (string, codes.Code) {
	t.Helper()
	ctx := metadata.NewOutgoingContext(t.Context(), metadata.MD{"authorization": authorization})
	out := new(wrapperspb.StringValue)
	err := c.connection.Invoke(ctx, hello, new(emptypb.Empty), out)
	return out.GetValue(), status.Code(err)
}

// count returns how often the stream greets whoever sends these lines of authorization.
func (c caller) count(t *testing.T, authorization ...string) (greetings int, code codes.Code) {
	t.Helper()
	ctx := metadata.NewOutgoingContext(t.Context(), metadata.MD{"authorization": authorization})
	s, err := c.connection.NewStream(ctx, &greeter.Streams[0], count)
	if err == nil {
		err = errors.Join(s.SendMsg(new(emptypb.Empty)), s.CloseSend())
	}
	for err == nil {
		if err = s.RecvMsg(new(wrapperspb.StringValue)); err == nil {
			greetings++
		}
	}
	if greetings == 3 {
		return greetings, codes.OK // the error is the end of the stream
	}
	return greetings, status.Code(err)
}

func TestServices(t *testing.T) {
	kit := authtest.New(t)
	c := serve(t, kit.Auth)
	app := func(r *tollkeeper.SignUpRequest) { r.Audience = tollkeeper.AudienceApp }
	ada := kit.SignUpIn(tollkeeper.Scope{}, "ada@mail.example", "Violet-Harbor-31", app)
	tenant := kit.SignIn(kit.Parent(), func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization })

	if answer, err := grpc_health_v1.NewHealthClient(c.connection).Check(t.Context(), nil); err != nil || answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("health: %v, %v", answer, err)
	}
	for who, authorization := range map[string][]string{
		"nobody": nil, "forged": {"Bearer forged"}, "no scheme": {ada.Token}, "another scheme": {"Basic " + ada.Token},
		"two": {"Bearer " + ada.Token, "Bearer " + ada.Token}, "a tenant": {"Bearer " + string(tenant.Token)},
	} {
		if said, code := c.hello(t, authorization...); code != codes.Unauthenticated || said != "" {
			t.Errorf("%s: %q, %v", who, said, code)
		}
		if n, code := c.count(t, authorization...); code != codes.Unauthenticated || n != 0 {
			t.Errorf("%s: %d greetings, %v", who, n, code)
		}
	}
	if said, code := c.hello(t, "Bearer "+ada.Token); code != codes.OK || said != "Hello, ada@mail.example" {
		t.Errorf("%q, %v", said, code)
	}
	if n, code := c.count(t, "bearer "+ada.Token); n != 3 || code != codes.OK {
		t.Errorf("%d greetings, %v", n, code)
	}
	if err := kit.Auth.SignOut(t.Context(), ada.Identity); err != nil {
		t.Fatal(err)
	}
	if said, code := c.hello(t, "Bearer "+ada.Token); code != codes.Unauthenticated {
		t.Errorf("after the sign-out: %q, %v", said, code)
	}
}

func TestLimitedSessionsAreRefused(t *testing.T) {
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true }))
	ada := kit.SignUpIn(tollkeeper.Scope{}, "ada@mail.example", "Violet-Harbor-31")
	c := serve(t, kit.Auth)
	if said, code := c.hello(t, "Bearer "+ada.Token); code != codes.PermissionDenied {
		t.Errorf("%q, %v", said, code)
	}
	if n, code := c.count(t, "Bearer "+ada.Token); code != codes.PermissionDenied || n != 0 {
		t.Errorf("%d greetings, %v", n, code)
	}
}

// absent is a store that may be away.
type absent struct {
	store.Store
	away atomic.Bool
}

func (a *absent) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	if a.away.Load() {
		return store.Live{}, errors.New("dial tcp 10.0.0.5:5432: refused")
	}
	return a.Store.Session(ctx, id, now)
}

// Nobody is let in or called a stranger while nobody can tell.
func TestWhileTheStoreIsAway(t *testing.T) {
	kept := &absent{Store: memory.New()}
	kit := authtest.New(t, authtest.WithStore(kept))
	token := string(kit.SignIn(kit.User()).Token)
	c := serve(t, kit.Auth)
	kept.away.Store(true)
	if said, code := c.hello(t, "Bearer "+token); code != codes.Unavailable {
		t.Errorf("%q, %v", said, code)
	}
	kept.away.Store(false)
	if said, code := c.hello(t, "Bearer "+token); code != codes.OK {
		t.Errorf("%q, %v", said, code)
	}
}
