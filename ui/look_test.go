package ui_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><script>alert(1)</script><rect width="2" height="2"/></svg>`

// What cannot be is told at Mount, by its option, and where it is in a file by that and by what is wrong there.
func TestLooksThatCannotBe(t *testing.T) {
	kit := authtest.New(t)
	for name, c := range map[string]struct {
		look ui.Look
		want []string
	}{
		"no colour":          {ui.Look{Accent: "blue"}, []string{"Look.Accent ", "must be a colour"}},
		"three digits":       {ui.Look{Accent: "#14f"}, []string{"Look.Accent ", "must be a colour"}},
		"a style":            {ui.Look{Accent: "#1d4fb;"}, []string{"Look.Accent ", "must be a colour"}},
		"yellow on white":    {ui.Look{Accent: "#ffdd00"}, []string{"Look.Accent ", "#ffffff", "contrast"}},
		"grey on white":      {ui.Look{Accent: "#777777"}, []string{"Look.Accent ", "contrast"}}, // 4.48
		"navy on black":      {ui.Look{AccentDark: "#1d4fbf"}, []string{"Look.AccentDark ", "contrast"}},
		"no picture":         {ui.Look{Logo: []byte("hello")}, []string{"Look.Logo "}},
		"a page":             {ui.Look{Logo: []byte("<html><svg></svg></html>")}, []string{"Look.Logo "}},
		"a large picture":    {ui.Look{Logo: append([]byte(svg), make([]byte, 64<<10)...)}, []string{"Look.Logo ", "64 KiB"}},
		"a broken template":  {ui.Look{Files: fstest.MapFS{"form.html": file(`{{define "form"}}{{if}}`)}}, []string{"Look.Files ", "form.html:1"}},
		"a wrong field":      {ui.Look{Files: fstest.MapFS{"page.html": file("<h1>\n{{.Titel}}</h1>")}}, []string{"Look.Files ", "page.html:2", "Titel"}},
		"seldom a wrong one": {ui.Look{Files: fstest.MapFS{"page.html": file(`{{with .Key}}{{.Seed}}{{end}}`)}}, []string{"Look.Files ", "page.html:1", "Seed"}},
		"or otherwise":       {ui.Look{Files: fstest.MapFS{"page.html": file(`{{if not .Title}}{{.None}}{{end}}`)}}, []string{"Look.Files ", "None"}},
		"no such template":   {ui.Look{Files: fstest.MapFS{"page.html": file(`{{template "sidebar" .}}`)}}, []string{"Look.Files ", "sidebar"}},
		"half an attribute":  {ui.Look{Files: fstest.MapFS{"page.html": file(`<a href="{{.Title}}`)}}, []string{"Look.Files ", "page.html"}},
		"a misspelled name":  {ui.Look{Files: fstest.MapFS{"styles.css": file("")}}, []string{"Look.Files ", "styles.css"}},
		"one folder deeper":  {ui.Look{Files: fstest.MapFS{"looks/texts/de.json": file("{}")}}, []string{"Look.Files ", "looks/texts/de.json"}},
		"as embedded":        {ui.Look{Files: fstest.MapFS{"texts/de/entry.json": file("{}")}}, []string{"Look.Files ", "texts/de/entry.json"}},
		"no kind of text":    {ui.Look{Files: fstest.MapFS{"texts/de.jsn": file("{}")}}, []string{"Look.Files ", "texts/de.jsn"}},
		"a name is missing":  {ui.Look{Files: fstest.MapFS{"texts/de.json": file(`{"prove.mailed": "Gesendet."}`)}}, []string{"Look.Files ", "prove.mailed", "{email}"}},
		"no JSON below":      {ui.Look{Files: fstest.MapFS{"texts/en.json": file("{\n  \"a\": \"b\",\n}")}}, []string{"texts/en.json, line 3"}},
		"no JSON":            {ui.Look{Files: fstest.MapFS{"texts/en.json": file("{")}}, []string{"Look.Files ", "texts/en.json"}},
		"an unknown text":    {ui.Look{Files: fstest.MapFS{"texts/en.json": file(`{"sign-in.titel": "x"}`)}}, []string{"Look.Files ", "texts/en.json", "sign-in.titel"}},
		"half a language":    {ui.Look{Files: fstest.MapFS{"texts/it.json": file(`{"sign-in.title": "Accedi"}`)}}, []string{"Look.Files ", "texts/it.json", "has no text "}},
	} {
		err := ui.Mount(http.NewServeMux(), kit.Auth, ui.Options{Look: c.look})
		if err == nil {
			t.Errorf("%s is taken", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error()+" ", want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
	}
}

// TestLanguagesOfTheHost: the pages are in those alone, and in the first for whoever prefers none of them.
func TestLanguagesOfTheHost(t *testing.T) {
	if err := ui.Mount(http.NewServeMux(), authtest.New(t).Auth, ui.Options{Languages: []string{"de", "tlh"}}); err == nil || !strings.Contains(err.Error(), `Options.Languages has "tlh"`) {
		t.Error(err)
	}
	_, mux := service(t, ui.Options{Languages: []string{"de", "fr"}})
	b := browse(t, mux)
	for asked, want := range map[string]string{"": "de", "it": "de", "en": "de", "fr-CA": "fr", "*": "de"} {
		b.header.Set("Accept-Language", asked)
		if b.open("/sign-in"); b.page.attr("lang") != want || strings.Contains(b.body, "English") {
			t.Errorf("%q is answered in %s", asked, b.page.attr("lang"))
		}
	}
	b.header.Del("Accept-Language")
	if b.open("/sign-in?lang=en"); b.page.attr("lang") != "de" {
		t.Error("English is there")
	}
}

func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 2, 2))
	m.Set(1, 1, color.White)
	return m
}

