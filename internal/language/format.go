package language

import (
	"strconv"
	"strings"
	"time"
)

// Number writes n with the marks that group its thousands.
func Number(tag string, n int64) string {
	l, ok := locales[primary(tag)]
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	if !ok || len(digits) < l.grouped {
		return sign + digits
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + l.group + digits[i:]
	}
	return sign + digits
}

// Date writes the day of t in UTC, its month in words.
func Date(tag string, t time.Time) string {
	t = t.UTC()
	l, ok := locales[primary(tag)]
	if !ok {
		return t.Format(time.DateOnly)
	}
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 && l.first != "" {
		day = l.first
	}
	return strings.NewReplacer("{d}", day, "{m}", l.months[t.Month()-1], "{y}", strconv.Itoa(t.Year())).Replace(l.date)
}

// DateTime writes the day and the minute of t in UTC, and says that it is UTC.
func DateTime(tag string, t time.Time) string {
	between := " "
	if l, ok := locales[primary(tag)]; ok {
		between = l.at
	}
	return Date(tag, t) + between + t.UTC().Format("15:04") + " UTC"
}

// Duration says a positive duration as people do, and never more than it is: in whole hours from two on, else in whole
// minutes, below one in whole seconds. In a sentence it stands after a preposition, as "for".
func Duration(tag string, d time.Duration) string {
	switch {
	case d >= 2*time.Hour:
		return count(tag, hours, int64(d/time.Hour))
	case d >= time.Minute:
		return count(tag, minutes, int64(d/time.Minute))
	}
	return count(tag, seconds, int64(d/time.Second))
}

// Wait says when to come again, and never too early: "in 30 seconds". It rounds up to seconds below a minute, minutes
// below an hour, then hours. A wait that is not positive is not known: "later".
func Wait(tag string, d time.Duration) string {
	l, ok := locales[primary(tag)]
	if !ok {
		return Wait(Default, d)
	}
	up := func(unit time.Duration) int64 { return int64((d-1)/unit) + 1 }
	switch {
	case d <= 0:
		return l.later
	case d <= 59*time.Second:
		return strings.Replace(l.in, "{}", count(tag, seconds, up(time.Second)), 1)
	case d <= 59*time.Minute:
		return strings.Replace(l.in, "{}", count(tag, minutes, up(time.Minute)), 1)
	}
	return strings.Replace(l.in, "{}", count(tag, hours, up(time.Hour)), 1)
}

// count says n units with the unit's form for so many.
func count(tag string, u unit, n int64) string {
	l, ok := locales[primary(tag)]
	if !ok {
		return Number(tag, n) + " " + symbols[u]
	}
	words := l.units[u]
	word, ok := words[Plural(tag, n)]
	if !ok {
		word = words["other"]
	}
	return strings.Replace(word, "{}", Number(tag, n), 1)
}
