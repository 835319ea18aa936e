package widget_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/widget"
)

// ask sends a request for the script, with headers as "Name: value".
func ask(method string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/widget.js", nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	widget.Handler().ServeHTTP(w, r)
	return w
}

func TestHeaders(t *testing.T) {
	w := ask("GET")
	for name, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding",
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "", "Content-Encoding": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	tag := w.Header().Get("ETag")
	if again := ask("GET", "If-None-Match: "+tag); len(tag) < 20 || again.Code != 304 || again.Body.Len() > 0 {
		t.Errorf("with the tag %s: %d", tag, again.Code)
	}
	if other := ask("GET", `If-None-Match: "x"`); other.Code != 200 {
		t.Errorf("with another tag: %d", other.Code)
	}
	if head := ask("HEAD"); head.Code != 200 || head.Body.Len() > 0 || head.Header().Get("ETag") != tag {
		t.Errorf("HEAD: %d %v", head.Code, head.Header())
	}
	if post := ask("POST"); post.Code != 405 || post.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", post.Code, post.Header())
	}
}

func TestCompression(t *testing.T) {
	plain := ask("GET")
	for sent, want := range map[string]bool{
		"gzip, deflate, br": true, "GZIP;q=0.5": true, "*": true, "br, *;q=0.1": true,
		"": false, "br": false, "gzip;q=0": false, "gzip;q=0.000, *": false, "gzip;q=x": false, "identity": false,
	} {
		w := ask("GET", "Accept-Encoding: "+sent)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: compressed %t, want %t", sent, got, want)
		}
		if same := w.Header().Get("ETag") == plain.Header().Get("ETag"); same == want {
			t.Errorf("%q: the tag is %s", sent, w.Header().Get("ETag"))
		}
	}
	w := ask("GET", "Accept-Encoding: gzip")
	if size := w.Body.Len(); size > 25<<10 {
		t.Errorf("the script has %d bytes", size)
	}
	r, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != plain.Body.String() {
		t.Errorf("what comes out is another script: %v", err)
	}
}

// TestWhatTheScriptNeverHas: nothing reads HTML or runs a text, and no secret is known by name.
func TestWhatTheScriptNeverHas(t *testing.T) {
	text := ask("GET").Body.String()
	for _, never := range []string{
		"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment", "DOMParser", "eval(", "new Function", "setHTML",
		"srcdoc", `"style"`, "cssText", "javascript:", "jwtSecret", "refreshToken", "document.cookie", "postMessage", `credentials: "include"`,
	} {
		if strings.Contains(text, never) {
			t.Errorf("the script has %s", never)
		}
	}
	kept := regexp.MustCompile(`Storage\.setItem\(.*`).FindAllString(text, -1)
	want := []string{"Storage.setItem(name, String(value));", "Storage.setItem(wentKey, String(Date.now()));"}
	session := regexp.MustCompile(`\{\s*authiqa_token: session\.token,\s*authiqa_token_expiration: session\.expiresAt,\s*userId: session\.userId,\s*\}`)
	if !slices.Equal(kept, want) || !session.MatchString(text) {
		t.Errorf("the script keeps %q", kept)
	}
}

// TestLanguagesSayTheSame: each has every text of the others, with the same gaps, and the script asks for no other.
func TestLanguagesSayTheSame(t *testing.T) {
	read := func(file string) (texts map[string]string) {
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &texts)
		}
		if err != nil {
			t.Fatal(err)
		}
		return texts
	}
	english := read("texts/en.json")
	found, err := filepath.Glob("texts/*.json")
	if err != nil || len(found) != 6 {
		t.Fatal(found, err)
	}
	gap := regexp.MustCompile(`\{\w+\}`)
	for _, file := range found {
		texts := read(file)
		if got, want := slices.Sorted(maps.Keys(texts)), slices.Sorted(maps.Keys(english)); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", file, got, want)
		}
		for name, text := range texts {
			if !slices.Equal(gap.FindAllString(text, -1), gap.FindAllString(english[name], -1)) || (text == "") != (english[name] == "") {
				t.Errorf("%s: %s is %q", file, name, text)
			}
		}
	}
	script := ask("GET").Body.String()
	for _, asked := range regexp.MustCompile(`\b(?:w|words)\.(\w+)`).FindAllStringSubmatch(script, -1) {
		if _, ok := english[asked[1]]; !ok && asked[1] != "language" {
			t.Errorf("no language has %s", asked[1])
		}
	}
	for _, meant := range regexp.MustCompile(`\b[A-Z_]{4,}: \["(\w+)"`).FindAllStringSubmatch(script, -1) {
		if _, ok := english[meant[1]]; !ok {
			t.Errorf("no language has %s", meant[1])
		}
	}
}

func TestMount(t *testing.T) {
	mux := http.NewServeMux()
	if err := errors.Join(widget.Mount(mux, widget.Options{}), widget.Mount(mux, widget.Options{Path: "/assets/sign-in.js"})); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/widget.js": 200, "/assets/sign-in.js": 200, "/widget": 404} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if err := widget.Mount(mux, widget.Options{}); err == nil || !strings.Contains(err.Error(), `widget: the mux has "GET /widget.js" already`) {
		t.Errorf("twice: %v", err)
	}
	for _, path := range []string{"widget.js", "//evil.example/x.js", "/", "/{name}.js", "/x.js?y", "/a b.js"} {
		if err := widget.Mount(http.NewServeMux(), widget.Options{Path: path}); !errors.Is(err, tollkeeper.ErrInvalidInput) {
			t.Errorf("%q: %v", path, err)
		}
	}
}
