package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/examples/frameworks/internal/visit"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

func TestRoutes(t *testing.T) { visit.Try(t, routes) }

func TestWhatIsNotLetInReachesNoHandler(t *testing.T) {
	kit := authtest.New(t)
	reached := 0
	r := gin.New()
	r.GET("/me", through(httpadapter.RequireAuth(kit.Auth)), func(*gin.Context) { reached++ })
	for _, token := range []string{"", string(kit.SignIn(kit.User()).Token), "forged"} {
		ask := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/me", nil)
		ask.Header.Set("Authorization", "Bearer "+token)
		r.ServeHTTP(httptest.NewRecorder(), ask)
	}
	if reached != 1 {
		t.Errorf("the handler was reached %d times, want once", reached)
	}
}
