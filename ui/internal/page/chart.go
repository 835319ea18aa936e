package page

import "strconv"

// Chart is stacks of numbers over time. It says the same as the table beside it: colour carries nothing, since each
// series has a pattern of its own and each part its number.
type Chart struct {
	Title  string
	Series []string // their names, at most [MostSeries]
	Stacks []Stack
	Write  func(int64) string // a number as people read it

	plot // filled in
}

// Stack is what stands at one moment: a number of each series, none below zero.
type Stack struct {
	Label  string
	Values []int64
}

// MostSeries is how many there are patterns for.
const MostSeries = 6

// plot is a chart with its places, in the units of its own box.
type plot struct {
	Width, Height int
	Left, Right   int // where the lines begin and end
	Base          int // the line of zero
	Lines         []chartLine
	Bars          []bar
	Ticks         []chartText
	Legend        []swatch
}

// chartLine is a line of the grid with its number.
type chartLine struct {
	Y    int
	Text chartText
}

// chartText is a text at a place.
type chartText struct {
	X, Y   int
	Anchor string
	Text   string
}

// bar is the part of one series in one stack.
type bar struct {
	Series              int
	X, Y, Width, Height string // with one decimal
	Title               string
}

// swatch is a pattern with the name of its series.
type swatch struct {
	Series int
	Text   string
}

const (
	plotWidth, plotHeight      = 720, 240
	plotSide, plotTop, plotEnd = 72, 12, 24 // for the numbers, above, and for the days below
	plotTicks                  = 5          // days that are named
)

// complete gives everything its place. mirrored: time runs from right to left.
func (c *Chart) complete(mirrored bool) {
	p := plot{Width: plotWidth, Height: plotHeight, Left: plotSide, Right: plotWidth, Base: plotHeight - plotEnd}
	across := func(x, width float64) float64 { return x }
	anchor, side := "end", plotSide-8
	if mirrored {
		p.Left, p.Right = 0, plotWidth-plotSide
		across = func(x, width float64) float64 { return plotWidth - x - width }
		anchor, side = "start", plotWidth-plotSide+8
	}
	step, top := c.scale()
	high := float64(p.Base-plotTop) / float64(top)
	for n := int64(0); n <= top; n += step {
		y := p.Base - int(float64(n)*high)
		p.Lines = append(p.Lines, chartLine{y, chartText{side, y + 4, anchor, c.Write(n)}})
	}
	slot := float64(plotWidth-plotSide) / float64(max(len(c.Stacks), 1))
	every := max(1, (len(c.Stacks)+plotTicks-1)/plotTicks)
	for i, s := range c.Stacks {
		x, y := plotSide+float64(i)*slot, float64(p.Base)
		for k, n := range s.Values {
			if n <= 0 {
				continue
			}
			h := float64(n) * high
			y -= h
			p.Bars = append(p.Bars, bar{k, tenth(across(x+slot*.15, slot*.7)), tenth(y), tenth(slot * .7), tenth(h), s.Label + " – " + c.Series[k] + ": " + c.Write(n)})
		}
		if i%every == 0 {
			p.Ticks = append(p.Ticks, tickAt(across(x, slot), slot, s.Label))
		}
	}
	for k, name := range c.Series {
		p.Legend = append(p.Legend, swatch{k, name})
	}
	c.plot = p
}

func tenth(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// tickAt is the name of a day below its stack, and inside of the chart.
func tickAt(x, slot float64, label string) chartText {
	const half = 40 // of a name, as a rule
	t := chartText{X: int(x + slot/2), Y: plotHeight - 6, Anchor: "middle", Text: label}
	switch {
	case t.X < half:
		t.X, t.Anchor = 0, "start"
	case t.X > plotWidth-half:
		t.X, t.Anchor = plotWidth, "end"
	}
	return t
}

// scale returns the distance of lines, and the highest one, which no stack is above.
func (c *Chart) scale() (step, top int64) {
	const lines = 4
	var most int64 = 1
	for _, s := range c.Stacks {
		var sum int64
		for _, n := range s.Values {
			sum += max(n, 0)
		}
		most = max(most, sum)
	}
	step = nice(most, lines)
	return step, (most + step - 1) / step * step
}

// nice returns the smallest of 1, 2, 5, 10, 20, … that reaches most in so many steps.
func nice(most, steps int64) int64 {
	for unit := int64(1); unit < 1e17; unit *= 10 {
		for _, step := range []int64{unit, 2 * unit, 5 * unit} {
			if step*steps >= most {
				return step
			}
		}
	}
	return most
}
