package httpadapter_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// wirePage returns docs/WIRE.md by family: the sections with titles such as "1. Organization family".
func wirePage(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/WIRE.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for section := range strings.SplitSeq(string(text), "\n## ") {
		title, body, _ := strings.Cut(section, "\n")
		if words := strings.Fields(title); len(words) == 3 && words[2] == "family" {
			sections[strings.ToLower(words[1])] = body
		}
	}
	return sections
}

// TestWirePageNamesTheRoutes: docs/WIRE.md names each route of a documented family in its section, and no other one.
// The contract of the app family is its document.
func TestWirePageNamesTheRoutes(t *testing.T) {
	sections := wirePage(t)
	routes := map[string]bool{ // of package social
		"`GET /auth/google/start`": true, "`GET /auth/google/callback`": true,
	}
	for _, r := range rows() {
		route := "`" + r.Method + " " + r.Path + "`"
		if routes[route] = true; r.Family != "app" && !strings.Contains(sections[r.Family], route) {
			t.Errorf("the page lacks %s", route)
		}
	}
	named := regexp.MustCompile("`[A-Z]+ /[^ `]*`")
	for family, section := range sections {
		for _, route := range named.FindAllString(section, -1) {
			if !routes[route] {
				t.Errorf("the section of the %s family has %s, which is no route", family, route)
			}
		}
	}
}

// TestWirePageHasTheErrors: docs/WIRE.md has a row for each error of a documented family in its section. Where the
// message is the error's own, its cell is empty.
func TestWirePageHasTheErrors(t *testing.T) {
	sections := wirePage(t)
	for _, r := range replies() {
		if r.Family == "app" {
			continue
		}
		row := "| " + strconv.Itoa(r.Status) + " |"
		if r.Code != "" {
			row += " " + r.Code + " |"
		}
		if r.Message != "" {
			row += " " + r.Message
		}
		if row += " |"; !strings.Contains(sections[r.Family], row) {
			t.Errorf("the section of the %s family lacks the row %s", r.Family, row)
		}
	}
}
