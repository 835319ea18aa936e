package bench

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// The picture's measures, in pixels.
const (
	pictureWidth = 760
	barsLeft     = 230
	barsRight    = 690
	namesRight   = 174
	rowHeight    = 22
	headHeight   = 34 // of a group
	topHeight    = 64
	footHeight   = 40
)

// The colours are chosen for both themes, and the ground is drawn, too: a page that is dark where the system is light
// has a legible picture all the same.
const pictureStyle = `text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}` +
	`.ground{fill:#fff;stroke:#d1d9e0}.title{font-size:16px;font-weight:600}.group{font-weight:600}.quiet{fill:#59636e;font-size:12px}` +
	`.grid{stroke:#e4e8ec}.one{stroke:#1f2328;stroke-width:1.5}.less{fill:#1a7f37}.more{fill:#bc4c00}` +
	`@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.ground{fill:#0d1117;stroke:#3d444d}.quiet{fill:#9198a1}` +
	`.grid{stroke:#262c36}.one{stroke:#f0f6fc}.less{fill:#3fb950}.more{fill:#f0883e}}`

// Picture draws the shares as an SVG: a bar for each, from the line of equal time to the left where ours takes less and
// to the right where it takes more, on a logarithmic scale.
func Picture(all []Share) string {
	var w strings.Builder
	groups, scale := rows(all), scaleOf(all)
	height := topHeight + footHeight + len(groups)*headHeight + len(all)*rowHeight
	fmt.Fprintf(&w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc">`+"\n",
		pictureWidth, height, pictureWidth, height)
	fmt.Fprintf(&w, "<title id=\"title\">Our time divided by theirs</title>\n<desc id=\"desc\">%s</desc>\n<style>%s</style>\n", escaped(spoken(groups)), pictureStyle)
	fmt.Fprintf(&w, `<rect class="ground" x=".5" y=".5" width="%d" height="%d" rx="6"/>`+"\n", pictureWidth-1, height-1)
	fmt.Fprintf(&w, `<text class="title" x="20" y="30">Our time ÷ theirs</text>`+"\n")
	fmt.Fprintf(&w, `<text class="quiet" x="20" y="50">processor time in one run, logarithmic: left of 1 ours takes less, right of it more</text>`+"\n")
	scale.grid(&w, height)
	y := topHeight
	for _, group := range groups {
		fmt.Fprintf(&w, `<text class="group" x="20" y="%d">%s</text>`+"\n", y+22, escaped(group[0].Row))
		y += headHeight
		for _, s := range group {
			scale.bar(&w, s, y)
			y += rowHeight
		}
	}
	w.WriteString("</svg>\n")
	return w.String()
}

// spoken is the picture in words.
func spoken(groups [][]Share) string {
	var said []string
	for _, group := range groups {
		var each []string
		for _, s := range group {
			each = append(each, s.Rival+" "+figures(s.Ratio))
		}
		said = append(said, group[0].Row+": "+strings.Join(each, ", "))
	}
	return strings.Join(said, "; ") + "."
}

func escaped(text string) string {
	var w strings.Builder
	_ = xml.EscapeText(&w, []byte(text)) // a Builder takes everything
	return w.String()
}

// scale is the range of ratios that is drawn, in powers of two.
type scale struct{ least, most int }

// scaleOf holds all shares, and a quarter to twice the time at least.
func scaleOf(all []Share) scale {
	s := scale{-2, 1}
	for _, each := range all {
		if power := math.Log2(each.Ratio); !math.IsNaN(power) && !math.IsInf(power, 0) {
			s.least, s.most = min(s.least, int(math.Floor(power))), max(s.most, int(math.Ceil(power)))
		}
	}
	return s
}

// x is where a power of two lies.
func (s scale) x(power float64) float64 {
	power = max(float64(s.least), min(power, float64(s.most)))
	return barsLeft + (power-float64(s.least))/float64(s.most-s.least)*(barsRight-barsLeft)
}

// grid draws a line for each power of two, or for so many of them that their names do not meet.
func (s scale) grid(w *strings.Builder, height int) {
	step := 1 + (s.most-s.least-1)/10
	for power := s.least; power <= s.most; power++ {
		if power%step != 0 {
			continue
		}
		class, label := "grid", fmt.Sprint(1<<max(0, power))
		switch {
		case power == 0:
			class = "one"
		case power < 0:
			label = fmt.Sprintf("1/%d", 1<<-power)
		}
		x := s.x(float64(power))
		fmt.Fprintf(w, `<line class="%s" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text class="quiet" text-anchor="middle" x="%.1f" y="%d">%s</text>`+"\n",
			class, x, x, topHeight+4, height-footHeight+6, x, height-footHeight+24, label)
	}
}

// bar draws a share whose row begins at y. Its number stands beyond its end.
func (s scale) bar(w *strings.Builder, each Share, y int) {
	one, end := s.x(0), s.x(math.Log2(each.Ratio))
	class, left, at, anchor := "less", end, end-6, "end"
	if each.Ratio > 1 {
		class, left, at, anchor = "more", one, end+6, "start"
	}
	fmt.Fprintf(w, `<text text-anchor="end" x="%d" y="%d">%s</text>`, namesRight, y+15, escaped(each.Rival))
	if math.IsNaN(end) {
		w.WriteString("\n")
		return
	}
	fmt.Fprintf(w, `<rect class="%s" x="%.1f" y="%d" width="%.1f" height="14" rx="2"/>`, class, left, y+3, math.Abs(end-one))
	fmt.Fprintf(w, `<text text-anchor="%s" x="%.1f" y="%d">%s×</text>`+"\n", anchor, at, y+15, figures(each.Ratio))
}
