package family_test

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/app"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func newAuth(t *testing.T, c tollkeeper.Config) *tollkeeper.Authenticator {
	t.Helper()
	drop := tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })
	c.Secrets, c.BaseURL, c.Mail.Mailer = []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, cmp.Or(c.BaseURL, base), drop
	c.Passwords.Hash = tollkeeper.Hash{Memory: 8, Time: 1, Threads: 1, UnsafeForTests: true}
	auth, err := tollkeeper.New(memory.New(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = auth.Close(context.Background()) })
	return auth
}

// api is a family as it stands.
type api family.Family

func (f api) Family() (family.Family, error) { return family.Family(f), nil }

func mount(t *testing.T, auth *tollkeeper.Authenticator, f family.Family, o family.Options) http.Handler {
	t.Helper()
	h, err := family.New(auth, api(f), o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// documented are the families that come with the library.
func documented(t *testing.T) (all []family.Family) {
	t.Helper()
	for _, a := range []family.API{organization.API{}, v1.API{}, platform.API{}, app.API{}} {
		f, err := a.Family()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// hosts is a family that this package knows nothing of: a table, two bodies, a shape.
func hosts() family.Family {
	home := tollkeeper.Tenants
	return family.Family{
		Name: "hosts", Audience: "hosts", Prefixes: []string{"/f"}, Home: &home, Shape: family.Shape{Body: plainText},
		Replies: append(slices.Clone(family.Problems), family.At(tollkeeper.ErrInvalidCredentials, 418, "TEAPOT", "no")),
		Routes: []family.Route{
			family.On("POST", "/f/in", family.Body(signIn), family.SignIn, family.JSON(tokenOf)),
			family.On("GET", "/f/parents", family.Nothing(), family.WhoAmI, family.JSON(emailOf)).Asks(family.ParentOnly),
			family.On("GET", "/f/admins", family.Nothing(), family.WhoAmI, family.JSON(emailOf)).Asks(family.AdminOnly),
			family.On("GET", "/f/me", family.Nothing(), family.WhoAmI, family.JSON(emailOf)).Asks(family.SignedIn),
		},
	}
}

func plainText(f family.Failure) any { return f.Code + ": " + f.Message }

type signInBody struct{ U, P string }

func signIn(_ *family.Call, b signInBody) (tollkeeper.SignInRequest, error) {
	return tollkeeper.SignInRequest{Email: b.U, Password: tollkeeper.Password(b.P)}, nil
}

func tokenOf(_ *family.Call, s tollkeeper.SignInResult) string { return string(s.Token) }
func emailOf(_ *family.Call, id *tollkeeper.Identity) string   { return id.Email }

func TestFamilyOfAHost(t *testing.T) {
	auth := newAuth(t, tollkeeper.Config{})
	if _, err := auth.Host().CreateAccount(t.Context(), tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "a@b.example", Password: "Vexing.Quartz9"}); err != nil {
		t.Fatal(err)
	}
	h := mount(t, auth, hosts(), family.Options{})
	send := func(method, path, body, token string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		h.ServeHTTP(w, r)
		return w
	}
	in := send("POST", "/f/in", `{"U":"a@b.example","P":"Vexing.Quartz9"}`, "")
	me := send("GET", "/f/me", "", strings.Trim(in.Body.String(), "\"\n"))
	if in.Code != 200 || me.Code != 200 || me.Body.String() != `"a@b.example"`+"\n" {
		t.Errorf("%d %s, %d %s", in.Code, in.Body, me.Code, me.Body)
	}
	if w := send("POST", "/f/in", `{"U":"a@b.example","P":"wrong"}`, ""); w.Code != 418 || w.Body.String() != `"TEAPOT: no"`+"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestProofs: what a route asks for holds by itself, whatever the operation behind it checks.
func TestProofs(t *testing.T) {
	for _, limited := range []bool{false, true} {
		auth := newAuth(t, tollkeeper.Config{Accounts: tollkeeper.Accounts{RequireVerified: limited}})
		h := mount(t, auth, hosts(), family.Options{})
		signUp := func(spec tollkeeper.SignUpRequest) (token string, id uuid.UUID) {
			spec.Email, spec.Password, spec.Audience = cmp.Or(spec.Email, "a@b.example"), "Vexing.Quartz9", "hosts"
			s, err := auth.SignUp(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			return string(s.Token), s.Subject.Account.ID
		}
		admin, err := auth.Host().Bootstrap(t.Context(), tollkeeper.BootstrapRequest{Email: "admin@b.example", Password: "Vexing.Quartz9"})
		if err != nil {
			t.Fatal(err)
		}
		boss, err := auth.SignIn(t.Context(), tollkeeper.SignInRequest{Email: admin.Email, Password: "Vexing.Quartz9", Audience: "hosts"})
		if err != nil {
			t.Fatal(err)
		}
		parent, _ := signUp(tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants})
		child, _ := signUp(tollkeeper.SignUpRequest{})
		chief, id := signUp(tollkeeper.SignUpRequest{Email: "chief@b.example"})
		if _, err := auth.Host().SetRole(t.Context(), id, tollkeeper.RoleAdmin); err != nil {
			t.Fatal(err)
		}
		open := map[bool]int{false: 200, true: 403}[limited]
		for _, c := range []struct {
			path, token string
			want        int
		}{
			{"/f/me", parent, 200}, {"/f/me", child, 200}, {"/f/me", chief, 200},
			{"/f/parents", parent, open}, {"/f/parents", child, 403}, {"/f/parents", string(boss.Token), 403},
			{"/f/admins", parent, 403}, {"/f/admins", child, 403}, {"/f/admins", string(boss.Token), 200}, {"/f/admins", chief, open},
		} {
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", c.path, nil)
			r.Header.Set("Authorization", "Bearer "+c.token)
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("limited %t, %s: %d, want %d (%s)", limited, c.path, w.Code, c.want, w.Body)
			}
		}
	}
}

// TestOperationsOfNobody: a route that forgot to ask who calls gets a refusal of the core's, no panic.
func TestOperationsOfNobody(t *testing.T) {
	f := hosts()
	open := func(path string, on func(method, path string) family.Route) {
		f.Routes = append(f.Routes, on("POST", "/f/open/"+path))
	}
	none := func(do func(*family.Call, family.None) (family.None, error)) func(method, path string) family.Route {
		return func(method, path string) family.Route {
			return family.On(method, path, family.Nothing(), do, family.Empty[family.None]())
		}
	}
	for path, do := range map[string]func(*family.Call, family.None) (family.None, error){
		"out": family.SignOut, "ends": family.EndSessions, "others": family.EndOtherSessions, "one/{id}": family.EndSession,
		"of/{id}": family.EndSessionsOf, "remove/{id}": family.RemoveAccount, "factors/{id}": family.ResetFactors,
		"unlock/{id}": family.Unlock, "rotate": family.RotateTenantKey,
	} {
		open(path, none(do))
	}
	for path, do := range map[string]func(*family.Call, tollkeeper.EventQuery) (family.EventList, error){
		"events": family.Events, "scope": family.EventsOfScope,
	} {
		open(path, func(method, path string) family.Route {
			read := family.Query(func(*family.Call, map[string]string) (tollkeeper.EventQuery, error) {
				return tollkeeper.EventQuery{}, nil
			})
			return family.On(method, path, read, do, family.Empty[family.EventList]())
		})
	}
	var log strings.Builder
	h := mount(t, newAuth(t, tollkeeper.Config{}), f, family.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, r := range f.Routes {
		path, isOpen := strings.CutPrefix(r.Path, "/f/open/")
		if !isOpen {
			continue
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", strings.Replace(r.Path, "{id}", "018f4e1c-a000-7000-8000-00000000abcd", 1), nil))
		if w.Code != 401 && w.Code != 403 && w.Code != 404 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if log.Len() > 0 {
		t.Errorf("logged: %s", log.String())
	}
}

// raise makes a family whose only route fails with err.
func raise(f family.Family, err error) family.Family {
	f.Prefixes = []string{"/x"}
	f.Routes = []family.Route{family.On("POST", "/x/y", family.Nothing(), func(*family.Call, family.None) (family.None, error) {
		return family.None{}, err
	}, family.Empty[family.None]())}
	return f
}

// TestEveryFamilyAnswersEveryCode: a status, its shape, Retry-After where one may wait, and never a cause.
func TestEveryFamilyAnswersEveryCode(t *testing.T) {
	auth := newAuth(t, tollkeeper.Config{})
	for _, f := range documented(t) {
		for _, code := range append(append(tollkeeper.Codes(), family.Faults()...), "of_a_host") {
			cause := &tollkeeper.Error{Code: code, Message: "a text", Err: context.DeadlineExceeded}
			h := mount(t, auth, raise(f, cause), family.Options{Logger: slog.New(slog.DiscardHandler)})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", "/x/y", nil))
			checkReply(t, f.Name+" "+string(code), code, w)
		}
	}
}

func checkReply(t *testing.T, name string, code tollkeeper.Code, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code < 400 || w.Code > 599 {
		t.Errorf("%s: status %d", name, w.Code)
	}
	if unknown := code == "of_a_host" || code == tollkeeper.ErrInternal.Code; unknown != (w.Code == 500) {
		t.Errorf("%s: status %d", name, w.Code)
	}
	if body := w.Body.String(); !json.Valid(w.Body.Bytes()) || strings.Contains(body, "deadline") || len(body) < 15 {
		t.Errorf("%s: body %q", name, body)
	}
	if wait := w.Header().Get("Retry-After"); (w.Code == 429 || w.Code == 503) && wait != "1" {
		t.Errorf("%s: %d with Retry-After %q", name, w.Code, wait)
	}
	if id := w.Header().Get("X-Request-Id"); (w.Code >= 500) != (id != "") {
		t.Errorf("%s: %d with request id %q", name, w.Code, id)
	}
}

func TestIncompleteFamilyIsRefused(t *testing.T) {
	auth, f := newAuth(t, tollkeeper.Config{}), documented(t)[0]
	for i, r := range f.Replies {
		short := f
		short.Replies = slices.Concat(f.Replies[:i], f.Replies[i+1:])
		if _, err := family.New(auth, api(short), family.Options{}); (err == nil) != r.Narrow() {
			t.Errorf("without the reply to %s: %v", r.Cause, err)
		}
	}
	row := func(path string) family.Route {
		return family.On("GET", path, family.Nothing(), family.WhoAmI, family.JSON(emailOf))
	}
	for name, change := range map[string]func(*family.Family){
		"a route twice":           func(f *family.Family) { f.Routes = append(f.Routes, f.Routes[0]) },
		"a route by hand":         func(f *family.Family) { f.Routes = append(f.Routes, family.Route{Method: "GET", Path: "/f/x"}) },
		"a route elsewhere":       func(f *family.Family) { f.Routes = append(f.Routes, row("/elsewhere")) },
		"a route beside a prefix": func(f *family.Family) { f.Routes = append(f.Routes, row("/fe")) },
		"two parameters":          func(f *family.Family) { f.Routes = append(f.Routes, row("/f/{id}/{id}")) },
		"an unclean path":         func(f *family.Family) { f.Routes = append(f.Routes, row("/f/./x")) },
		"half a segment":          func(f *family.Family) { f.Routes = append(f.Routes, row("/f/x{id}")) },
		"an unknown parameter":    func(f *family.Family) { f.Routes = append(f.Routes, row("/f/{key}")) },
		"an embedded body": func(f *family.Family) {
			f.Routes = append(f.Routes, family.On("POST", "/f/x", family.Body(func(_ *family.Call, b struct{ signInBody }) (tollkeeper.SignInRequest, error) {
				return signIn(nil, b.signInBody)
			}), family.SignIn, family.JSON(tokenOf)))
		},
		"a form of numbers": func(f *family.Family) {
			f.Routes = append(f.Routes, family.On("POST", "/f/x", family.Form(func(_ *family.Call, b struct{ N int }) (int, error) {
				return b.N, nil
			}), func(_ *family.Call, n int) (int, error) { return n, nil }, family.Empty[int]()))
		},
		"no decoder": func(f *family.Family) {
			f.Routes = append(f.Routes, family.On("GET", "/f/x", family.Decoder[family.None]{}, family.WhoAmI, family.JSON(emailOf)))
		},
		"no reading": func(f *family.Family) {
			f.Routes = append(f.Routes, family.On("POST", "/f/x", family.Body[signInBody, tollkeeper.SignInRequest](nil), family.SignIn, family.JSON(tokenOf)))
		},
		"no reading of a query": func(f *family.Family) {
			f.Routes = append(f.Routes, family.On("GET", "/f/x", family.Query[family.None](nil), family.WhoAmI, family.JSON(emailOf)))
		},
		"no operation": func(f *family.Family) {
			f.Routes = append(f.Routes, family.On[family.None, family.None]("GET", "/f/x", family.Nothing(), nil, family.Empty[family.None]()))
		},
		"no encoder": func(f *family.Family) {
			f.Routes = append(f.Routes, family.On("GET", "/f/x", family.Nothing(), family.WhoAmI, family.JSON[*tollkeeper.Identity, string](nil)))
		},
		"an answer of no status": func(f *family.Family) {
			f.Routes = append(f.Routes, family.On("GET", "/f/x", family.Nothing(), family.WhoAmI, family.Status(0, emailOf)))
		},
		"a requirement that asks nothing": func(f *family.Family) {
			f.Routes = append(f.Routes, row("/f/x").Asks(family.Requirement{Name: "friends"}))
		},
		"a method in lower case":     func(f *family.Family) { f.Routes[0].Method = "post" },
		"no method":                  func(f *family.Family) { f.Routes[0].Method = "" },
		"a method of GET's":          func(f *family.Family) { f.Routes[0].Method = "HEAD" },
		"a reply without a status":   func(f *family.Family) { f.Replies = append(f.Replies, family.At(tollkeeper.ErrLocked, 0, "", "")) },
		"a route's reply of success": func(f *family.Family) { f.Routes[0] = f.Routes[0].Saying(family.At(tollkeeper.ErrLocked, 200, "", "")) },
		"closed without a home":      func(f *family.Family) { f.Home, f.Closed = nil, true },
		"closed at a key": func(f *family.Family) {
			f.Home, f.Closed = new(tollkeeper.UnderKey("APK_AAAAAAAAAAAAAAAAAAAAAAAAAA")), true
		},
		"an unclean prefix":   func(f *family.Family) { f.Prefixes = append(f.Prefixes, "/f/../g") },
		"no name":             func(f *family.Family) { f.Name = "" },
		"no audience":         func(f *family.Family) { f.Audience = "" },
		"no prefix":           func(f *family.Family) { f.Prefixes = nil },
		"a prefix of nothing": func(f *family.Family) { f.Prefixes = []string{"/"} },
		"a relative prefix":   func(f *family.Family) { f.Prefixes = []string{"f"} },
		"no shape":            func(f *family.Family) { f.Shape = family.Shape{} },
	} {
		f := hosts()
		change(&f)
		if h, err := family.New(auth, api(f), family.Options{}); h != nil || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if h, err := family.New(nil, api(hosts()), family.Options{}); h != nil || err == nil {
		t.Error("bound to nobody")
	}
}

// TestProblemOfAHost: the type of a problem leads to a heading of docs/ERRORS.md, or nowhere (RFC 9457, 4.2.1).
func TestProblemOfAHost(t *testing.T) {
	for code, want := range map[tollkeeper.Code]string{
		"of_a_host": "about:blank", tollkeeper.ErrLocked.Code: family.ErrorsPage + "#locked", family.ErrNoRoute.Code: family.ErrorsPage + "#http_no_route",
	} {
		body, ok := family.Problem.Body(family.Failure{Status: 409, Cause: &tollkeeper.Error{Code: code}}).(family.ProblemBody)
		if !ok || body.Type != want {
			t.Errorf("the type of %s is %s, want %s", code, body.Type, want)
		}
	}
}
