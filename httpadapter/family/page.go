package family

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Page is what a mailed link shows to a browser: it asks, and changes nothing. What it sends is a POST of JSON to its
// own path, by a script that finds the token in the address. It is the same for everybody, needs no other file and
// takes no part in a page of another origin. The zero Page is none; [NewPage] makes one.
type Page struct {
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

// PageText is what a page says.
type PageText struct {
	Title, Text string
	Label, Hint string // of the password
	Button      string
	Disown      bool // offers "This was not me", a POST of the token to <path>/not-me
}

// NewPage makes the page. It panics where the embedded files are at fault, which every test would meet: keep it in a
// package variable.
func NewPage(q PageText) Page {
	var html bytes.Buffer
	err := template.Must(template.New("page").Parse(pageHTML)).Execute(&html, struct {
		PageText
		Style  template.CSS
		Script template.JS
	}{q, template.CSS(pageStyle), template.JS(pageScript)})
	if err != nil {
		panic(err)
	}
	policy := "default-src 'none'; style-src '" + hashOf(pageStyle) + "'; script-src '" + hashOf(pageScript) +
		"'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return Page{html: html.Bytes(), policy: []string{policy}}
}

// hashOf names an inline text in a policy (CSP level 3, 2.3.1).
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Showing makes a row that shows a page to everybody.
func Showing(path string, p Page) Route {
	show := Choice(func(*Call, None) Answer { return Answer{Page: p} }, Kind{Status: http.StatusOK, page: true})
	r := On("GET", path, Nothing(), func(*Call, None) (None, error) { return None{}, nil }, show)
	r.in.query, r.in.unread = []Param{{Name: "token", About: "of the mailed link, for the page's script"}}, true
	return r
}

// OrShows shows a page instead to clients that would rather have one: browsers that follow a link, and what follows
// links in a browser's name.
func (r Route) OrShows(p Page) Route {
	r.instead = p
	r.out = append(r.out[:len(r.out):len(r.out)], Kind{Status: http.StatusOK, page: true})
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
