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
	sum := sha256.Sum256(s.style)
	s.styleURL = s.url(signInPath + "/" + hex.EncodeToString(sum[:8]) + ".css")
	return nil
}
