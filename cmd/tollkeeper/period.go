package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// period is a flag.Value of a time that may be given in days, as 14d or 1d12h, or as [time.ParseDuration] has it.
type period time.Duration

const day = 24 * time.Hour

// Set reads days, if there are any, and what follows them.
func (p *period) Set(text string) error {
	wrong := errors.New("must be as 14d, 36h or 90s")
	count, rest, days := strings.Cut(text, "d")
	if !days {
		count, rest = "0", text
	}
	n, err := strconv.ParseUint(count, 10, 16)
	if err != nil {
		return wrong
	}
	var more time.Duration
	if rest != "" || !days {
		if more, err = time.ParseDuration(rest); err != nil || days && (more < 0 || more > day) {
			return wrong
		}
	}
	*p = period(time.Duration(n)*day + more)
	return nil
}

// String is in days where it is whole days.
func (p *period) String() string {
	d := time.Duration(*p)
	if d != 0 && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}
