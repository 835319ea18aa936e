package family_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// greetings is an API with one route, for who is signed in by a call of the host's own.
type greetings struct{}

// Family returns the table.
func (greetings) Family() (family.Family, error) {
	hello := func(c *family.Call, id *tollkeeper.Identity) any { return map[string]string{"hello": id.Email} }
	return family.Family{
		Name: "greetings", Title: "Greetings", Audience: tollkeeper.AudienceHost, Prefixes: []string{"/greetings"},
		Replies: family.Problems, Shape: family.Problem, Home: &tollkeeper.Scope{},
		Routes: []family.Route{
			family.On("GET", "/greetings/mine", family.Nothing(), family.WhoAmI, family.JSON(hello)).Asks(family.SignedIn).Is("greets who asks"),
		},
	}, nil
}

func ExampleNew() {
	err := authtest.Run(func(kit *authtest.Kit) {
		h, err := family.New(kit.Auth, greetings{}, family.Options{})
		if err != nil {
			panic(err) // names what the table lacks
		}
		ada := kit.AccountIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) { s.Email = "ada@mail.example" })
		for _, token := range []string{"", string(kit.SignIn(ada).Token)} {
			r := httptest.NewRequest(http.MethodGet, "/greetings/mine", nil)
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			fmt.Print(w.Code, " ", w.Body)
		}
	})
	fmt.Println(err)
	// Output:
	// 401 {"type":"https://github.com/tollkeeper/tollkeeper/blob/main/docs/ERRORS.md#http_no_credential","title":"Unauthorized","status":401,"detail":"Authentication required","code":"http_no_credential"}
	// 200 {"hello":"ada@mail.example"}
	// <nil>
}
