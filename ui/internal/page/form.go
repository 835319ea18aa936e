package page

import (
	"slices"
	"strconv"
	"strings"
)

// Form is sent to the page that shows it. The first one of a page is the one that it is for.
type Form struct {
	Action string // filled in

	Do         string // which of several forms of a page it is, as the field do; empty: there is one
	Head, Lead string // of a further one
	User       string // whose passwords it has, for password managers, where no field says it; it is neither seen nor sent
	Hidden     []Hidden
	Fields     []Field
	Button     string
	Check      string // a further button, which sends the form with check=on and without the browser's own rules; empty: none
	Label      string // of a button that says too little by itself, for who does not see what stands beside it
	Quiet      bool   // a button beside the point
	Danger     bool   // a button that takes something away
	Search     bool   // it asks for another view of the page, and changes nothing
	Inline     bool   // its fields stand in a line
	Ways       []Way  // other buttons of the same form, which look at none of its fields
}

// Way is another way to the same end. The form is sent with its value in the field way.
type Way struct{ Value, Text string }

// Hidden is a value that a form carries on.
type Hidden struct{ Name, Value string }

// Field is an input with its label.
type Field struct {
	Name, Label, Hint string
	Type              string // "text", "email", "password", "checkbox", "select", "search", "date", "number", "url", "textarea"
	Complete          string // autocomplete, for password managers
	Mode              string // inputmode, for keyboards of phones
	Rules             string // passwordrules, for those who make passwords
	Optional          bool
	Value             string
	Choices           []Choice // of a select
	Most              int      // characters; zero: no bound

	Error   string // filled in, like the rest
	ID      string
	Focus   bool
	Checked bool
}

// Choice is one of a select.
type Choice struct{ Value, Text string }

// DescribedBy names the elements that explain the field.
func (f Field) DescribedBy() string {
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
func (f Field) Typed() bool { return f.Type != "checkbox" }

// completeForm fills in a form, the n-th of its page.
func (v *Visit) completeForm(f *Form, n int, told *bool) {
	f.Action = v.Self()
	values := v.R.PostForm
	sent := !f.Search && v.Failed != nil && values.Get("do") == f.Do
	if v.typed.Values != nil && v.typed.Do == f.Do {
		values, sent = v.typed.form(), true
	}
	if v.By != nil && !f.Search {
		f.Hidden = append(slices.Clip(f.Hidden), Hidden{whoseField, v.By.Account.String()})
	}
	if f.Search {
		f.Action, values, sent = v.here(), v.R.URL.Query(), true
	}
	for j := range f.Fields {
		x := &f.Fields[j]
		x.ID = x.Name
		if n > 0 {
			x.ID += "-" + strconv.Itoa(n)
		}
		if !sent {
			continue
		}
		switch {
		case x.Type == "checkbox":
			x.Checked = values.Has(x.Name)
		case values.Has(x.Name) && x.Type != "password":
			x.Value = strings.TrimSpace(values.Get(x.Name))
		}
		if !*told && v.Failed.Field == x.Name && !f.Search {
			x.Error, x.Focus, *told = v.Failed.Text, true, true
		}
	}
}
