// Command gin has gin route a service's own paths beside those of tollkeeper: go run ./examples/frameworks/gin
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

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
	r := gin.New()
	r.Use(gin.Recovery())
	r.Any("/api/auth/*route", gin.WrapH(family)) // gin leaves the path as it came, which the family reads
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "Welcome") })
	members := r.Group("/", through(httpadapter.RequireAuth(auth)))
	members.GET("/me", me)
	members.POST("/notes", me)
	members.GET("/admin", through(httpadapter.RequireRole(tollkeeper.RoleAdmin)), me)
	return r, nil
}

// through makes a middleware of gin of one on net/http. What that does not let pass goes no further in gin either.
func through(middleware func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		next := func(_ http.ResponseWriter, r *http.Request) { passed, c.Request = true, r }
		if middleware(http.HandlerFunc(next)).ServeHTTP(c.Writer, c.Request); !passed {
			c.Abort()
		}
	}
}

func me(c *gin.Context) {
	id, _ := httpadapter.IdentityFrom(c.Request.Context())
	c.String(http.StatusOK, "Hello, "+id.Email)
}