// A logo is served as the picture that it is, and runs nothing where it is opened by itself.
func TestLogos(t *testing.T) {
	var asPNG, asJPEG bytes.Buffer
	if err := png.Encode(&asPNG, picture()); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&asJPEG, picture(), nil); err != nil {
		t.Fatal(err)
	}
	for kind, logo := range map[string][]byte{
		"image/svg+xml": []byte(svg), "image/png": asPNG.Bytes(), "image/jpeg": asJPEG.Bytes(), "image/webp": []byte("RIFF\x1a\x00\x00\x00WEBPVP8 "),
	} {
		_, mux := service(t, ui.Options{Look: ui.Look{Logo: logo}})
		b := browse(t, mux)
		b.logo = true
		b.open("/sign-in")
		img := b.page.all("img")[0]
		if img.attr("alt") != "app.example" {
			t.Errorf("%s: who sees no picture reads %q", kind, img.attr("alt"))
		}
		b.open(img.attr("src"))
		policy := b.answer.Get("Content-Security-Policy")
		if b.answer.Get("Content-Type") != kind || b.body != string(logo) || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: %d %v", kind, b.status, b.answer)
		}
	}
}

func TestColours(t *testing.T) {
	_, mux := service(t, ui.Options{Look: ui.Look{Accent: "#7a1f5c", AccentDark: "#F2B8DA"}})
	b := browse(t, mux)
	b.open("/sign-in")
	b.open(b.style())
	if !strings.HasSuffix(b.body, ":root{--accent:#7a1f5c;--on-accent:#ffffff}@media (prefers-color-scheme:dark){:root{--accent:#F2B8DA;--on-accent:#000000}}") {
		t.Error(b.body[len(b.body)-200:])
	}
}

// Files take the place of those of the pages one by one.
func TestFilesOfTheHost(t *testing.T) {
	_, mux := service(t, ui.Options{Look: ui.Look{Files: fstest.MapFS{
		"style.css":     file("main { color: red }"),
		"section.html":  file(`{{define "section"}}{{end}}`),
		"texts/en.json": file(`{"sign-in.title": "Welcome back", "sign-in.button": "Let <me> in"}`),
		"README.md":     file("not of the pages"),
	}}})
	b := browse(t, mux)
	b.open("/sign-in")
	b.sees("/sign-in", 200, "Welcome back", "Let <me> in", "Keep me signed in")
	b.open(b.style())
	if b.body != "main { color: red }" {
		t.Errorf("%.60q", b.body)
	}
	b.header.Set("Accept-Language", "de")
	b.open("/sign-in")
	b.sees("/sign-in", 200, "Anmelden")
}
