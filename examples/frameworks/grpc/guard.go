package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/tollkeeper/tollkeeper"
)

// guard asks who calls, and lets nobody else in. Methods that are open to everybody are named in full.
type guard struct {
	auth *tollkeeper.Authenticator
	open []string
}

// unary is a grpc.UnaryServerInterceptor.
func (g guard) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, err := g.identified(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	return next(ctx, request)
}

// stream is a grpc.StreamServerInterceptor. It asks when the stream begins; a stream that outlives sessions has to ask
// again.
func (g guard) stream(service any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, err := g.identified(s.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return next(service, within{s, ctx})
}

// within is a stream with another context.
type within struct {
	grpc.ServerStream
	ctx context.Context
}

func (w within) Context() context.Context { return w.ctx }

type identityKey struct{}

// identityFrom returns who calls, in a method that is not open.
func identityFrom(ctx context.Context) *tollkeeper.Identity {
	id, _ := ctx.Value(identityKey{}).(*tollkeeper.Identity)
	return id
}

func (g guard) identified(ctx context.Context, method string) (context.Context, error) {
	if slices.Contains(g.open, method) {
		return ctx, nil
	}
	id, err := g.identify(ctx)
	if err != nil {
		return nil, status.Error(codeOf(err), err.Error()) // the message is fit for users, and holds no cause
	}
	return context.WithValue(ctx, identityKey{}, id), nil
}

func (g guard) identify(ctx context.Context) (*tollkeeper.Identity, error) {
	line := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(line) != 1 {
		return nil, tollkeeper.ErrInvalidToken
	}
	scheme, token, _ := strings.Cut(line[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, tollkeeper.ErrInvalidToken
	}
	id, err := g.auth.Authenticate(ctx, tollkeeper.SecretText(token))
	if err != nil {
		return nil, err
	}
	if id.Audience != tollkeeper.AudienceApp && id.Audience != tollkeeper.AudienceHost { // a tenant's, where there are any
		return nil, tollkeeper.ErrInvalidToken
	}
	return id, id.Unrestricted()
}

// codeOf returns the gRPC code of an error of the library.
func codeOf(err error) codes.Code {
	switch {
	case errors.Is(err, tollkeeper.ErrInvalidToken):
		return codes.Unauthenticated
	case errors.Is(err, tollkeeper.ErrLimitedSession), errors.Is(err, tollkeeper.ErrForbidden):
		return codes.PermissionDenied
	case errors.Is(err, tollkeeper.ErrUnavailable), errors.Is(err, tollkeeper.ErrBusy):
		return codes.Unavailable
	}
	return codes.Internal
}
