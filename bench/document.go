package bench

import (
	"fmt"
	"strings"
)

// Replace puts the text between the two comments of that name in a Markdown document, in place of what stands there.
func Replace(document, name, text string) (string, error) {
	begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
	before, rest, ok := strings.Cut(document, begin)
	if !ok {
		return "", fmt.Errorf("bench: the document has no line %q", strings.TrimSpace(begin))
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return "", fmt.Errorf("bench: the document has no line %q", end)
	}
	return before + begin + strings.TrimRight(text, "\n") + "\n" + end + after, nil
}
