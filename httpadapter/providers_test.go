package httpadapter_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// A browser goes to the issuer and comes back signed in, by the cookies of this service alone.
func TestTheAppFamilySendsBrowsersToAnIssuer(t *testing.T) {
	w := newWorld(t)
	w.Issuer().As("i-1", "ada@house.example", true)
	begun := w.must("POST "+providers+"/test/start", `{"return":"/inbox?folder=new"}`, ownPage)
	set := begun.header["Set-Cookie"]
	if len(set) != 1 || !strings.HasPrefix(set[0], "__Host-issuer-") || !strings.HasSuffix(set[0], "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("the ticket: %q", set)
	}
	on := w.visited(begun)
	if on.back.String() != "https://auth.example"+providers+"/test/callback?"+on.back.RawQuery {
		t.Errorf("the way back: %s", on.back)
	}
	came := w.comes(on)
	if came.status != 303 || came.header.Get("Location") != "/inbox?folder=new" || came.body != "" {
		t.Errorf("%d %v", came.status, came.header)
	}
	for header, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
		if came.header.Get(header) != want {
			t.Errorf("%s: %q", header, came.header.Get(header))
		}
	}
	gone := false
	for _, c := range came.header["Set-Cookie"] {
		gone = gone || strings.HasPrefix(c, "__Host-issuer-") && strings.Contains(c, "Max-Age=0")
		if strings.HasPrefix(c, "__Host-session=") && !strings.HasSuffix(c, "; Path=/; HttpOnly; Secure; SameSite=Lax") {
			t.Errorf("the session: %s", c)
		}
	}
	if !gone {
		t.Error("the ticket stays in the browser")
	}
	me := w.must("GET "+api+"/session", "", ownPage, "Cookie: "+cookiesOf(came))
	if me.field("user.email") != "ada@house.example" || me.field("user.emailVerified") != "true" {
		t.Error(me.body)
	}
	w.Issuer().As("i-1", "", false)
	again := w.comes(w.leaves(`{"rememberMe":true}`))
	if again.header.Get("Location") != "/" || !strings.Contains(strings.Join(again.header["Set-Cookie"], "\n"), "__Host-session=") || !strings.Contains(again.header.Get("Set-Cookie"), "Max-Age=86400") {
		t.Errorf("%v", again.header)
	}
}

// What is refused leads to the page where people sign in, with the code of the error and nothing else, and signs nobody in.
func TestARefusedWayLeadsToTheSignInPage(t *testing.T) {
	for name, c := range map[string]struct {
		come func(w *world, on way) answer
		want string
	}{
		"another browser":      {func(w *world, on way) answer { on.cookies = ""; return w.comes(on) }, "/enter?error=invalid_challenge"},
		"another way's ticket": {func(w *world, on way) answer { on.cookies = w.leaves(`{}`).cookies; return w.comes(on) }, "/enter?error=invalid_challenge"},
		"another's in its name": {func(w *world, on way) answer {
			on.cookies = renamed(on.cookies, w.leaves(`{}`).cookies)
			return w.comes(on)
		}, "/enter?error=invalid_challenge"},
		"two of the name": {func(w *world, on way) answer { on.cookies += "; " + on.cookies; return w.comes(on) }, "/enter?error=invalid_challenge"},
		"no text of ours": {func(w *world, on way) answer {
			on.cookies, _, _ = strings.Cut(on.cookies, "=")
			on.cookies += "=x"
			return w.comes(on)
		}, "/enter?error=invalid_challenge"},
		"at another's place": {func(w *world, on way) answer {
			on.back.Path = providers + "/google/callback"
			return w.comes(on)
		}, "/enter?error=invalid_challenge"},
		"a no":               {func(w *world, on way) answer { on.back.RawQuery += "&error=access_denied"; return w.comes(on) }, "/enter?error=invalid_challenge&next=%2Finbox"},
		"no code":            {func(w *world, on way) answer { return w.comes(without(on, "code")) }, "/enter?error=invalid_challenge&next=%2Finbox"},
		"no iss":             {func(w *world, on way) answer { return w.comes(without(on, "iss")) }, "/enter?error=invalid_challenge&next=%2Finbox"},
		"no state":           {func(w *world, on way) answer { return w.comes(without(on, "state")) }, "/enter?error=invalid_challenge"},
		"too late":           {func(w *world, on way) answer { w.Advance(10 * time.Minute); return w.comes(on) }, "/enter?error=invalid_challenge"},
		"the issuer is away": {func(w *world, on way) answer { w.Issuer().Down(true); return w.comes(on) }, "/enter?error=upstream&next=%2Finbox"},
		"a taken address": {func(w *world, on way) answer {
			w.appUser("ada")
			w.Issuer().As("i-1", "ada@house.example", false)
			return w.comes(w.leaves(`{"return":"/inbox"}`))
		}, "/enter?error=email_taken&next=%2Finbox"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *tollkeeper.Config, _ *options, _ *store.Store) { c.Mail.Links.SignIn = "/enter" })
			w.Issuer().As("i-1", "ada@house.example", true)
			a := c.come(w, w.leaves(`{"return":"/inbox"}`))
			if a.status != 303 || a.header.Get("Location") != c.want || strings.Contains(cookiesOf(a), "__Host-session") {
				t.Errorf("%d %v", a.status, a.header)
			}
		})
	}
}

