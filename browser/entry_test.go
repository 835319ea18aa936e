package browser_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

// issuerNextDoor is an issuer with a page of its own in the browser.
type issuerNextDoor struct {
	*authtest.Issuer
	at    string // origin of its page
	posts bool   // the answer
}

// Posts is of the page, too.
func (i *issuerNextDoor) Posts(posts bool) {
	i.posts = posts
	i.Issuer.Posts(posts)
}

func (i *issuerNextDoor) AuthURL(ctx context.Context, r tollkeeper.AuthRequest) (tollkeeper.AuthStep, error) {
	step, err := i.Issuer.AuthURL(ctx, r)
	step.URL = strings.Replace(step.URL, authtest.IssuerURL, i.at, 1)
	return step, err
}

// ServeHTTP is that page: the person says yes.
func (i *issuerNextDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	back, err := i.Visit(r.URL.String())
	if err != nil || r.URL.Path != "/authorize" {
		http.NotFound(w, r)
		return
	}
	if !i.posts {
		http.Redirect(w, r, back.String(), http.StatusFound)
		return
	}
	page := `<!doctype html><title>issuer</title><h1>Issuer</h1><form method="post" action="` + back.Scheme + "://" + back.Host + back.Path + `">`
	for name, values := range back.Query() {
		page += `<input type="hidden" name="` + name + `" value="` + values[0] + `">`
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(page + "<button>Yes</button></form>"))
}

// served counts what the service has sent.
type served struct {
	sync.Mutex
	requests, bytes int
}

type countingWriter struct {
	http.ResponseWriter
	*served
}

func (c countingWriter) Write(b []byte) (int, error) {
	c.Lock()
	c.bytes += len(b)
	c.Unlock()
	return c.ResponseWriter.Write(b)
}

func (s *served) before(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Lock()
		s.requests++
		s.Unlock()
		h.ServeHTTP(countingWriter{w, s}, r)
	})
}

// newEntry is a service with everything that leads in, in a tab with or without scripts.
func newEntry(t *testing.T, scripts bool) (*world, *issuerNextDoor, *served) {
	t.Helper()
	w, sent, issuer := &world{t: t, scheme: "http", host: "auth.localhost"}, new(served), &issuerNextDoor{Issuer: new(authtest.Issuer)}
	w.begin(time.Minute)
	if _, err := chromedp.Call(w.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}); err != nil {
		t.Fatal(err)
	}
	w.complaints()
	mux := http.NewServeMux()
	w.api, w.pages = w.listen(sent.before(mux)), w.listen(issuer)
	issuer.at = w.site("issuer.localhost")
	w.kit = authtest.New(t, authtest.WithStore(w.counts), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.BaseURL, c.Product = w.service(""), "Orchard"
		c.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{authtest.IssuerURL: issuer}
		c.Social.App = []tollkeeper.IssuerSettings{{Issuer: authtest.IssuerURL, Enabled: true, ClientID: authtest.IssuerClient}}
	}))
	if err := ui.Mount(mux, w.kit.Auth, ui.Options{}); err != nil {
		t.Fatal(err)
	}
	mux.Handle("GET /favicon.ico", http.NotFoundHandler())
	members := httpadapter.RequireAuth(w.kit.Auth, httpadapter.OnFailure(ui.SignInPage(w.kit.Auth, ui.Options{})))
	mux.Handle("GET /{$}", members(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte("<!doctype html><title>home</title><h1>Hello, " + id.Email + "</h1>"))
	})))
	return w, issuer, sent
}

