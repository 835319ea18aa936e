package browser_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// TestOtherNamesOfTheService: its pages work under a name that Config.BaseURL does not have, with the cookie.
func TestOtherNamesOfTheService(t *testing.T) {
	w := newWorld(t, withCookie)
	a := w.kit.User()
	w.open(w.at("login.localhost", "/page"))
	login := `{method: "POST", headers: {"Content-Type": "application/json"}, body: ` + quote(object("email", a.Email, "password", a.Password)) + `}`
	if in := w.fetchURL(w.at("login.localhost", "/authentiq/v1/user/login"), login); in.Status != 200 || in.Type != "basic" {
		t.Errorf("%+v", in)
	}
	if who := w.fetchURL(w.at("login.localhost", "/authentiq/v1/user/role"), `{}`); who.Status != 200 {
		t.Errorf("the cookie does not count: %+v", who)
	}
	if out := w.fetchURL(w.at("login.localhost", "/authentiq/v1/user/logout"), `{method: "DELETE"}`); out.Status != 200 {
		t.Errorf("%+v", out)
	}
	w.open(w.service("/page"))
	if in := w.fetchURL(w.at("login.localhost", "/authentiq/v1/user/login"), login); in.Error != "TypeError" {
		t.Errorf("one name to the other: %+v", in)
	}
}

// TestListedOriginsInABrowser read every family's answers, after the browser has asked.
func TestListedOriginsInABrowser(t *testing.T) {
	w := makeWorld(&world{t: t, scheme: "https", host: "auth.example", listed: []string{"mobile.example"}}, withCookie)
	a := w.kit.User()
	child := w.kit.Child(w.shop())
	w.open(w.site("mobile.example"))
	in := w.post("/authentiq/v1/user/login", "email", a.Email, "password", a.Password)
	w.want("v1", in, 200, "message", "")
	own := w.fetch("/authentiq/v1/user/role", `{headers: {Authorization: `+quote("Bearer "+in.field("token"))+`}}`)
	w.want("its token", own, 200, "role", "user")
	w.want("a wrong password", w.post("/authentiq/v1/user/login", "email", a.Email, "password", "wrong"), 401, "message", "Invalid Username or Password!")
	w.want("platform", w.post("/api/user/signin", "email", child.Email, "password", child.Password, "PlatformId", child.ParentKey), 200, "user.email", child.Email)
	w.want("organization", w.post("/auth/signin", "email", child.Email, "password", child.Password, "parentPublicKey", child.ParentKey), 200, "data.user.email", child.Email)
	if found := w.cookies(); len(found) > 0 {
		t.Errorf("a listed origin got a cookie: %+v", found)
	}
	for _, strange := range []string{"evil.example", "deep.mobile.example"} {
		w.open(w.site(strange))
		if a := w.post("/authentiq/v1/user/login", "email", a.Email, "password", a.Password); a.Error != "TypeError" {
			t.Errorf("%s: %+v", strange, a)
		}
	}
}

// TestUnrestrictedOrganizationsServeAnyPage with their key, and no other route of anybody.
func TestUnrestrictedOrganizationsServeAnyPage(t *testing.T) {
	w := newWorldWithTLS(t, withCookie)
	parent := w.shop()
	child := w.kit.Child(parent)
	open := false
	if _, err := w.kit.Auth.UpdateOrganization(t.Context(), w.kit.SignedIn(parent), tollkeeper.OrganizationPatch{DomainRestriction: &open}); err != nil {
		t.Fatal(err)
	}
	w.open(w.site("anyone.example"))
	w.want("with the key", w.post("/auth/signin", "email", child.Email, "password", child.Password, "parentPublicKey", parent.PublicKey), 200, "data.user.email", child.Email)
	w.want("reset", w.post("/auth/reset-password", "email", child.Email, "parentPublicKey", parent.PublicKey), 200, "success", "true")
	if a := w.post("/auth/signin", "email", parent.Email, "password", parent.Password); a.Error != "TypeError" {
		t.Errorf("without the key: %+v", a)
	}
	if a := w.post("/api/user/signin", "email", child.Email, "password", child.Password, "PlatformId", parent.PublicKey); a.Error != "TypeError" {
		t.Errorf("another family: %+v", a)
	}
	if found := w.cookies(); len(found) > 0 {
		t.Errorf("a page of an organization got a cookie: %+v", found)
	}
}

// issued is what an issuer's page posts in its user's name.
type issued struct {
	State string `json:"state" need:"state is missing"`
	Code  string `json:"code" need:"code is missing"`
}

// callback is a host's own family: where an issuer's page posts the end of a sign-in to.
type callback struct{}

func (callback) Family() (family.Family, error) {
	of := func(_ *family.Call, b issued) (string, error) { return b.State + " " + b.Code, nil }
	same := func(_ *family.Call, s string) (string, error) { return s, nil }
	show := func(_ *family.Call, s string) map[string]string { return map[string]string{"got": s} }
	return family.Family{
		Name: "callback", Audience: "callback", Prefixes: []string{"/callback"}, Replies: family.Problems,
		Shape: family.Shape{Body: func(f family.Failure) any { return f.Cause.Code }},
		Routes: []family.Route{
			family.On("POST", "/callback", family.Form(of), same, family.JSON(show)),
			family.On("POST", "/callback/json", family.Body(of), same, family.JSON(show)),
		},
	}, nil
}

