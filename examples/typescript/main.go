// Command typescript serves a page whose script uses the TypeScript client, beside the app family. Build the script
// first: npm ci && npm run example in clients/typescript, then go run ./examples/typescript
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

const folder = "examples/typescript"

func main() {
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "http://localhost:8080",
		Mail:    tollkeeper.Mail{Mailer: mail.Console{}},
	})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := routes(auth, folder)
	if err != nil {
		log.Fatal(err)
	}
	log.Print("open http://localhost:8080")
	server := http.Server{Addr: "127.0.0.1:8080", Handler: handler, ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// routes are the app family, the page in folder and its script.
func routes(auth *tollkeeper.Authenticator, folder string) (http.Handler, error) {
	mux := http.NewServeMux()
	if err := httpadapter.Mount(mux, auth, httpadapter.Options{}); err != nil {
		return nil, err
	}
	for path, file := range map[string]string{"/{$}": "/index.html", "/main.js": "/dist/main.js"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'")
			http.ServeFile(w, r, folder+file)
		})
	}
	return mux, nil
}