func without(on way, name string) way {
	q := on.back.Query()
	q.Del(name)
	on.back.RawQuery = q.Encode()
	return on
}

// renamed is the value of the other cookie under the name of the first.
func renamed(first, other string) string {
	name, _, _ := strings.Cut(first, "=")
	_, value, _ := strings.Cut(other, "=")
	return name + "=" + value
}

// A return leads to a page of the service, and has its place in a cookie.
func TestWhereAWayMayLeadTo(t *testing.T) {
	w := newWorld(t)
	long := "/" + strings.Repeat("a", 999)
	for to, want := range map[string]int{
		"/inbox?x=1#y": 200, long: 200, long + "a": 400, "//evil.example/": 400, "https://evil.example/": 400, `/\\evil.example`: 400, "inbox": 400, "/a/../b": 400,
	} {
		if a := w.do("POST "+providers+"/test/start", object("return", to), ownPage); a.status != want {
			t.Errorf("%.40s: %d %s", to, a.status, a.body)
		}
	}
	w.Issuer().As("i-1", "ada@house.example", true)
	if a := w.comes(w.leaves(object("return", long))); a.header.Get("Location") != long || len(a.header["Set-Cookie"]) != 2 {
		t.Errorf("%v", a.header)
	}
}

// Pages of other origins begin no way, and have no browser end one unseen; whoever only looks at the link uses nothing up.
func TestOtherPagesBeginNoWay(t *testing.T) {
	w := newWorld(t)
	w.Issuer().As("i-1", "ada@house.example", true)
	for _, page := range []string{strangePage, fromAway} {
		if a := w.do("POST "+providers+"/test/start", `{}`, page); a.status != 403 || a.header["Set-Cookie"] != nil {
			t.Errorf("%s: %d %v", page, a.status, a.header)
		}
	}
	on := w.leaves(`{}`)
	if a := w.do("GET "+on.back.RequestURI(), "", fromAway, "Sec-Fetch-Mode: no-cors", "Cookie: "+on.cookies); a.status != 403 {
		t.Errorf("an image: %d", a.status)
	}
	if a := w.do("HEAD "+on.back.RequestURI(), "", "Cookie: "+on.cookies); a.status != 200 || a.header["Set-Cookie"] != nil {
		t.Errorf("HEAD: %d %v", a.status, a.header)
	}
	if a := w.comes(on); a.header.Get("Location") != "/" {
		t.Errorf("afterwards: %v", a.header)
	}
	if a := w.do("GET "+providers+"/test/start", ""); a.status != 405 {
		t.Errorf("by a link: %d", a.status)
	}
}

// A way to link ends in the session that began it, whose cookie comes with a link of another site but not with its posts.
func TestAnIssuerIsLinkedByTheAppFamily(t *testing.T) {
	for name, posts := range map[string]bool{"by a link": false, "by a post": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.Issuer().Posts(posts)
			w.Issuer().As("i-1", "other@house.example", true)
			ada := w.appUser("ada")
			session := "__Host-session=" + ada.token
			on := w.leaves(`{"return":"/settings","link":true}`, "Cookie: "+session)
			if posts {
				form := []string{"Content-Type: application/x-www-form-urlencoded", "Origin: https://issuer.test", fromAway, linkStart, "Cookie: " + on.cookies}
				a := w.do("POST "+on.back.Path, on.back.RawQuery+"&user=%7B%7D", form...)
				next, err := url.Parse(a.header.Get("Location"))
				if err != nil || a.status != 303 || next.Path != on.back.Path || next.Query().Has("user") || a.header["Set-Cookie"] != nil {
					t.Fatalf("%d %v", a.status, a.header)
				}
				on.back = next
			}
			nobody := w.comes(on)
			if nobody.header.Get("Location") != "/settings?error=invalid_token" {
				t.Errorf("without the session: %v", nobody.header)
			}
			on = w.leaves(`{"return":"/settings","link":true}`, "Cookie: "+session)
			on.cookies += "; " + session
			a := w.comes(on)
			if a.header.Get("Location") != "/settings" || strings.Contains(cookiesOf(a), "__Host-session") {
				t.Errorf("%d %v", a.status, a.header)
			}
			list := w.must("GET "+providers, "", ownPage, "Cookie: "+session)
			if !strings.Contains(list.body, `"linked":true`) {
				t.Error(list.body)
			}
			if a := w.must("GET "+api+"/identities", "", bearerOf(ada.token)); !strings.Contains(a.body, `"name":"test"`) {
				t.Error(a.body)
			}
			if a := w.do("DELETE "+api+"/identities/test", "", bearerOf(ada.token)); a.status != 204 {
				t.Errorf("%d %s", a.status, a.body)
			}
			w.Advance(6 * time.Minute)
			if a := w.do("POST "+providers+"/test/start", `{"link":true}`, ownPage, "Cookie: "+session); a.status != 403 || a.field("code") != "not_recent" {
				t.Errorf("six minutes later: %d %s", a.status, a.body)
			}
		})
	}
}

