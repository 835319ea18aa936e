package widget

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed script texts
var files embed.FS

// parts are the files of the script, in their order. A class stands before what uses it.
var parts = []string{"dom", "words", "service", "session", "passkey", "looks", "form", "card", "screens", "factor", "widget", "start"}

// languages are those that the script speaks. The first is for everybody else.
var languages = []string{"en", "de", "fr", "es", "zh", "ar"}

// encoded is the script in one of its encodings.
type encoded struct {
	text []byte
	tag  string
}

type encodings struct{ plain, zipped encoded }

// script is made once. The files are part of the program, so that what can fail fails in every test.
var script = sync.OnceValue(func() encodings {
	text := assemble()
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // neither the level nor a buffer refuses
	}
	sum := sha256.Sum256(text)
	tag := hex.EncodeToString(sum[:12])
	return encodings{encoded{text, `"` + tag + `"`}, encoded{zipped.Bytes(), `"` + tag + `-gzip"`}}
})

// assemble puts the parts into one function, so that the page gets one name of it, with the words and the style sheet
// as data, and without comments and indentation.
func assemble() []byte {
	var b bytes.Buffer
	b.WriteString("(() => {\n\"use strict\";\n")
	names := slices.Sorted(maps.Keys(words(languages[0])))
	data(&b, "KEYS", names)
	texts := map[string][]string{}
	for _, language := range languages {
		said := words(language)
		for _, name := range names {
			texts[language] = append(texts[language], said[name])
		}
	}
	data(&b, "TEXTS", texts)
	data(&b, "STYLES", strings.Join(dense(read("script/style.css")), " "))
	for _, part := range parts {
		for _, line := range dense(read("script/" + part + ".js")) {
			b.WriteString(line + "\n")
		}
	}
	b.WriteString("})();\n")
	return b.Bytes()
}

// dense returns the lines that are more than a comment. No text of the script goes over several lines.
func dense(file []byte) (lines []string) {
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "//") {
			lines = append(lines, line)
		}
	}
	return lines
}

// data writes a constant of the script.
func data(b *bytes.Buffer, name string, v any) {
	b.WriteString("const " + name + " = ")
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false) // it stands in no HTML
	if err := e.Encode(v); err != nil {
		panic(err)
	}
}

// words returns a language's texts by their names, which all languages have.
func words(language string) (texts map[string]string) {
	if err := json.Unmarshal(read("texts/"+language+".json"), &texts); err != nil {
		panic(err)
	}
	return texts
}

func read(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return text
}
