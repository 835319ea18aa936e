package organization

import (
	"strconv"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// dateField marks what dateReplies answer.
const dateField = "date"

var dateReplies = []family.Reply{family.At(tollkeeper.ErrInvalidInput, 400, "INVALID_DATE_FORMAT", "").In(dateField)}

func badDate(refusal string) error {
	return tollkeeper.ErrInvalidInput.WithField(dateField).WithMessage(refusal)
}

const lastMilli = 253_402_300_799_999 // of the year 9999

// moment reads a date in one of three forms (docs/WIRE.md 1.6): a day of UTC, RFC 3339, or unix milliseconds. It
// answers when the named time begins and when it is over: a day lasts to the next, an instant one millisecond. Empty is
// the zero time.
func moment(text, refusal string) (from, until time.Time, err error) {
	if text == "" {
		return time.Time{}, time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil && day.Year() > 0 {
		return day, day.AddDate(0, 0, 1), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		n, bad := strconv.ParseInt(text, 10, 64)
		if bad != nil || n < 0 || n > lastMilli || strconv.FormatInt(n, 10) != text {
			return time.Time{}, time.Time{}, badDate(refusal)
		}
		at = time.UnixMilli(n)
	}
	at = at.UTC()
	if at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}, time.Time{}, badDate(refusal)
	}
	return at, at.Add(time.Millisecond), nil
}
