package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Methods of the service.
const (
	hello = "/example.Greeter/Hello" // who calls
	count = "/example.Greeter/Count" // the same, three times, as a stream
)

// greeter is what protoc would make of a service with these two methods.
var greeter = grpc.ServiceDesc{
	ServiceName: "example.Greeter",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "Hello", Handler: func(s any, ctx context.Context, decode func(any) error, guarded grpc.UnaryServerInterceptor) (any, error) {
		in := new(emptypb.Empty)
		if err := decode(in); err != nil {
			return nil, err
		}
		return guarded(ctx, in, &grpc.UnaryServerInfo{Server: s, FullMethod: hello}, func(ctx context.Context, _ any) (any, error) {
			return greeting(ctx), nil
		})
	}}},
	Streams: []grpc.StreamDesc{{StreamName: "Count", ServerStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
		for range 3 {
			if err := s.SendMsg(greeting(s.Context())); err != nil {
				return err
			}
		}
		return nil
	}}},
}

func greeting(ctx context.Context) *wrapperspb.StringValue {
	return wrapperspb.String("Hello, " + identityFrom(ctx).Email)
}
