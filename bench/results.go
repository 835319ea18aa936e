package bench

import (
	"math"
	"slices"
	"time"
)

// Results are the samples of each case, one per pass.
type Results map[string][]Sample

// Median of a figure over the passes of a case. NaN: the case was not measured.
func (r Results) Median(name string, figure func(Sample) float64) float64 {
	var all []float64
	for _, s := range r[name] {
		all = append(all, figure(s))
	}
	return median(all)
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	slices.Sort(all)
	half := len(all) / 2
	if len(all)%2 == 1 {
		return all[half]
	}
	return (all[half-1] + all[half]) / 2
}

// Figures of a sample.

func perOp(s Sample) float64 { return s.PerOp }
func rate(s Sample) float64  { return s.Rate() }
func cpu(s Sample) float64   { return s.CPU }

// allocs leaves out the odd one of the runtime, which is nobody's, and none that one operation in a hundred saves.
func allocs(s Sample) float64 { return math.Floor(s.Allocs + 0.01) }

func p99(s Sample) float64  { return float64(s.P99) }
func tail(s Sample) float64 { return float64(s.P99) / float64(s.P50) }

func noted(name string) func(Sample) float64 {
	return func(s Sample) float64 { return s.Note[name] }
}

// Value of a target, from the results of its topic.
type Value func(Results) float64

// ratio divides a figure of two cases pass by pass, and takes the median: drift of the machine between passes cancels
// out.
func ratio(figure func(Sample) float64, of, to string) Value {
	return combined(figure, func(v ...float64) float64 { return v[0] / v[1] }, of, to)
}

// combined reckons with a figure of several cases pass by pass, and takes the median.
func combined(figure func(Sample) float64, f func(...float64) float64, names ...string) Value {
	return func(r Results) float64 {
		passes := len(r[names[0]])
		for _, n := range names {
			passes = min(passes, len(r[n]))
		}
		var all []float64
		for p := range passes {
			var v []float64
			for _, n := range names {
				v = append(v, figure(r[n][p]))
			}
			all = append(all, f(v...))
		}
		return median(all)
	}
}

// of is the median of one case's figure.
func of(figure func(Sample) float64, name string) Value {
	return func(r Results) float64 { return r.Median(name, figure) }
}

// Target is a row of docs/PERFORMANCE.md: something that must be reached, and something better.
type Target struct {
	What      string
	Value     Value
	Unit      string  // after the number; "×" for ratios
	Least     bool    // the bounds are lower ones
	Must, Aim float64 // zero: none
}

// Met reports whether the value keeps the bound; a bound of zero is always kept.
func (t Target) Met(value, bound float64) bool {
	switch {
	case bound == 0 && !t.exact():
		return true
	case t.Least:
		return value >= bound
	}
	return value <= bound
}

// exact targets allow nothing at all: no allocation.
func (t Target) exact() bool { return t.Unit == "allocations" }

func milliseconds(f Value) Value {
	return func(r Results) float64 { return f(r) / float64(time.Millisecond) }
}
