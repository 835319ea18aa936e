package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui"
)

const (
	pictures    = "../docs/pictures"
	mostPicture = 60 << 10 // bytes
)

// TestPictures holds the pictures of the documents to their size, and to being shown. TOLLKEEPER_PICTURES=docs takes
// them anew.
func TestPictures(t *testing.T) {
	if os.Getenv("TOLLKEEPER_PICTURES") == "docs" {
		takePictures(t)
	}
	files, err := filepath.Glob(pictures + "/*.webp")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	said := ""
	for _, pattern := range []string{"../README.md", "../docs/*.md", "../docs/guides/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			said += string(text)
		}
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() > mostPicture {
			t.Errorf("%s has %d bytes, %v", file, info.Size(), err)
		}
		if !strings.Contains(said, "pictures/"+filepath.Base(file)) {
			t.Errorf("no document shows %s", file)
		}
	}
}

// takePictures shows what a service has from the first minute on.
func takePictures(t *testing.T) {
	t.Helper()
	entry := newShop(t)
	console, p := newConsole(t)
	operator := &gallery{world: console}
	for _, g := range []*gallery{entry, operator} {
		if _, err := chromedp.Call(g.tab, emulation.SetScrollbarsHidden, emulation.SetScrollbarsHiddenParams{Hidden: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		*gallery
		path, name    string
		width, height int64
	}{
		{entry, "/sign-in", "sign-in", 440, 760},
		{operator, "/operator/app/users", "users", 960, 760},
		{operator, "/operator/" + p.parent.ID.String() + "/credits", "credits", 960, 1000},
	} {
		for _, scheme := range []string{"light", "dark"} {
			x.emulate(pose{width: x.width, height: x.height, scheme: scheme})
			x.open(x.service(x.path))
			x.take(filepath.Join(pictures, x.name+"-"+scheme+".webp"), x.width, x.height)
		}
	}
	a := entry.kit.AccountIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) { s.Email, s.Name = "ada@mail.example", "Ada Lovelace" })
	app := entry.kit.EnrolFactor(a)
	entry.kit.Advance(time.Minute)
	entry.carrySession(entry.kit.SignInWithFactor(a, app))
	entry.emulate(pose{width: 960, height: 1000, scheme: "light"})
	entry.open(entry.service("/account/security"))
	entry.take(filepath.Join(pictures, "account.webp"), 960, 1000)
}

// newShop is a service where people sign in by password, passkey and issuer.
func newShop(t *testing.T) *gallery {
	t.Helper()
	g, mux := unmounted(t, func(c *tollkeeper.Config) { c.Product = "Shop" })
	name := fstest.MapFS{"texts/en.json": {Data: []byte(`{"provider.button": "Continue with Google"}`)}} // as Google's button has it
	if err := ui.Mount(mux, g.kit.Auth, ui.Options{Look: ui.Look{Files: name}}); err != nil {
		t.Fatal(err)
	}
	return g
}

// take writes a picture of the window, half as fine again as it is large.
func (g *gallery) take(name string, width, height int64) {
	g.t.Helper()
	quality := int64(75)
	r, err := chromedp.Call(g.tab, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatWebp, Quality: &quality,
		Clip: &page.Viewport{Width: float64(width), Height: float64(height), Scale: 1.5},
	})
	if err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(name, r.Data, 0o644); err != nil {
		g.t.Fatal(err)
	}
}