// arrives waits until the tab is at the path, under that heading: pages lead on by themselves.
func (w *world) arrives(path, heading string) {
	w.t.Helper()
	for range 1000 {
		got, err := chromedp.Run(w.tab, chromedp.Evaluate[string](`location.pathname + location.search + " " + (document.querySelector("h1") || document.documentElement).textContent`))
		if err == nil && got == path+" "+heading {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.isAt(path, heading)
}

// The button leads to the issuer and back, whether or not scripts run: no policy of any page holds that up.
func TestAnIssuerInABrowser(t *testing.T) {
	for _, scripts := range []bool{false, true} {
		w, issuer, _ := newEntry(t, scripts)
		issuer.As("i-1", "ada@mail.example", true)
		w.open(w.service("/"))
		w.submit("Continue with Test")
		w.arrives("/", "Hello, ada@mail.example")
		w.open(w.service("/sign-out"))
		w.submit("Sign out")
		issuer.Posts(true)
		w.open(w.service("/sign-up?next=%2F%3Fx"))
		w.submit("Continue with Test")
		for range 500 {
			if got, err := chromedp.Run(w.tab, chromedp.Evaluate[string](`document.title + document.readyState`)); err == nil && got == "issuercomplete" {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		w.submit("Yes")
		w.arrives("/?x", "Hello, ada@mail.example")
	}
}

// On a network that is slow the form works as anywhere, whether or not scripts run.
func TestASlowNetwork(t *testing.T) {
	for _, scripts := range []bool{false, true} {
		w, _, _ := newEntry(t, scripts)
		a := w.kit.User()
		slow := []*network.Conditions{{Latency: 300, DownloadThroughput: 20 << 10, UploadThroughput: 10 << 10}}
		if _, err := chromedp.Call(w.tab, network.Enable, network.EnableParams{}); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Call(w.tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: slow}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		w.open(w.service("/"))
		if time.Since(began) < 600*time.Millisecond {
			t.Error("the network is fast")
		}
		w.isAt("/sign-in?next=%2F", "Sign in")
		w.submit("Sign in", "login", a.Email, "password", "wrong")
		w.isAt("/sign-in?next=%2F", "Sign in")
		w.submit("Sign in", "password", a.Password)
		w.isAt("/", "Hello, "+a.Email)
	}
}

// A browser that has nothing of the service loads little for the page to sign in, and asks seldom.
func TestTheSignInPageIsSmall(t *testing.T) {
	w, _, sent := newEntry(t, true)
	w.open(w.service("/sign-up")) // the browser itself is warm
	if _, err := chromedp.Call(w.tab, network.ClearBrowserCache, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	sent.Lock()
	sent.requests, sent.bytes = 0, 0
	sent.Unlock()
	w.open(w.service("/sign-in"))
	time.Sleep(300 * time.Millisecond) // for what comes after the page
	painted := w.script(`String(Math.round(performance.getEntriesByName("first-contentful-paint")[0].startTime - performance.getEntriesByType("navigation")[0].responseEnd))`)
	sent.Lock()
	defer sent.Unlock()
	t.Logf("%d requests, %d bytes, painted %s ms after the answer", sent.requests, sent.bytes, painted)
	if sent.requests > 4 || sent.bytes > 40<<10 || sent.bytes == 0 {
		t.Errorf("%d requests, %d bytes", sent.requests, sent.bytes)
	}
}

// The page to sign in takes a passkey by its button, and out of its field when nobody has pressed anything.
func TestPasskeysOnTheSignInPage(t *testing.T) {
	w, device := newPasskeys(t)
	a := w.kit.User()
	w.open(w.service("/"))
	w.says("Nobody is signed in")
	w.send("/sign-in", `{email: `+quote(a.Email)+`, password: `+quote(a.Password)+`}`, `return said.user.email`)
	w.open(w.service("/"))
	w.click("add")
	w.says("Passkey, in the cloud")

	w.presence(device, false)
	w.open(w.service("/sign-out"))
	w.submit("Sign out")
	w.open(w.service("/sign-in?next=%2Fsign-out"))
	time.Sleep(300 * time.Millisecond)
	w.isAt("/sign-in?next=%2Fsign-out", "Sign in")
	w.byPasskey(0)
	w.presence(device, true)
	w.leavePage(`document.querySelector('[name="remember"]').click(); document.querySelector("#passkey button").click()`)
	w.isAt("/sign-out", "Sign out?")
	w.byPasskey(1)
	for _, c := range w.cookies() {
		if c.Name == httpadapter.CookieName && c.Session {
			t.Error("the choice to stay signed in is lost")
		}
	}

	w.submit("Sign out")
	w.open(w.service("/sign-in?next=%2Fsign-out"))
	w.arrives("/sign-out", "Sign out?")
	w.byPasskey(2)
}
