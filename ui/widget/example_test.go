package widget_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/ui/widget"
)

// service has the documented routes of organizations, and the script that their pages load.
func service(auth *tollkeeper.Authenticator) (http.Handler, error) {
	mux := http.NewServeMux()
	if err := httpadapter.Mount(mux, auth, httpadapter.Options{}, organization.API{}); err != nil {
		return nil, err
	}
	return mux, widget.Mount(mux, widget.Options{})
}

// A service that organizations sign their people in at: their pages need nothing of it but an address.
func Example() {
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://auth.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(context.Background())

	handler, err := service(auth)
	if err != nil {
		panic(err) // names the pattern that is taken
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/widget.js", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"), strings.Contains(w.Body.String(), "window.AuthiqaWidget = "))
	// Output:
	// 200 text/javascript; charset=utf-8 true
}
