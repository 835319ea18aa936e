package captcha_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/captcha"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// Nobody signs up who has not solved the puzzle of the page. A server of the example's own stands for the service; a
// host writes captcha.Turnstile, captcha.HCaptcha or captcha.ReCAPTCHA.
func Example_signUp() {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"success":%t,"hostname":"app.example"}`, r.FormValue("response") == "solved")
	}))
	defer service.Close()
	human, err := captcha.New(captcha.Config{Service: captcha.Service(service.URL), Secret: "the site's", Hostnames: []string{"app.example"}})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Hooks:   tollkeeper.Hooks{BeforeSignUp: human.BeforeSignUp},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	for _, answer := range []string{"", "guessed", "solved"} {
		res, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@home.example", Password: "violet Harbor 31", Captcha: answer})
		fmt.Printf("%q: %v, %t, signed up: %t\n", answer, err, errors.Is(err, tollkeeper.ErrRefused), res.Token != "")
	}
	// Output:
	// "": Please solve the puzzle, false, signed up: false
	// "guessed": Please solve the puzzle again, true, signed up: false
	// "solved": <nil>, false, signed up: true
}
