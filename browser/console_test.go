package browser_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// people are who live in the world of the console.
type people struct {
	admin, user, parent, child authtest.Account
}

// newConsole is a service with sixty users who have come over two months, a tenant whose children spend credits, mail
// that fails, and the pages of admins, of tenants and of operators.
func newConsole(t *testing.T) (*world, people) {
	t.Helper()
	w := &world{t: t, scheme: "http", host: "auth.localhost"}
	w.begin(5 * time.Minute)
	w.complaints()
	app, tenants := http.NewServeMux(), http.NewServeMux()
	w.api, w.pages = w.listen(app), w.listen(tenants)
	w.kit = authtest.New(t, authtest.WithStore(w.counts), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.BaseURL, c.Product = w.service(""), "Shop"
		c.Now = func() time.Time { return time.Now().Add(-span) }
	}))
	operator := func(*http.Request) (string, error) { return "alice", nil }
	nobody := func(*http.Request) (string, error) { return "", nil }
	for _, err := range []error{
		ui.Mount(app, w.kit.Auth, ui.Options{}), ui.MountConsole(app, w.kit.Auth, ui.Console{Guard: operator}),
		ui.MountConsole(app, w.kit.Auth, ui.Console{Guard: nobody, Prefix: "/stranger"}),
		ui.Mount(tenants, w.kit.Auth, ui.Options{Scope: tollkeeper.Tenants}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return w, w.populate()
}

// A field of an organization says what is wrong when it is left, nothing else changes, and nothing is saved.
func TestAnOrganizationIsCheckedWhileItIsTyped(t *testing.T) {
	w, p := newConsole(t)
	w.open(w.service("/operator/" + p.parent.ID.String() + "/organization"))
	leave := func(name, value string) {
		t.Helper()
		w.script("{const x = document.getElementById(" + quote(name) + "); x.value = " + quote(value) + `; x.dispatchEvent(new Event("change", {bubbles: true}))} ""`)
	}
	for _, c := range []struct{ name, value, want string }{
		{"sign-in", "http://acme.example/in", "This must begin with https."}, {"reset", "https://evil.example", "This is not under the domain of the website."},
		{"sign-in", "https://acme.example/in", ""}, {"url", "", "Set the website first."},
	} {
		leave(c.name, c.value)
		id := c.name
		if c.name == "url" {
			id = "sign-in" // whose page has no domain any more
		}
		w.comes(`(document.getElementById("`+id+`-error") || {textContent: ""}).textContent + " " + document.getElementById("`+id+`").getAttribute("aria-invalid")`,
			c.want+map[bool]string{true: " null", false: " true"}[c.want == ""])
	}
	w.comes(`document.querySelector("#check .bad").textContent`, "Wrong")
	w.comes(`document.getElementById("name").value`, "Acme <Ltd>")
	if d, err := w.kit.Auth.Host().Organization(t.Context(), p.parent.ID); err != nil || d.Organization.URL != "https://acme.example" {
		t.Errorf("it was saved: %+v, %v", d.Organization, err)
	}
}

// comes waits until a script says that.
func (w *world) comes(script, want string) {
	w.t.Helper()
	var said string
	for range 200 {
		if said = w.script(script); said == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Errorf("%s is %q, want %q", script, said, want)
}

// Somebody who is looked after is found, asked about, and changed, where no script runs.
func TestTheConsoleInABrowserWithoutScripts(t *testing.T) {
	w, p := newConsole(t)
	w.scripts(false)
	w.open(w.service("/sign-in?next=/admin/users"))
	w.submit("Sign in", "login", p.admin.Email, "password", p.admin.Password)
	w.isAt("/admin/users", "Users")
	w.submit("Search", "q", p.user.Email)
	w.isAt("/admin/users?q="+url.QueryEscape(p.user.Email)+"&role=&status=", "Users")
	w.leavePage(`document.querySelector("td a").click()`)
	w.isAt("/admin/users/"+p.user.ID.String(), p.user.Email)
	w.leavePage(`[...document.querySelectorAll("a")].find((a) => a.textContent === "Disable").click()`)
	w.submit("Disable")
	w.isAt("/admin/users/"+p.user.ID.String()+"?about=disabled", p.user.Email)
	w.open(w.service("/operator/" + p.parent.ID.String() + "/organization"))
	w.submit("Check only", "url", "http://acme.example")
	w.comes(`document.getElementById("url-error").textContent`, "This must begin with https.")
}

// scripts lets pages run their scripts, or not.
func (w *world) scripts(run bool) {
	w.t.Helper()
	if _, err := chromedp.Call(w.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run}); err != nil {
		w.t.Fatal(err)
	}
}

// span is how long the world of the console has lived.
const span = 60 * 24 * time.Hour

// populate makes the world of the console, day by day up to now.
func (w *world) populate() (p people) {
	w.t.Helper()
	ctx, host, dice := w.t.Context(), w.kit.Auth.Host(), rand.New(rand.NewPCG(1, 2))
	p.admin, p.parent = w.kit.FirstAdmin(), w.kit.AccountIn(tollkeeper.Tenants, func(s *tollkeeper.AccountSpec) { s.Email = "billing@acme.example" })
	name, site := "Acme <Ltd>", "https://acme.example"
	if _, err := host.UpdateOrganization(ctx, p.parent.ID, tollkeeper.OrganizationPatch{Name: &name, URL: &site}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := host.Grant(ctx, p.parent.ID, 2_000, "welcome"); err != nil {
		w.t.Fatal(err)
	}
	if _, err := host.GrantPackage(ctx, p.parent.ID, tollkeeper.Purchase{Package: "STARTER", TransactionID: "pay_1041"}); err != nil {
		w.t.Fatal(err)
	}
	agents := []string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
	}
	var users, children []authtest.Account
	for day := range 60 {
		made := func(s *tollkeeper.AccountSpec) {
			first := names[(day*7+3)%len(names)]
			s.Name, s.Email = first+" "+names[(day*5+1)%len(names)], fmt.Sprintf("%s.%d@mail.example", first, day)
			s.Proven, s.Verified = day%5 != 0, day%5 != 0
			if day%17 == 3 {
				s.Role = tollkeeper.RoleAdmin
			}
		}
		users = append(users, w.kit.AccountIn(tollkeeper.Scope{}, made))
		if day%4 == 0 {
			children = append(children, w.kit.AccountIn(tollkeeper.Under(p.parent.ID), made))
		}
		for n := range 3 + dice.IntN(4) + day/12 {
			all := users
			if n%2 == 0 && len(children) > 0 {
				all = children
			}
			from := tollkeeper.Client{Agent: agents[dice.IntN(len(agents))], Addr: netip.AddrFrom4([4]byte{203, 0, 113, byte(dice.IntN(200))})}
			w.kit.SignIn(all[dice.IntN(len(all))], func(r *tollkeeper.SignInRequest) { r.Client = from })
			if n == 2 && len(children) > 0 && day%3 == 0 {
				_, err := host.Charge(ctx, p.parent.ID, tollkeeper.OpVerify, fmt.Sprint("verify ", day))
				if err != nil {
					w.t.Fatal(err)
				}
			}
		}
		w.kit.Advance(span / 60)
	}
	p.user, p.child = users[41], children[9]
	return p
}

// names are of nobody.
var names = []string{
	"ada", "bo", "chen", "dilnoza", "emre", "fatima", "goran", "hana", "ines", "jonas", "kemal", "lucia", "mei", "nils", "omar", "petra",
}
