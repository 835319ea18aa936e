package model

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Step is one operation with everything around it. It means something after any other steps, so that a story stays one
// when steps are taken out of it.
type Step struct {
	Do    string        // name of an operation
	Who   int           // of the cast
	Other int           // of the cast
	How   int           // what the operation makes of it
	From  int           // network
	Clock time.Duration // that the clock moves before it
	Fault Fault
}

// Fault is something that goes wrong during a step, once.
type Fault struct {
	Mode Mode
	Call int // which call of the store by the request, from 1
}

// Mode is what goes wrong.
type Mode string

// The modes of a [Fault].
const (
	None   Mode = ""
	Before Mode = "before" // the call is not done
	After  Mode = "after"  // it is done, and its answer lost
	Ended  Mode = "ended"  // the request's context ends before it
	Left   Mode = "left"   // and after it
	Mailer Mode = "mailer" // no mail is delivered during the step
	Worker Mode = "worker" // a call of the worker is not done
)

var modes = []Mode{Before, After, Ended, Left, Mailer, Worker}

// String returns a text of which [ParseSteps] makes the step again.
func (s Step) String() string {
	text := fmt.Sprintf("%s(%d,%d,%d,%d)", s.Do, s.Who, s.Other, s.How, s.From)
	if s.Clock != 0 {
		text += fmt.Sprintf("%+d", s.Clock.Milliseconds())
	}
	if s.Fault.Mode != None {
		text += fmt.Sprintf("!%s%d", s.Fault.Mode, s.Fault.Call)
	}
	return text
}

var stepPattern = regexp.MustCompile(`^([a-z-]+)\((\d+),(\d+),(\d+),(\d+)\)([+-]\d+)?(?:!([a-z]+)(\d+))?$`)

// ParseSteps reads steps as they are printed, with white space between them.
func ParseSteps(text string) (steps []Step, err error) {
	for _, word := range strings.Fields(text) {
		m := stepPattern.FindStringSubmatch(word)
		if m == nil {
			return nil, fmt.Errorf("model: no step: %q", word)
		}
		n := make([]int, len(m))
		for i, digits := range m {
			n[i], _ = strconv.Atoi(digits)
		}
		steps = append(steps, Step{
			Do: m[1], Who: n[2], Other: n[3], How: n[4], From: n[5],
			Clock: time.Duration(n[6]) * time.Millisecond, Fault: Fault{Mode(m[7]), n[8]},
		})
	}
	return steps, nil
}

// dice are repeatable (splitmix64); nothing secret is made of them.
type dice uint64

// roll returns a number from 0 to n-1.
func (d *dice) roll(n int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

// chance is true once in n times.
func (d *dice) chance(n int) bool { return d.roll(n) == 0 }
