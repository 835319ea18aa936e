// Command echo has echo route a service's own paths beside those of tollkeeper: go run ./examples/frameworks/echo
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/app"
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
	handler, err := routes(auth)
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{Addr: "localhost:8080", Handler: handler, ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// routes are the app family at /api/auth, a page for everybody, and two routes for who is signed in.
func routes(auth *tollkeeper.Authenticator) (http.Handler, error) {
	family, err := httpadapter.Handler(auth, app.API{}, httpadapter.Options{})
	if err != nil {
		return nil, err // names the option
	}
	e := echo.New()
	e.Use(middleware.Recover())
	e.Any("/api/auth/*", echo.WrapHandler(family)) // echo leaves the path as it came, which the family reads
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "Welcome") })
	members := e.Group("", echo.WrapMiddleware(httpadapter.RequireAuth(auth)))
	members.GET("/me", me)
	members.POST("/notes", me)
	members.GET("/admin", me, echo.WrapMiddleware(httpadapter.RequireRole(tollkeeper.RoleAdmin)))
	return e, nil
}

func me(c echo.Context) error {
	id, _ := httpadapter.IdentityFrom(c.Request().Context())
	return c.String(http.StatusOK, "Hello, "+id.Email)
}
