package httpadapter_test

import (
	"net/http"
	"net/url"
	"strings"
)

const (
	providers = api + "/providers"
	linkStart = "Sec-Fetch-Mode: navigate"
	fromAway  = "Sec-Fetch-Site: cross-site"
)

// way is a browser under way to the issuer: what the issuer's answer leads it to, and the cookies that it keeps.
type way struct {
	back    *url.URL
	cookies string // the header; empty: none
}

// leaves has a browser sent to the issuer, where the person says yes.
func (w *world) leaves(body string, h ...string) way {
	w.t.Helper()
	return w.visited(w.must("POST "+providers+"/test/start", body, append([]string{ownPage}, h...)...))
}

func (w *world) visited(a answer) way {
	w.t.Helper()
	back, err := w.Issuer().Visit(a.field("url"))
	if err != nil {
		w.t.Fatal(err)
	}
	return way{back, cookiesOf(a)}
}

// cookiesOf is the header Cookie of a browser that got the answer.
func cookiesOf(a answer) string {
	var kept []string
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.MaxAge >= 0 {
			kept = append(kept, c.Name+"="+c.Value)
		}
	}
	return strings.Join(kept, "; ")
}

// comes brings the browser back by a link of the issuer's page.
func (w *world) comes(on way, h ...string) answer {
	w.t.Helper()
	if on.cookies != "" {
		h = append(h, "Cookie: "+on.cookies)
	}
	return w.do("GET "+on.back.RequestURI(), "", append([]string{fromAway, linkStart}, h...)...)
}

// appProviders is docs/WIRE.md section 5: providers.
func (g *golden) appProviders() {
	g.Issuer().As("i-1", "lea@house.example", true)
	g.row("providers", "GET "+providers, "")
	g.row("providers-401", "GET "+providers, "", bearerOf("forged"))
	on := g.visited(g.row("provider-start", "POST "+providers+"/test/start", `{"return":"/inbox"}`, ownPage))
	g.row("provider-start-400", "POST "+providers+"/test/start", `{"return":"https://evil.example/"}`, ownPage)
	g.row("provider-start-401", "POST "+providers+"/test/start", `{"link":true}`, ownPage)
	g.row("provider-start-403", "POST "+providers+"/test/start", `{}`, strangePage)
	g.row("provider-start-404", "POST "+providers+"/nobody/start", `{}`, ownPage)
	came := g.row("provider-callback", "GET "+on.back.RequestURI(), "", fromAway, linkStart, "Cookie: "+on.cookies)
	g.row("provider-callback-twice", "GET "+on.back.RequestURI(), "", fromAway, linkStart, "Cookie: "+on.cookies)
	g.row("provider-callback-no-cookie", "GET "+on.back.RequestURI(), "", fromAway, linkStart)
	g.row("provider-callback-400", "GET "+providers+"/test/callback?state=a&state=b", "")
	g.row("providers-linked", "GET "+providers, "", "Cookie: "+cookiesOf(came), ownPage)

	g.Issuer().Posts(true)
	posted := g.visited(g.row("provider-start-posts", "POST "+providers+"/test/start", `{"rememberMe":true}`, ownPage))
	form := []string{"Content-Type: application/x-www-form-urlencoded", "Origin: https://issuer.test", fromAway, linkStart}
	g.row("provider-post", "POST "+providers+"/test/callback", posted.back.RawQuery, append(form, "Cookie: "+posted.cookies)...)
	g.row("provider-post-400", "POST "+providers+"/test/callback", "state=a&state=b", form...)
	g.Issuer().Posts(false)

	max := g.appUser("max")
	g.prove(max)
	secret := g.must("POST "+api+"/factors/totp", "", bearerOf(max.token)).field("secret")
	g.must("POST "+api+"/factors/totp/confirm", object("code", g.code(secret)), bearerOf(max.token))
	g.Advance(60 * 1e9)
	g.Issuer().As("i-2", max.email, true)
	on = g.leaves(`{"return":"/inbox"}`)
	stopped := g.row("provider-callback-challenge", "GET "+on.back.RequestURI(), "", fromAway, linkStart, "Cookie: "+on.cookies)
	g.row("challenge-kept", "POST "+api+"/challenge", object("code", g.code(secret)), ownPage, "Cookie: "+cookiesOf(stopped))
	g.row("challenge-400", "POST "+api+"/challenge", object("code", "123456"), ownPage)
}
