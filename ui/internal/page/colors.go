package page

import (
	"math"
	"net/http"
	"strconv"
	"strings"
)

// The grounds that the style sheet puts words on, by scheme.
const (
	lightCard = "#ffffff"
	darkCard  = "#191d23"
)

const enough = 4.5 // contrast of a text (WCAG 2.2, 1.4.3)

const mostLogo = 64 << 10 // bytes

// colors is a style sheet with the colours of the look. A colour that cannot be read on its ground is refused.
func (l Look) colors() (string, error) {
	var b strings.Builder
	for _, c := range []struct{ option, accent, card, open, end string }{
		{"Look.Accent", l.Accent, lightCard, ":root{", "}"},
		{"Look.AccentDark", l.AccentDark, darkCard, "@media (prefers-color-scheme:dark){:root{", "}}"},
	} {
		if c.accent == "" {
			continue
		}
		own, ok := luminance(c.accent)
		if !ok {
			return "", refused(c.option, "must be a colour as #1d4fbf")
		}
		card, _ := luminance(c.card)
		if contrast(own, card) < enough {
			return "", refused(c.option, "cannot be read on "+c.card+": its contrast is below 4.5")
		}
		on := "#ffffff"
		if contrast(own, 1) < contrast(own, 0) {
			on = "#000000"
		}
		b.WriteString(c.open + "--accent:" + c.accent + ";--on-accent:" + on + c.end)
	}
	return b.String(), nil
}

// luminance is that of "#rrggbb" (WCAG 2.2, relative luminance).
func luminance(color string) (float64, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
	if err != nil || len(color) != 7 || color[0] != '#' {
		return 0, false
	}
	linear := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0), true
}

// contrast is that of two luminances (WCAG 2.2, contrast ratio).
func contrast(x, y float64) float64 { return (max(x, y) + 0.05) / (min(x, y) + 0.05) }

// logoKind is the media type of the logo.
func (l Look) logoKind() (string, error) {
	if len(l.Logo) > mostLogo {
		return "", refused("Look.Logo", "must have at most 64 KiB")
	}
	switch kind := http.DetectContentType(l.Logo); kind {
	case "image/png", "image/jpeg", "image/webp":
		return kind, nil
	}
	if text := strings.TrimSpace(string(l.Logo)); strings.HasPrefix(text, "<svg") || strings.HasPrefix(text, "<?xml") && strings.Contains(text, "<svg") {
		return "image/svg+xml", nil
	}
	return "", refused("Look.Logo", "must be an SVG, PNG, JPEG or WebP picture")
}
