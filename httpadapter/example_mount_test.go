package httpadapter_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A host mounts the documented families and protects a route of its own with the same tokens.
func Example() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil }),
		},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(ctx)
	if _, err := auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@app.example", Password: "Vexing.Quartz9"}); err != nil {
		panic(err)
	}

	mux := http.NewServeMux()
	if err := httpadapter.Mount(mux, auth, httpadapter.Options{}, v1.API{}); err != nil {
		panic(err)
	}
	users := httpadapter.RequireAuth(auth, httpadapter.Accept(tollkeeper.AudienceV1), httpadapter.InScope(tollkeeper.Scope{}))
	admins := httpadapter.RequireRole(tollkeeper.RoleAdmin)
	mux.Handle("GET /reports", users(admins(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		fmt.Fprintln(w, "reports for", id.Email)
	}))))
	server := httptest.NewServer(mux)
	defer server.Close()

	login := `{"email":"admin@app.example","password":"Vexing.Quartz9"}`
	res, err := http.Post(server.URL+"/authentiq/v1/user/login", "application/json", strings.NewReader(login))
	if err != nil {
		panic(err)
	}
	body, _ := io.ReadAll(res.Body)
	token := strings.Split(string(body), `"`)[3]
	for _, credential := range []string{"", "Bearer " + token} {
		req, _ := http.NewRequest("GET", server.URL+"/reports", nil)
		req.Header.Set("Authorization", credential)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(res.Body)
		var problem family.ProblemBody // what is no problem leaves it empty
		_ = json.Unmarshal(body, &problem)
		fmt.Println(res.StatusCode, cmp.Or(string(problem.Code), strings.TrimSpace(string(body))))
	}
	// Output:
	// 401 http_no_credential
	// 200 reports for admin@app.example
}
