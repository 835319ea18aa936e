package contract_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// goldenFolder has a folder for each family, with a file for each exchange.
const goldenFolder = "../testdata/golden"

// exchange is a request and its answer, as a golden file has them.
type exchange struct {
	method, target string
	header         http.Header
	body           string

	status       int
	answerHeader http.Header
	answerBody   string
}

// goldenFiles lists the files of each family. Whatever stands in the folder is one.
func goldenFiles(t *testing.T) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	err := fs.WalkDir(os.DirFS(goldenFolder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files[path.Dir(name)] = append(files[path.Dir(name)], name)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	return files
}

func readGolden(t *testing.T, name string) exchange {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(goldenFolder, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	x, err := parseGolden(string(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return x
}

var statusLine = regexp.MustCompile(`(?m)^-- ([0-9]{3}) --\n`)

// parseGolden reads the text of a file; samples take the places of what differs from run to run.
func parseGolden(text string) (x exchange, err error) {
	at := statusLine.FindAllStringSubmatchIndex(text, -1)
	if len(at) != 1 {
		return x, fmt.Errorf("has %d status lines", len(at))
	}
	if x.status, err = strconv.Atoi(text[at[0][2]:at[0][3]]); err != nil {
		return x, err
	}
	request, body, _ := strings.Cut(strings.TrimSuffix(text[:at[0][0]], "\n"), "\n\n")
	first, lines, _ := strings.Cut(request, "\n")
	method, target, ok := strings.Cut(first, " ")
	if !ok {
		return x, fmt.Errorf("%q is no request", first)
	}
	x.method, x.target, x.body = method, sampled(target), sampled(strings.TrimSuffix(body, "\n"))
	if x.header, err = headerOf(lines); err != nil {
		return x, err
	}
	lines, body, ok = strings.Cut(text[at[0][1]:], "\n\n")
	if !ok {
		return x, fmt.Errorf("has no answer")
	}
	if x.answerHeader, err = headerOf(lines); err != nil {
		return x, err
	}
	x.answerBody = strings.TrimSuffix(body, "\n")
	if !strings.HasPrefix(x.answerHeader.Get("Content-Type"), "text/html") {
		x.answerBody = sampled(x.answerBody)
	}
	return x, nil
}

func headerOf(lines string) (http.Header, error) {
	h := http.Header{}
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if !ok {
			return nil, fmt.Errorf("%q is no header", line)
		}
		for v := range strings.SplitSeq(strings.TrimSpace(value), " | ") {
			h.Add(name, sampled(v))
		}
	}
	return h, nil
}

// samples are for places whose form a document says. Any word will do for the others.
var samples = map[string]string{
	"id": "018f4e1c-a000-7000-8000-00000000abcd", "code": "123456", "network": "192.0.2.0/24", "public key": "APK_ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}

var place = regexp.MustCompile(`<([a-z]+(?: [a-z]+)*)>`)

func sampled(s string) string {
	return place.ReplaceAllStringFunc(s, func(found string) string {
		name := strings.Trim(found, "<>")
		if sample, ok := samples[name]; ok {
			return sample
		}
		return strings.ReplaceAll(name, " ", "-")
	})
}

func TestParseGolden(t *testing.T) {
	x, err := parseGolden("POST /a/<id>?token=<mailed token>\nAuthorization: Bearer <token>\n\n{\"a\":\"<code>\"}\n\n-- 201 --\nVary: Origin | Accept\n\n{\n  \"b\": 1\n}\n")
	switch {
	case err != nil:
		t.Fatal(err)
	case x.method != "POST" || x.target != "/a/018f4e1c-a000-7000-8000-00000000abcd?token=mailed-token" || x.body != `{"a":"123456"}`:
		t.Errorf("request %+v", x)
	case x.header.Get("Authorization") != "Bearer token" || len(x.answerHeader["Vary"]) != 2:
		t.Errorf("headers %v and %v", x.header, x.answerHeader)
	case x.status != 201 || x.answerBody != "{\n  \"b\": 1\n}":
		t.Errorf("answer %+v", x)
	}
	for _, text := range []string{"", "GET\n\n-- 200 --\n\n\n", "GET /\n\n-- 200 --\nVary: Origin\n", "GET /\nx\n\n-- 200 --\n\n\n\n", "GET /\n\n-- 200 --\n-- 200 --\n\n\n"} {
		if x, err := parseGolden(text); err == nil {
			t.Errorf("%q is %+v", text, x)
		}
	}
}
