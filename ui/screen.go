package ui

import (
	"html/template"
	"strconv"
)

// screen is what a page shows, in the visitor's language. The template knows nothing else.
type screen struct {
	Lang, Product, Style string // filled in

	Title  string
	Notice string // what was just done
	Alert  string // what went wrong with no field at fault; filled in
	Lead   []string

	Picture     template.URL // of a key, for a camera; empty: none
	PictureText string
	Key         string       // the same to be typed
	App         template.URL // and for an app on this device
	AppText     string
	Codes       []string // to be kept

	Passkey *passkeyForm // before the others, where the browser has passkeys; nil: none is asked for

	Forms []form
	Links []link
}

// passkeyForm asks for a passkey, by the script of these pages.
type passkeyForm struct {
	Action, Script string // filled in
	Options        string // JSON
	Ticket         string
	Button         string
}

// form is sent to the page that shows it. The first one of a page is the one that it is for.
type form struct {
	Action string // filled in

	Head, Lead string // of a further one
	Hidden     []hidden
	Fields     []field
	Button     string
	Quiet      bool // a button beside the point
}

type hidden struct{ Name, Value string }

// field is an input with its label.
type field struct {
	Name, Label, Hint string
	Type              string // "text", "email", "password", "checkbox"
	Complete          string // autocomplete, for password managers
	Mode              string // inputmode, for keyboards of phones
	Optional          bool
	Value             string

	Error   string // filled in, like the rest
	ID      string
	Focus   bool
	Checked bool
}

// DescribedBy names the elements that explain the field.
func (f field) DescribedBy() string {
	switch {
	case f.Error != "" && f.Hint != "":
		return f.ID + "-error " + f.ID + "-hint"
	case f.Error != "":
		return f.ID + "-error"
	case f.Hint != "":
		return f.ID + "-hint"
	}
	return ""
}

// Typed reports whether it is a field to type into.
func (f field) Typed() bool { return f.Type != "checkbox" }

type link struct{ URL, Text string }

func (v *visit) link(path, text string) link { return link{v.to(path), text} }

// complete fills in what every page has: whose it is, what went wrong, what was typed. A password is never shown again.
func (v *visit) complete(seen *screen) {
	seen.Lang, seen.Product, seen.Style = v.lang.tag, v.auth.Product(), v.styleURL
	if seen.Passkey != nil {
		seen.Passkey.Action, seen.Passkey.Script = v.self(), v.scriptURL
	}
	told := v.failed == nil
	for i := range seen.Forms {
		f := &seen.Forms[i]
		f.Action = v.self()
		for j := range f.Fields {
			x := &f.Fields[j]
			x.ID = x.Name
			if i > 0 {
				x.ID += "-" + strconv.Itoa(i)
			}
			if v.r.PostForm.Has(x.Name) && x.Type != "password" {
				x.Value, x.Checked = v.value(x.Name), true
			}
			if !told && v.failed.field == x.Name {
				x.Error, x.Focus, told = v.failed.text, true, true
			}
		}
	}
	if !told {
		seen.Alert = v.failed.text
	}
}
