package canon

import (
	"net/url"
	"path"
	"strings"
)

const longestNext = 2000 // bytes

// LeadsHere reports whether every browser takes text for a path of the page's own origin. Browsers read "\" as "/" and
// drop tabs and newlines (WHATWG URL 4.4), so that nothing passes which an address does not hold as it stands
// (RFC 3986), spelled out or escaped.
func LeadsHere(text string) bool {
	u, err := url.Parse(text)
	if err != nil || len(text) > longestNext || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return false
	}
	strange := func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("\\\"<>`", r) }
	hidden := func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }
	if strings.IndexFunc(text, strange) >= 0 || strings.IndexFunc(u.Path, hidden) >= 0 {
		return false
	}
	plain := path.Clean(u.Path)
	return strings.HasPrefix(text, "/") && (u.Path == plain || plain != "/" && u.Path == plain+"/")
}
