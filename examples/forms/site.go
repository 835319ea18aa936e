package main

import (
	_ "embed"
	"html/template"
	"log"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

//go:embed pages.html
var text string

var pages = template.Must(template.New("pages").Parse(text))

// view is what a page shows.
type view struct {
	Identity *tollkeeper.Identity // nil: nobody is signed in
	Email    string               // that was typed
	Next     string               // where the form leads
	Error    string
}

// site has the pages and what their forms do.
type site struct{ auth *tollkeeper.Authenticator }

func (s site) page(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { show(w, r, name, nil) })
}

// show writes a page, or after an error the form with its message, which is fit for users.
func show(w http.ResponseWriter, r *http.Request, name string, err error) {
	v := view{Email: r.PostFormValue("email"), Next: httpadapter.SafeNext(r, "/")}
	v.Identity, _ = httpadapter.IdentityFrom(r.Context())
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err != nil {
		v.Error = err.Error()
		w.WriteHeader(family.StatusOf(err))
	}
	if err := pages.ExecuteTemplate(w, name, v); err != nil {
		log.Print(err)
	}
}

func (s site) signIn(w http.ResponseWriter, r *http.Request) {
	in, err := s.auth.SignIn(r.Context(), tollkeeper.SignInRequest{
		Email: r.PostFormValue("email"), Password: tollkeeper.Password(r.PostFormValue("password")), Client: httpadapter.ClientOf(r),
	})
	s.welcome(w, r, "sign-in", in, err)
}

func (s site) signUp(w http.ResponseWriter, r *http.Request) {
	up, err := s.auth.SignUp(r.Context(), tollkeeper.SignUpRequest{
		Email: r.PostFormValue("email"), Password: tollkeeper.Password(r.PostFormValue("password")), Client: httpadapter.ClientOf(r),
	})
	s.welcome(w, r, "sign-up", up.SignInResult, err)
}

// welcome gives the browser its session and leads it on, or shows the form again.
func (s site) welcome(w http.ResponseWriter, r *http.Request, form string, session tollkeeper.SignInResult, err error) {
	if err == nil && !httpadapter.SetSession(w, r, session, r.PostFormValue("remember") != "") {
		err = tollkeeper.ErrForbidden.WithMessage("This site has no page for your second factor") // package ui has one
	}
	if err != nil {
		show(w, r, form, err)
		return
	}
	http.Redirect(w, r, httpadapter.SafeNext(r, "/"), http.StatusSeeOther)
}

func (s site) signOut(w http.ResponseWriter, r *http.Request) {
	id, _ := httpadapter.IdentityFrom(r.Context())
	if err := s.auth.SignOut(r.Context(), id); err != nil {
		httpadapter.WriteError(w, r, err)
		return
	}
	httpadapter.ClearSession(w)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
