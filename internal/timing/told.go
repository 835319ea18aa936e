package timing

import (
	"math"
	"slices"
	"time"
)

// Told returns which part of the answers was told right by what a classifier learned from the other half: by a
// threshold, which sees one side be slower, and by a histogram, which sees whatever else differs.
func Told(list []Answer) map[string]float64 {
	half := len(list) / 2
	first, second := list[:half], list[half:]
	right := map[string]float64{}
	for how, learn := range map[string]func([]Answer) func(time.Duration) bool{"threshold": threshold, "histogram": histogram} {
		n := told(learn(first), second) + told(learn(second), first)
		right[how] = float64(n) / float64(len(list))
	}
	return right
}

// told counts what is told right.
func told(known func(time.Duration) bool, list []Answer) (n int) {
	for _, a := range list {
		if known(a.Took) == a.Known {
			n++
		}
	}
	return n
}

func byTime(a, b Answer) int { return int(a.Took - b.Took) }

// threshold learns from which time on answers are those of the one side.
func threshold(list []Answer) func(time.Duration) bool {
	sorted := slices.SortedFunc(slices.Values(list), byTime)
	unknown := 0
	for _, a := range sorted {
		if !a.Known {
			unknown++
		}
	}
	// right: of those before at, the unknown ones; from there on, the known ones.
	right, most, at, slower := len(sorted)-unknown, -1, time.Duration(math.MaxInt64), true
	for i := 0; ; i++ {
		end := time.Duration(math.MaxInt64)
		if i < len(sorted) {
			end = sorted[i].Took
		}
		if right > most {
			most, at, slower = right, end, true
		}
		if wrong := len(sorted) - right; wrong > most {
			most, at, slower = wrong, end, false
		}
		if i == len(sorted) {
			return func(d time.Duration) bool { return (d >= at) == slower }
		}
		if sorted[i].Known {
			right--
		} else {
			right++
		}
	}
}

const bins = 20

// histogram learns which side is in the majority in each of 20 parts of as many answers.
func histogram(list []Answer) func(time.Duration) bool {
	sorted := slices.SortedFunc(slices.Values(list), byTime)
	var edges [bins - 1]time.Duration
	for i := range edges {
		edges[i] = sorted[(i+1)*len(sorted)/bins].Took
	}
	bin := func(d time.Duration) int {
		n, _ := slices.BinarySearch(edges[:], d)
		return n
	}
	var more [bins]int
	for _, a := range sorted {
		if a.Known {
			more[bin(a.Took)]++
		} else {
			more[bin(a.Took)]--
		}
	}
	return func(d time.Duration) bool { return more[bin(d)] > 0 }
}
