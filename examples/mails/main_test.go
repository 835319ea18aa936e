package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tollkeeper/tollkeeper"
)

// Whatever the index leads to is there, in six languages, and twice is as good as once.
func TestWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "mails")
	for range 2 {
		if err := write(folder, tollkeeper.Config{}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(filepath.Join(folder, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`href="([^"]+)"`).FindAllSubmatch(page, -1)
	if len(links) < 2*6*20 {
		t.Errorf("%d links", len(links))
	}
	for _, link := range links {
		if mail, err := os.ReadFile(filepath.Join(folder, string(link[1]))); err != nil || len(mail) == 0 {
			t.Errorf("%s: %v", link[1], err)
		}
	}
	arabic, err := os.ReadFile(filepath.Join(folder, "ar", "reset.html"))
	if err != nil || !strings.Contains(string(arabic), `dir="rtl"`) {
		t.Errorf("%s, %v", arabic, err)
	}
}

func TestWriteSaysWhatIsWrongWithATemplate(t *testing.T) {
	var c tollkeeper.Config
	c.Mail.Templates = fstest.MapFS{"reset.txt": {Data: []byte("no subject")}}
	if err := write(t.TempDir(), c); err == nil || !strings.Contains(err.Error(), "reset.txt") {
		t.Error(err)
	}
}
