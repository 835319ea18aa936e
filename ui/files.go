package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"time"
)

//go:embed page texts
var files embed.FS

var noTime time.Time // of an embedded file

// readFiles takes the template and the style sheet out of the binary.
func (s *site) readFiles() (err error) {
	if s.template, err = template.ParseFS(files, "page/*.html"); err != nil {
		return err
	}
	if s.style, err = files.ReadFile("page/style.css"); err != nil {
		return err
	}
	if s.script, err = files.ReadFile("page/passkey.js"); err != nil {
		return err
	}
	s.styleURL, s.scriptURL = s.assetURL(s.style, ".css"), s.assetURL(s.script, ".js")
	return nil
}

// assetURL is where a file is, whose name changes with it.
func (s *site) assetURL(file []byte, kind string) string {
	sum := sha256.Sum256(file)
	return s.url(signInPath + "/" + hex.EncodeToString(sum[:8]) + kind)
}
