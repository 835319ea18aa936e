package httpadapter

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"mime"
	"strconv"
	"strings"
)

// page is what a mailed link shows to a browser: it asks, and changes nothing. What it sends is a POST of JSON to its
// own path, by a script that finds the token in the address. It is the same for everybody, needs no other file and
// takes no part in a page of another origin. The zero page is none.
type page struct {
	html   []byte
	policy []string // Content-Security-Policy
}

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageStyle string
	//go:embed page/page.js
	pageScript string
)

// pageText is what a page says.
type pageText struct {
	Title, Text string
	Label, Hint string // of the password
	Button      string
	Disown      bool // offers "This was not me"
}

var (
	confirmPage = newPage(pageText{
		Title: "Confirm your email address", Text: "Please confirm that this is your address and your account.",
		Label: "Password (optional)", Hint: "With the password of the account you prove that it is yours. A second factor needs that.",
		Button: "Confirm", Disown: true,
	})
	newEmailPage = newPage(pageText{
		Title: "Use this email address", Text: "Please confirm that your account is to use this address from now on. Linked sign-ins with other providers end.",
		Label: "Password", Hint: "Of your account: the link alone is not enough.", Button: "Use this address",
	})
)

// newPage makes the page once. What cannot be made is a fault of the embedded files, which every test would meet.
func newPage(q pageText) page {
	var html bytes.Buffer
	err := template.Must(template.New("page").Parse(pageHTML)).Execute(&html, struct {
		pageText
		Style  template.CSS
		Script template.JS
	}{q, template.CSS(pageStyle), template.JS(pageScript)})
	if err != nil {
		panic(err)
	}
	policy := "default-src 'none'; style-src '" + hashOf(pageStyle) + "'; script-src '" + hashOf(pageScript) +
		"'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return page{html: html.Bytes(), policy: []string{policy}}
}

// hashOf names an inline text in a policy (CSP level 3, 2.3.1).
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// showing makes a row that shows a page to everybody.
func showing(path string, p page) route {
	return on("GET", path, noBody, func(*call, struct{}) (done, error) { return done{}, nil }, func(*call, done) answer { return answer{page: p} })
}

// orShows shows a page instead to clients that would rather have one: browsers that follow a link, and what follows
// links in a browser's name.
func (r route) orShows(p page) route {
	serve := r.serve
	r.serve = func(c *call) (answer, error) {
		if prefersPage(c.r.Header["Accept"]) {
			return answer{page: p}, nil
		}
		return serve(c)
	}
	return r
}

// prefersPage reports whether an Accept header gives text/html a higher weight than application/json (RFC 9110 12.5.1).
func prefersPage(accept []string) bool {
	html, json := weight{}, weight{}
	for item := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, parameters, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := parameters["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		html.weigh(kind, "text/html", q)
		json.weigh(kind, "application/json", q)
	}
	return html.q > json.q
}

// weight is what a header says of a type: its narrowest range counts.
type weight struct {
	q      float64
	narrow int
}

func (w *weight) weigh(kind, of string, q float64) {
	family, _, _ := strings.Cut(of, "/")
	narrow := map[string]int{"*/*": 1, family + "/*": 2, of: 3}[kind]
	if narrow > w.narrow {
		*w = weight{q, narrow}
	}
}
