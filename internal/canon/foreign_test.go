package canon_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// refusedByRule says why an address that somebody else's rules take is none here, or "".
func refusedByRule(address string) string {
	local, domain := address[:strings.LastIndexByte(address, '@')], address[strings.LastIndexByte(address, '@')+1:]
	switch {
	case strings.HasPrefix(local, `"`):
		return "a quoted local part: no provider gives them out, and two spellings would be one mailbox"
	case strings.HasPrefix(domain, "["):
		return "an address literal: a machine, not a domain that somebody owns"
	case strings.ContainsFunc(address, func(r rune) bool { return r > 0x7e }):
		return "beyond ASCII: a domain is written in punycode, and a local part would need Unicode folding (SECURITY.md F7)"
	case !strings.Contains(domain, "."):
		return "a domain without a dot: a machine of somebody's network"
	case !strings.ContainsAny(domain[strings.LastIndexByte(domain, '.'):], "abcdefghijklmnopqrstuvwxyz"):
		return "a last label of digits: no domain has one, and a reader may take it for a machine"
	}
	return ""
}

// The tests of isemail: what is an address without any remark is taken, and nothing else; testdata/README.md.
func TestEmailLikeIsemail(t *testing.T) {
	raw, err := os.ReadFile("testdata/isemail.xml")
	if err != nil {
		t.Fatal(err)
	}
	var suite struct {
		Tests []struct {
			ID        string `xml:"id,attr"`
			Address   string `xml:"address"`
			Category  string `xml:"category"`
			Diagnosis string `xml:"diagnosis"`
		} `xml:"test"`
	}
	if err := xml.Unmarshal(raw, &suite); err != nil {
		t.Fatal(err)
	}
	picture := func(r rune) rune { // a control is written as the picture of it
		switch {
		case 0x2400 <= r && r <= 0x2420:
			return r - 0x2400
		case r == 0x2421:
			return 0x7f
		}
		return r
	}
	taken, excused := 0, 0
	for _, c := range suite.Tests {
		// RFC5321: an address, and an unusual one. DNSWARN: one whose domain was not found.
		good := c.Category == "ISEMAIL_VALID_CATEGORY" || c.Category == "ISEMAIL_DNSWARN" || c.Category == "ISEMAIL_RFC5321"
		address := strings.Map(picture, c.Address)
		_, ok := canon.Email(address)
		switch {
		case ok && good:
			taken++
		case ok:
			t.Errorf("%s: %q is taken, and %s", c.ID, address, c.Diagnosis)
		case good && refusedByRule(address) != "":
			excused++
		case good:
			t.Errorf("%s: %q is refused, and %s", c.ID, address, c.Diagnosis)
		}
	}
	if got := fmt.Sprint(len(suite.Tests), taken, excused); got != "164 21 17" {
		t.Errorf("%s: tests, taken, refused by a rule of ours", got)
	}
}

// The formats email and idn-email of JSON Schema; testdata/README.md.
func TestEmailLikeJSONSchema(t *testing.T) {
	for file, want := range map[string]string{"jsonschema-email.json": "5 11 5", "jsonschema-idn-email.json": "2 2 8"} {
		raw, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var groups []struct {
			Tests []struct {
				Description string
				Data        any // only text is an address
				Valid       bool
			}
		}
		if err := json.Unmarshal(raw, &groups); err != nil {
			t.Fatal(err)
		}
		taken, refused, excused := 0, 0, 0
		for _, g := range groups {
			for _, c := range g.Tests {
				address, text := c.Data.(string)
				if !text {
					continue
				}
				_, ok := canon.Email(address)
				switch {
				case ok && c.Valid:
					taken++
				case !ok && !c.Valid:
					refused++
				case c.Valid && refusedByRule(address) != "":
					excused++
				default:
					t.Errorf("%s: %s: %q: %v", file, c.Description, address, ok)
				}
			}
		}
		if got := fmt.Sprint(taken, refused, excused); got != want {
			t.Errorf("%s: %s: taken, refused, refused by a rule of ours; want %s", file, got, want)
		}
	}
}
