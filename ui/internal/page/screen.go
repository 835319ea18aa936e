package page

import (
	"cmp"
	"html/template"
	"slices"

	"github.com/tollkeeper/tollkeeper/internal/language"
)

// Screen is what a page shows, in the visitor's language. The templates know nothing else. Every text in it is data:
// markup is shown as it was written.
type Screen struct {
	frame // filled in

	Title  string
	Wide   bool   // for tables, beside a list of pages
	Tabs   []Tab  // the pages beside this one
	Notice string // what was just done
	Alert  string // what went wrong with no field at fault; filled in
	Lead   []string
	Offers []Link // to what can be done with what the page shows
	GoTo   string // where the browser goes by itself, as a link of the page does for who does not want that; empty: nowhere

	Key     *Key     // of an authenticator app
	Codes   []string // to be kept
	Passkey *Passkey // a button, where the browser has passkeys; nil: none is asked for

	Forms    []Form
	Sections []Section
	Links    []Link
}

// frame is what every document has about it.
type frame struct {
	Lang, Dir  string
	Product    string
	Logo       string   // address of a picture; empty: the product's name stands there
	Styles     []string // addresses
	Script     string   // address; empty: the page runs none
	Skip       string   // text of the link to the content
	Languages  []Language
	LanguageOf string       // what the list of languages is called
	Home       string       // where the product's name leads
	Who        string       // is signed in, on wide pages; empty: nobody, or it is not said
	WhoURL     string       // their own account; empty: they have no page for it
	Out        Link         // to sign out; zero: these pages cannot
	TabsOf     string       // what the list of pages is called
	Icon       template.URL // address of a picture for the tab of the browser
}

// noIcon keeps browsers from asking for one.
const noIcon = "data:image/png;base64,iVBORw0KGgo="

// Language is one that a page is in.
type Language struct {
	Tag, Name string
	URL       string
	Current   bool
}

// Tab leads to a page beside this one.
type Tab struct {
	URL, Text string
	Current   bool
}

// Link leads elsewhere.
type Link struct{ URL, Text string }

// Key is what an authenticator app is to be told.
type Key struct {
	Picture     template.URL // for a camera
	PictureText string
	Text        string       // the same to be typed
	App         template.URL // and for an app on this device
	AppText     string
}

// Passkey asks the browser for one, or for a new one, by the script of these pages. Without it nothing is seen.
type Passkey struct {
	Action  string // filled in
	Options string // JSON
	Ticket  string
	Button  string
	New     bool // makes one
	Fill    bool // offers those that there are in the field with autocomplete "webauthn", too
	Below   bool // the forms, as a further way; else before them
	Failed  string
	Without string // said where the browser makes none; empty: nothing
	Hidden  []Hidden
	Fields  []Field
	Do      string
}

// Section is a part of a page with a heading of its own.
type Section struct {
	ID    string // to be linked to; empty: not
	Head  string
	Lead  []string
	Facts []Fact
	Chart *Chart
	Table *Table
	Codes []string
	Forms []Form
	Links []Link
}

// Fact is a value with its name.
type Fact struct {
	Name string
	Cell
}

// Table has a row for each of many things. On narrow pages each row is a block of lines.
type Table struct {
	Caption string
	Folded  string // a line that shows it when it is pressed; empty: it is shown
	Columns []Column
	Rows    []Row
	Empty   string // said where there are no rows
	CSV     Link   // to the same as a file; zero: there is none
	Pages   []Link // further rows
}

// Column is a heading; Number sets its cells to the right.
type Column struct {
	Text   string
	Number bool
}

// Row is a line of a table. Its forms are the buttons at its end.
type Row struct {
	Cells []Cell
	Forms []Form
}

// Cell is a text, a moment or a mark.
type Cell struct {
	Text string
	URL  string // where the text leads; empty: nowhere
	Time string // RFC 3339, of a text that is a moment
	Code bool   // the text is for machines, or is theirs
	Mark string // "good", "warn", "bad" or "plain": the text is a mark of that kind; empty: it is none
	Soft string // a further, smaller line
}

// complete fills in what every page has: whose it is, what went wrong, what was typed. A password is never shown again.
func (v *Visit) complete(seen *Screen) {
	v.frame(seen)
	told := v.Failed == nil
	n := 0
	forms := func(list []Form) {
		for i := range list {
			v.completeForm(&list[i], n, &told)
			if v.checks = v.checks || list[i].Check != ""; v.checks {
				seen.Script = cmp.Or(seen.Script, v.assets.check)
			}
			n++
		}
	}
	if seen.Passkey != nil {
		seen.Passkey.Action, seen.Script = v.Self(), v.assets.script
		for i := range seen.Passkey.Fields {
			seen.Passkey.Fields[i].ID = "passkey-" + seen.Passkey.Fields[i].Name
		}
	}
	forms(seen.Forms)
	for i := range seen.Sections {
		forms(seen.Sections[i].Forms)
		if c := seen.Sections[i].Chart; c != nil {
			c.complete(seen.Dir == "rtl")
		}
		if t := seen.Sections[i].Table; t != nil {
			for j := range t.Rows {
				forms(t.Rows[j].Forms)
			}
		}
	}
	if !told {
		seen.Alert = v.Failed.Text
	}
}

// frame fills in what stands about the content.
func (v *Visit) frame(seen *Screen) {
	f := &seen.frame
	f.Lang, f.Dir, f.Product, f.Home = v.lang.tag, language.Direction(v.lang.tag), cmp.Or(v.Look.Name, v.Auth.Product()), v.Home
	f.Logo, f.Icon, f.Styles = v.assets.logo, template.URL(cmp.Or(v.assets.logo, noIcon)), v.assets.styles
	if seen.Wide {
		f.Styles = append(slices.Clone(f.Styles), v.assets.wide)
	}
	f.Skip, f.LanguageOf, f.TabsOf = v.T("page.skip"), v.T("page.languages"), v.T("page.pages")
	if v.By != nil && seen.Wide {
		f.Who = v.By.Email
		if v.Account != "" {
			f.WhoURL = v.URL(v.Account)
		}
		if v.SignOut != "" {
			f.Out = Link{v.URL(v.SignOut), v.T("link.sign-out")}
		}
	}
	if v.Operator != "" {
		f.Who = v.Operator
	}
	if v.Mailed {
		return // the links would carry the token of the address on
	}
	f.Languages = v.Languages()
}

// Languages are those that there are texts in.
func (v *Visit) Languages() (list []Language) {
	for _, tag := range v.words.tags() {
		list = append(list, Language{tag, v.words[tag].text("page.language"), v.inLanguage(tag), tag == v.lang.tag})
	}
	return list
}
