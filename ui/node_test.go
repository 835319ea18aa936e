package ui_test

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
)

// node is an element of a page, which is read as strictly as XML.
type node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Nodes   []node     `xml:",any"`
}

func (n node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (n node) has(name string) bool {
	return slices.ContainsFunc(n.Attrs, func(a xml.Attr) bool { return a.Name.Local == name })
}

func (n node) all(name string) (found []node) {
	for _, x := range n.Nodes {
		if x.XMLName.Local == name || name == "*" {
			found = append(found, x)
		}
		found = append(found, x.all(name)...)
	}
	return found
}

func (n node) byID(id string) node {
	for _, x := range n.all("*") {
		if x.attr("id") == id {
			return x
		}
	}
	return node{}
}

func (n node) text() string {
	text := n.Text
	for _, x := range n.Nodes {
		text += " " + x.text()
	}
	return strings.Join(strings.Fields(text), " ")
}

// fields are what a form can be filled in with.
func (n node) fields() []node {
	return slices.Concat(n.all("input"), n.all("select"), n.all("textarea"))
}

// filled is what a browser sends of a form that nobody has touched.
func (n node) filled() url.Values {
	values := url.Values{}
	for _, in := range n.fields() {
		switch name := in.attr("name"); {
		case in.XMLName.Local == "textarea":
			values.Set(name, in.Text)
		case in.XMLName.Local == "select":
			options := in.all("option")
			i := max(0, slices.IndexFunc(options, func(o node) bool { return o.has("selected") }))
			values.Set(name, options[i].attr("value"))
		case in.attr("type") != "checkbox" || in.has("checked"):
			values.Set(name, in.attr("value"))
		}
	}
	return values
}
