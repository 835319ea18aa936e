package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper/ui/internal/route"
)

//go:embed files texts
var files embed.FS

// Look is how the pages look. The zero Look is the product's name, in blue.
type Look struct {
	Name       string // in the place of the product's; empty: that
	Logo       []byte // a picture, SVG, PNG, JPEG or WebP, of at most 64 KiB, in the place of the product's name
	Accent     string // colour of buttons and links on light ground, as "#1d4fbf"
	AccentDark string // the same on dark ground
	Files      fs.FS  // templates, style sheets and texts that replace embedded ones, file by file
}

// assets are the templates and the files that pages lead to.
type assets struct {
	template *template.Template
	styles   []string // addresses, of every page
	wide     string   // of wide pages besides
	script   string
	check    string // the script of forms that can be checked
	logo     string
	files    map[string]asset // by address
}

type asset struct {
	kind string
	data []byte
}

// readAssets takes templates and files out of the binary or out of the look. at is before the addresses of the files.
func readAssets(l Look, at string) (a *assets, err error) {
	a = &assets{files: map[string]asset{}}
	own := layered{l.Files}
	if err = own.known(); err != nil {
		return nil, refused("Look.Files", err.Error())
	}
	if a.template, err = own.templates(); err != nil {
		return nil, refused("Look.Files", err.Error())
	}
	style, err := own.ReadFile("style.css")
	if err != nil {
		return nil, refused("Look.Files", err.Error())
	}
	colors, err := l.colors()
	if err != nil {
		return nil, err
	}
	a.styles = []string{a.add(at, ".css", "text/css; charset=utf-8", append(style, colors...))}
	wide, err := own.ReadFile("wide.css")
	if err != nil {
		return nil, refused("Look.Files", err.Error())
	}
	a.wide = a.add(at, ".css", "text/css; charset=utf-8", wide)
	script, err := own.ReadFile("page.js")
	if err != nil {
		return nil, refused("Look.Files", err.Error())
	}
	a.script = a.add(at, ".js", "text/javascript; charset=utf-8", script)
	check, err := own.ReadFile("check.js")
	if err != nil {
		return nil, refused("Look.Files", err.Error())
	}
	a.check = a.add(at, ".js", "text/javascript; charset=utf-8", check)
	if len(l.Logo) > 0 {
		kind, err := l.logoKind()
		if err != nil {
			return nil, err
		}
		a.logo = a.add(at, "", kind, bytes.Clone(l.Logo))
	}
	return a, nil
}

// add keeps a file, and returns its address, which changes with it.
func (a *assets) add(at, ending, kind string, data []byte) string {
	sum := sha256.Sum256(data)
	address := at + "/" + hex.EncodeToString(sum[:8]) + ending
	a.files[address] = asset{kind, data}
	return address
}

func (a *assets) routes(base string) (list []route.Route) {
	for address, f := range a.files {
		list = append(list, route.Route{Method: http.MethodGet, Path: strings.TrimPrefix(address, base), Handler: f})
	}
	return list
}

func (f asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox") // of a picture that is opened by itself
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}

// layered is the embedded files below those of a host.
type layered struct{ host fs.FS }

func (l layered) ReadFile(name string) ([]byte, error) {
	if l.host != nil {
		data, err := fs.ReadFile(l.host, name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return data, err
		}
	}
	return files.ReadFile("files/" + name)
}

// plain are the embedded templates alone, which are read and tried once for all pages of a program.
var plain = sync.OnceValues(func() (*template.Template, error) { return layered{}.parse() })

// templates returns those that pages are made of, which have been tried.
func (l layered) templates() (*template.Template, error) {
	if l.host == nil {
		return plain()
	}
	return l.parse()
}

func (l layered) parse() (*template.Template, error) {
	t := template.New("")
	names, err := fs.Glob(files, "files/*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		name = strings.TrimPrefix(name, "files/")
		text, err := l.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if _, err := t.New(name).Parse(string(text)); err != nil {
			return nil, fmt.Errorf("cannot parse: %w", err)
		}
	}
	return t, try(t)
}
