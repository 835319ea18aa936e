package model

import (
	"slices"
	"strings"
	"time"
)

// shortened takes steps out of a story as long as it goes wrong, and what does not matter out of those that are left.
// It returns what is wrong with the short one.
func (c *checker) shortened(story []Step, err error) ([]Step, error) {
	begin := time.Now()
	for size := len(story) / 2; size >= 1 && time.Since(begin) < time.Minute; {
		shorter := false
		for from := len(story) - size; from >= 0; from -= size {
			if told, failure := c.tell(slices.Delete(slices.Clone(story), from, from+size)); failure != nil {
				story, err, shorter = slices.Delete(slices.Clone(story), from, from+size)[:told], failure, true
				from = min(from, len(story))
			}
		}
		if !shorter || size > 1 {
			size /= 2
		}
	}
	for i := 0; i < len(story); i++ {
		for _, plain := range []Step{{Clock: story[i].Clock}, {Fault: story[i].Fault}} {
			simple := slices.Clone(story)
			simple[i].Fault, simple[i].Clock = plain.Fault, plain.Clock
			if told, failure := c.tell(simple); failure != nil {
				story, err = simple[:told], failure
				break
			}
		}
	}
	return story, err
}

// textOf is a story as [ParseSteps] reads it.
func textOf(story []Step) string {
	words := make([]string, len(story))
	for i, s := range story {
		words[i] = s.String()
	}
	return strings.Join(words, " ")
}
