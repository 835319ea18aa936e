package httpadapter_test

import (
	"encoding/json"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store"
)

func TestJWKS(t *testing.T) {
	key, err := tollkeeper.GenerateSigningKey("")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *tollkeeper.Config, _ *options, _ *store.Store) {
		c.Tokens.SigningKeys = []tollkeeper.SigningKey{key}
	})
	w.mux.Handle("/.well-known/jwks.json", httpadapter.JWKS(w.Auth))
	for method, status := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "PUT": 405, "DELETE": 405} {
		a := w.do(method+" /.well-known/jwks.json", "", "Origin: https://anyone.example")
		if a.status != status {
			t.Errorf("%s: %d", method, a.status)
		}
		want := map[string]string{
			"Cache-Control": "public, max-age=300", "Content-Type": "application/jwk-set+json", "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff",
		}
		if status == 405 {
			want = map[string]string{"Allow": "GET, HEAD", "Cache-Control": "no-store", "Access-Control-Allow-Origin": ""}
		}
		for name, value := range want {
			if got := a.header.Get(name); got != value {
				t.Errorf("%s: %s is %q", method, name, got)
			}
		}
	}
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	a := w.do("GET /.well-known/jwks.json", "")
	if err := json.Unmarshal([]byte(a.body), &set); err != nil || len(set.Keys) != 1 || set.Keys[0]["kty"] != "OKP" || set.Keys[0]["d"] != "" {
		t.Errorf("%v %s", err, a.body)
	}
	empty := newWorld(t)
	empty.mux.Handle("/.well-known/jwks.json", httpadapter.JWKS(empty.Auth))
	if a := empty.do("GET /.well-known/jwks.json", ""); a.body != `{"keys":[]}` {
		t.Errorf("without keys: %s", a.body)
	}
}
