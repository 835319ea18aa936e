package page

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
)

// try executes the templates once with everything that a screen can have and once with nothing, so that a name that is
// no field of a screen is told when the pages are mounted, and not to a visitor.
func try(t *template.Template) error {
	for _, seen := range []Screen{{}, sample(true), sample(false)} {
		if err := t.ExecuteTemplate(io.Discard, "page.html", seen); err != nil {
			return fmt.Errorf("cannot show a page: %w", err)
		}
	}
	return nil
}

// sample is a screen with everything, its passkey below the forms or above them.
func sample(below bool) Screen {
	link := Link{URL: "/", Text: "x"}
	field := func(kind string) Field {
		return Field{
			Name: "x", ID: "x", Label: "x", Hint: "x", Type: kind, Complete: "off", Mode: "text", Rules: "minlength: 20;", Value: "x",
			Choices: []Choice{{"x", "x"}}, Most: 9, Error: "x", Focus: true, Checked: true,
		}
	}
	form := Form{
		Action: "/", Do: "x", Head: "x", Lead: "x", Hidden: []Hidden{{"x", "x"}}, Button: "x", Label: "x", Danger: true, Inline: true,
		Fields: []Field{field("text"), field("checkbox"), field("select"), field("textarea")}, Ways: []Way{{"x", "x"}},
	}
	quiet := Form{Action: "/", Button: "x", Quiet: true, Search: true}
	cells := []Cell{{Text: "x", Mark: "good"}, {Text: "x", Time: "2026-01-02T15:04:05Z"}, {Text: "x", URL: "/", Soft: "x"}, {Text: "x"}}
	columns := []Column{{Text: "x", Number: true}, {Text: "x"}, {Text: "x"}, {Text: "x"}}
	passkey := Passkey{
		Action: "/", Options: "{}", Ticket: "x", Button: "x", New: true, Fill: true, Failed: "x", Fields: []Field{field("text")}, Do: "x", Below: below,
	}
	full := Screen{
		Title: "x", Wide: true, Tabs: []Tab{{"/", "x", true}}, Notice: "x", Alert: "x", Lead: []string{"x"}, GoTo: "/",
		Key:   &Key{Picture: "data:image/png;base64,", PictureText: "x", Text: "x", App: "otpauth://totp/x", AppText: "x"},
		Codes: []string{"x"}, Passkey: &passkey, Forms: []Form{form, quiet}, Links: []Link{link},
		Sections: []Section{{
			ID: "x", Head: "x", Lead: []string{"x"}, Facts: []Fact{{"x", cells[0]}}, Codes: []string{"x"}, Forms: []Form{form}, Links: []Link{link},
			Table: &Table{Caption: "x", Columns: columns, Rows: []Row{{cells, []Form{form}}}, Empty: "x", CSV: link, Pages: []Link{link}},
		}, {Table: &Table{Empty: "x"}}},
	}
	full.frame = frame{
		Lang: "en", Dir: "ltr", Product: "x", Logo: "/x", Styles: []string{"/x"}, Script: "/x", Skip: "x", LanguageOf: "x", Home: "/",
		Languages: []Language{{"en", "x", "/", true}}, Who: "x", TabsOf: "x", Icon: noIcon,
	}
	return full
}

// known refuses a file that takes the place of none: its name is misspelled.
func (l layered) known() error {
	if l.host == nil {
		return nil
	}
	return fs.WalkDir(l.host, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if text, _ := path.Match("texts/*.json", name); text {
			return nil
		}
		if dir, kind := path.Dir(name), path.Ext(name); dir != "texts" && !slices.Contains([]string{".html", ".htm", ".css", ".js", ".json"}, kind) {
			return nil // a picture, or a word about the others
		}
		if _, missing := fs.Stat(files, "files/"+name); missing != nil {
			return fmt.Errorf("has %s, which is in the place of no file: templates and style sheets stand at its top, texts are texts/<language>.json", name)
		}
		return nil
	})
}
