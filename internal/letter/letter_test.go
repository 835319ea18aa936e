package letter_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/letter"
)

// Whoever chooses a name chooses no link and no text.
func TestName(t *testing.T) {
	for name, named := range map[string]bool{
		"": true, "Acme": true, "Müller & Söhne GmbH.": true, "A/B Testing": true, "Dr. Who": true, "...": true, "株式会社": true, strings.Repeat("ü", 64): true,
		"evil.example": false, "Win at evil.example/x": false, "https://evil": false, "evil。example": false, "e.co": false,
		"me@evil": false, strings.Repeat("ü", 65): false,
	} {
		want := ""
		if named {
			want = name
		}
		if got := letter.Name(name); got != want {
			t.Errorf("%q is called %q", name, got)
		}
	}
}

func TestWithoutNumbers(t *testing.T) {
	got := letter.Data{Product: "Shop 24", Organization: "Code 123456, 1234567 and 12345", OrganizationURL: "https://123456.example", Code: "000000", Link: "/999999"}.WithoutNumbers()
	want := letter.Data{Product: "Shop 24", Organization: "Code …, … and 12345", OrganizationURL: "https://….example", Code: "000000", Link: "/999999"}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
