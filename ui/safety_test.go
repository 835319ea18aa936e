package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// hostileNext are values of next that lead elsewhere in some browser, or mean more than one thing.
var hostileNext = []string{
	"//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example", "https:evil.example", "https:/evil.example",
	"https://evil.example", "HTTPS://evil.example/", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "https://shop.example@evil.example",
	"https://shop.example:443@evil.example/", "https://shop.example.evil.example", "https://shop.example\\.evil.example", "https://evil.example/https://shop.example",
	"https://shop.example%2eevil.example", "https://shop.example:8443/", "http://shop.example/", "https://sub.shop.example/", "//shop.example",
	"/\tevil", "/\n/evil.example", "\t//evil.example", " //evil.example", "/x\r\nSet-Cookie: a=b", "/x%0d%0aSet-Cookie:%20a=b", "/%09/evil.example",
	"/%5cevil.example", "/./\\evil", "/a/../b", "/..//evil.example", "?x", "#x", "x", "", "/\x00", "/" + strings.Repeat("a", 2000), "https://shop.example/\r\nx",
	"https://user:pass@shop.example/",
}

// What next says leads to this origin, or to a listed one, and nowhere else: by no form, no link and no redirect.
func TestNextLeadsNowhereElse(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{Home: "/orders", NextOrigins: []string{"https://shop.example"}}, authtest.WithIssuer())
	kit.Issuer().As("i-1", "ada@mail.example", true)
	a := kit.User()
	for _, next := range hostileNext {
		asked := "?next=" + url.QueryEscape(next)
		for _, page := range []string{"/sign-in", "/sign-up", "/sign-out", "/forgot", "/mail-link", "/done"} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, page+asked, nil))
			if body := strings.ReplaceAll(w.Body.String(), "lang=", ""); strings.Contains(linksOnly(body), "evil") || strings.Contains(linksOnly(body), "next=") {
				t.Errorf("%s of %q carries it on:\n%s", page, next, linksOnly(body))
			}
		}
		w := post(mux, "/sign-in"+asked, url.Values{"login": {a.Email}, "password": {a.Password}})
		if to := w.Header().Get("Location"); w.Code != 303 || to != "/orders" || len(w.Header()["Set-Cookie"]) != 2 {
			t.Errorf("next %q: %d to %q with %q", next, w.Code, to, w.Header()["Set-Cookie"])
		}
		kit.Advance(time.Minute)
	}
	for _, next := range []string{"/", "/a?b=c#d", "https://shop.example", "https://shop.example/cart?x=1"} {
		w := post(mux, "/sign-in?next="+url.QueryEscape(next), url.Values{"login": {a.Email}, "password": {a.Password}})
		if to := w.Header().Get("Location"); to != next {
			t.Errorf("next %q: to %q", next, to)
		}
		kit.Advance(time.Minute)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sign-in", nil))
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "; form-action 'self' https://shop.example;") {
		t.Errorf("the policy holds the redirect: %s", policy)
	}
	w = post(mux, "/sign-in?next=%2Fa&next=%2Fb", url.Values{"login": {a.Email}, "password": {a.Password}})
	if to := w.Header().Get("Location"); to != "/orders" {
		t.Errorf("of two: to %q", to)
	}
}

// linksOnly is where a page leads, but for its languages, which keep the address as it is.
func linksOnly(body string) string {
	body, _, _ = strings.Cut(body, "<footer>")
	var all []string
	for _, part := range strings.Split(body, `="`)[1:] {
		value, _, _ := strings.Cut(part, `"`)
		all = append(all, value)
	}
	return strings.Join(all, "\n")
}

// post sends a form from a page of the service.
func post(h http.Handler, to string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, to, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// What a request says of hosts and of the page before leads nobody anywhere.
func TestHeadersLeadNobodyAnywhere(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	a := kit.User()
	for _, header := range []string{"Referer", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Original-Url", "X-Rewrite-Url", "Origin"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "https://evil.example/sign-in", nil)
		r.Header.Set(header, "https://evil.example")
		mux.ServeHTTP(w, r)
		if strings.Contains(w.Body.String(), "evil") || strings.Contains(w.Header().Get("Content-Security-Policy"), "evil") {
			t.Errorf("%s: %s", header, w.Body)
		}
		if header == "Origin" {
			continue
		}
		for _, form := range []url.Values{{"login": {a.Email}, "password": {a.Password}}, {"way": {"test"}}} {
			w = post(mux, "https://evil.example/sign-in", form, header, "https://evil.example")
			if strings.Contains(w.Body.String()+w.Header().Get("Location"), "evil") {
				t.Errorf("%s: to %q\n%s", header, w.Header().Get("Location"), w.Body)
			}
		}
		kit.Advance(time.Minute)
	}
	if err := kit.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Email: a.Email}); err != nil {
		t.Fatal(err)
	}
	if link := kit.LastLink(a.Email, tollkeeper.MailReset); !strings.HasPrefix(link, authtest.BaseURL+"/") {
		t.Errorf("a mail leads to %s", link)
	}
}

// Whoever is listed may show the pages in a frame, and nobody else.
func TestFrames(t *testing.T) {
	_, mux := service(t, ui.Options{FrameOrigins: []string{"https://shop.example", "http://localhost:3000"}})
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sign-in", nil))
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "; frame-ancestors https://shop.example http://localhost:3000;") {
		t.Error(policy)
	}
	kit := authtest.New(t)
	for _, origin := range []string{"*", "https://*.example", "https://shop.example/", "http://shop.example", "shop.example", "https://a.example; script-src *", "'self'", "https://"} {
		for name, o := range map[string]ui.Options{
			"FrameOrigins": {FrameOrigins: []string{origin}}, "NextOrigins": {NextOrigins: []string{origin}}, "Origin": {Origin: origin},
		} {
			if err := ui.Mount(http.NewServeMux(), kit.Auth, o); err == nil || !strings.Contains(err.Error(), "Options."+name+" ") {
				t.Errorf("%s %q: %v", name, origin, err)
			}
		}
	}
}

// What people type is shown as text wherever it is shown again, and a mailed token goes from the address into the form
// and nowhere else.
func TestMarkupInEveryField(t *testing.T) {
	const markup = `"><script>alert('1')</script><b>"x'</b>`
	kit, mux := service(t, ui.Options{})
	b := browse(t, mux)
	for page, fields := range map[string][]string{
		"/sign-in": {"login", markup, "password", markup}, "/sign-up": {"email", markup, "password", password},
		"/forgot": {"email", markup}, "/mail-link": {"email", markup}, "/check-mail": {"email", markup},
	} {
		b.open(page)
		b.submit("", fields...)
		if got := b.field(fields[0]).attr("value"); got != markup || b.status < 400 {
			t.Errorf("%s: %d, %q", page, b.status, got)
		}
	}
	a := kit.User()
	if err := kit.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Email: a.Email}); err != nil {
		t.Fatal(err)
	}
	b.open(kit.LastLink(a.Email, tollkeeper.MailReset))
	token := b.field("token").attr("value")
	if links := strings.ReplaceAll(linksOnly(b.body), "\n"+token+"\n", "\n"); token == "" || strings.Contains(links, token) || b.answer.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the token %q is carried on: %s", token, links)
	}
}
