// Command grpc takes the sessions of tollkeeper in a gRPC service, and gives them over HTTP beside it:
// go run ./examples/frameworks/grpc
package main

import (
	"log"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func main() {
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "http://localhost:8080",
		Mail:    tollkeeper.Mail{Mailer: mail.Console{}},
	})
	if err != nil {
		log.Fatal(err) // names the field
	}
	mux := http.NewServeMux()
	if err := httpadapter.Mount(mux, auth, httpadapter.Options{}); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "localhost:9090")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(services(auth).Serve(listener)) }()
	server := http.Server{Addr: "localhost:8080", Handler: mux, ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// services are the greeter for who is signed in, and gRPC's health service, of which everybody may call Check.
func services(auth *tollkeeper.Authenticator) *grpc.Server {
	g := guard{auth, []string{grpc_health_v1.Health_Check_FullMethodName}}
	s := grpc.NewServer(grpc.UnaryInterceptor(g.unary), grpc.StreamInterceptor(g.stream))
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	s.RegisterService(&greeter, nil)
	return s
}