// TestFormPostOfAnIssuer comes from another site as a navigation (response_mode=form_post), and is read; the same form
// opens no other route.
func TestFormPostOfAnIssuer(t *testing.T) {
	w := newWorldWithTLS(t, withCookie, callback{})
	submit := func(path string) string {
		w.open(w.site("issuer.example"))
		w.toService("POST "+path, `(() => {
			const form = document.createElement("form")
			Object.assign(form, {method: "POST", action: `+quote(w.service(path))+`})
			for (const [name, value] of [["state", "abc"], ["code", "x y+&="]]) {
				const field = document.createElement("input")
				Object.assign(field, {name, value})
				form.append(field)
			}
			document.body.append(form)
			form.submit()
			return ""
		})()`)
		return w.script(`document.body.textContent`)
	}
	if got := submit("/callback"); !strings.Contains(got, `{"got":"abc x y+\u0026="}`) && !strings.Contains(got, `{"got":"abc x y+&="}`) {
		t.Errorf("the service read %q", got)
	}
	if got := submit("/callback/json"); !strings.Contains(got, "http_cross_origin") {
		t.Errorf("a route that reads JSON said %q", got)
	}
}

// TestLinksOfMailsInABrowser: followed from a page of another site, as from a mailbox on the web, they show their page,
// whose button works.
func TestLinksOfMailsInABrowser(t *testing.T) {
	w := newWorldWithTLS(t, withCookie)
	a := w.kit.SignUp("ann@shop.example", password)
	link := w.verification(a)
	w.open(w.site("mail.example"))
	w.toService("GET /auth/confirm-email", `(() => {
		const a = document.createElement("a")
		a.href = `+quote(link)+`
		document.body.append(a)
		a.click()
		return ""
	})()`)
	said := w.script(`(async () => {
		document.querySelector("#form button").click()
		const said = document.getElementById("said")
		for (let i = 0; i < 100 && !said.textContent; i++) {
			await new Promise((go) => setTimeout(go, 50))
		}
		return said.textContent
	})()`)
	if said != "Email verified successfully" {
		t.Errorf("the page says %q", said)
	}
}

// TestProgramsAndApps are served without a browser: a program with no header at all, and an app with its own scheme,
// after it has asked.
func TestProgramsAndApps(t *testing.T) {
	const app = "capacitor://localhost"
	w := newWorld(t, httpadapter.Options{Cookie: withCookie.Cookie, Origins: []string{app}})
	a := w.kit.User()
	send := func(method, path, body string, h ...string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:"+w.api+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(h); i += 2 {
			r.Header.Set(h[i], h[i+1])
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return res
	}
	in := object("email", a.Email, "password", a.Password)
	if res := send("POST", "/authentiq/v1/user/login", in); res.StatusCode != 200 {
		t.Errorf("a program: %d", res.StatusCode)
	}
	asked := send("OPTIONS", "/authentiq/v1/user/login", "", "Origin", app, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
	if asked.StatusCode != 204 || asked.Header.Get("Access-Control-Allow-Origin") != app || asked.Header.Get("Access-Control-Allow-Methods") != "POST" ||
		!strings.Contains(asked.Header.Get("Access-Control-Allow-Headers"), "Content-Type") {
		t.Errorf("the app's question: %d %v", asked.StatusCode, asked.Header)
	}
	res := send("POST", "/authentiq/v1/user/login", in, "Origin", app, "Content-Type", "application/json", "Sec-Fetch-Site", "cross-site")
	if res.StatusCode != 200 || res.Header.Get("Access-Control-Allow-Origin") != app || len(res.Cookies()) > 0 {
		t.Errorf("the app: %d %v", res.StatusCode, res.Header)
	}
	if res := send("POST", "/authentiq/v1/user/login", in, "Origin", app); res.StatusCode != 400 {
		t.Errorf("the app without a type: %d", res.StatusCode)
	}
	if res := send("POST", "/authentiq/v1/user/login", in, "Origin", "ionic://localhost", "Content-Type", "application/json"); res.StatusCode != 403 {
		t.Errorf("another app: %d", res.StatusCode)
	}
}

// TestSandboxedFrames have the origin "null": they are served by the unsafe option only, and never with the cookie.
func TestSandboxedFrames(t *testing.T) {
	for _, unsafe := range []bool{false, true} {
		o := withCookie
		o.UnsafeNullOrigin = unsafe
		w := newWorld(t, o)
		p := w.kit.Parent()
		w.signIn(p)
		w.open(w.site("sub.auth.localhost"))
		said := w.script(`(async () => {
			const frame = document.createElement("iframe")
			frame.sandbox = "allow-scripts"
			frame.srcdoc = "<script>onmessage = async (e) => { const said = []; for (const [url, init] of e.data) {" +
				"try { said.push((await fetch(url, init)).status) } catch (e) { said.push(e.name) } } parent.postMessage(said.join(' '), '*') }</" + "script>"
			const said = new Promise((done) => { onmessage = (e) => done(e.data) })
			frame.onload = () => frame.contentWindow.postMessage([
				[` + quote(w.service("/authentiq/v1/user/login")) + `, {method: "POST", headers: {"Content-Type": "application/json"}, body: ` + quote(object("email", "first@app.example", "password", "wrong")) + `}],
				[` + quote(w.service("/auth/signout")) + `, {method: "POST", mode: "no-cors", credentials: "include"}],
				[` + quote(w.service("/auth/user-profile")) + `, {credentials: "include"}],
			], "*")
			document.body.append(frame)
			return said
		})()`)
		want := "TypeError 0 TypeError" // 0: sent unseen
		if unsafe {
			want = "401 0 TypeError"
		}
		if said != want {
			t.Errorf("unsafe %t: %q, want %q", unsafe, said, want)
		}
		if got := w.who(); got != p.Email {
			t.Errorf("unsafe %t: the frame signed %q out", unsafe, p.Email)
		}
	}
}