// The last way in stays, and the answer says what to do.
func TestTheLastWayInIsNotTakenAway(t *testing.T) {
	w := newWorld(t)
	w.Issuer().As("i-1", "ada@house.example", false)
	came := w.comes(w.leaves(`{}`))
	a := w.do("DELETE "+api+"/identities/test", "", ownPage, "Cookie: "+cookiesOf(came))
	if a.status != 409 || a.field("code") != "last_way_in" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// The second factor stands between an issuer's word and the session: the challenge stays in a cookie that only the
// service's own pages spend.
func TestAChallengeIsKeptAfterAnIssuer(t *testing.T) {
	w := newWorld(t, func(_ *tollkeeper.Config, o *options, _ *store.Store) { o.App.SecondFactor = "/second-factor" })
	ada := w.appUser("ada")
	w.prove(ada)
	secret := w.must("POST "+api+"/factors/totp", "", bearerOf(ada.token)).field("secret")
	w.must("POST "+api+"/factors/totp/confirm", object("code", w.code(secret)), bearerOf(ada.token))
	w.Advance(time.Minute)
	w.Issuer().As("i-1", ada.email, true)
	came := w.comes(w.leaves(`{"return":"/inbox","rememberMe":true}`))
	kept := cookiesOf(came)
	if came.header.Get("Location") != "/second-factor?next=%2Finbox&step=second-factor" || !strings.HasPrefix(kept, "__Host-challenge=1.") || strings.Contains(kept, "__Host-session") {
		t.Fatalf("%v", came.header)
	}
	code := object("code", w.code(secret))
	for name, h := range map[string][]string{"another site's page": {strangePage}, "a program": {}} {
		if a := w.do("POST "+api+"/challenge", code, append(h, "Cookie: "+kept)...); a.status == 200 {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	if a := w.do("POST "+api+"/challenge", code, ownPage, "Cookie: "+kept+"; "+kept); a.status != 400 {
		t.Errorf("two of them: %d", a.status)
	}
	a := w.must("POST "+api+"/challenge", code, ownPage, "Cookie: "+kept)
	set := strings.Join(a.header["Set-Cookie"], "\n")
	if !strings.Contains(set, "__Host-session=") || !strings.Contains(set, "Max-Age=86400") || !strings.Contains(set, "__Host-challenge=; Path=/; Max-Age=0") {
		t.Error(set)
	}
	list := w.must("GET "+providers, "", ownPage, "Cookie: "+cookiesOf(a))
	if !strings.Contains(list.body, `"linked":true`) {
		t.Errorf("the second step links it: %s", list.body)
	}
}

// A browser keeps the tickets of eight ways; those that began first give way.
func TestABrowserGoesEightWaysAtOnce(t *testing.T) {
	w := newWorld(t)
	w.Issuer().As("i-1", "ada@house.example", true)
	jar := map[string]string{}
	var ways []way
	for range 10 {
		w.Advance(time.Second)
		var sent []string
		for name, value := range jar {
			sent = append(sent, name+"="+value)
		}
		h := []string{ownPage}
		if len(sent) > 0 {
			h = append(h, "Cookie: "+strings.Join(sent, "; "))
		}
		a := w.must("POST "+providers+"/test/start", `{}`, h...)
		for _, line := range a.header["Set-Cookie"] {
			name, rest, _ := strings.Cut(line, "=")
			value, _, _ := strings.Cut(rest, ";")
			if jar[name] = value; value == "" {
				delete(jar, name)
			}
		}
		ways = append(ways, w.visited(a))
	}
	if len(jar) != 8 {
		t.Fatalf("%d tickets", len(jar))
	}
	var all []string
	for name, value := range jar {
		all = append(all, name+"="+value)
	}
	for n, on := range ways {
		on.cookies = strings.Join(all, "; ")
		if good := w.comes(on).header.Get("Location") == "/"; good != (n >= 2) {
			t.Errorf("way %d ends well: %t", n, good)
		}
	}
}

// Where no cookies are set there are no routes that need them, and a page that is none is refused at the start.
func TestProvidersNeedCookies(t *testing.T) {
	w := newWorld(t, func(_ *tollkeeper.Config, o *options, _ *store.Store) { o.App.BearerOnly = true })
	if a := w.do("GET "+providers, ""); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
