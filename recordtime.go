package tollkeeper

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// RecordTime is a moment in an [AccountRecord]. It is written in RFC 3339, and read in that and in the forms of
// databases: a space in place of the T, an offset of hours or "UTC", a date alone. What has no zone is read in
// [ImportOptions].Zone. The zero value, null, an empty text and MySQL's 0000-00-00 are no moment.
type RecordTime struct {
	time.Time
	bare bool // it came without a zone, and stands in UTC
}

var zonedForms = []string{
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04:05Z07",
	"2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05 UTC", "2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07",
}

var bareForms = []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"}

// UnmarshalJSON reads any of the forms.
func (t *RecordTime) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	*t = RecordTime{}
	if s == "" || strings.HasPrefix(s, "0000-00-00") {
		return nil
	}
	for _, form := range zonedForms {
		if moment, err := time.Parse(form, s); err == nil {
			*t = RecordTime{Time: moment}
			return nil
		}
	}
	for _, form := range bareForms {
		if moment, err := time.Parse(form, s); err == nil {
			*t = RecordTime{Time: moment, bare: true}
			return nil
		}
	}
	return errors.New("tollkeeper: not a date")
}

// in returns the moment, to the millisecond, as a clock on the wall of that zone shows it where the text names none.
func (t RecordTime) in(zone *time.Location) (time.Time, error) {
	moment := t.Time
	if t.bare {
		if zone == nil {
			return time.Time{}, errors.New("a date without a zone needs ImportOptions.Zone")
		}
		y, m, d := moment.Date()
		moment = time.Date(y, m, d, moment.Hour(), moment.Minute(), moment.Second(), moment.Nanosecond(), zone)
	}
	if moment.IsZero() {
		return time.Time{}, nil
	}
	if y := moment.UTC().Year(); y < 0 || y > 9999 { // with an offset RFC 3339 reaches what no export can write in UTC
		return time.Time{}, errors.New("a date beyond the year 9999")
	}
	return moment.UTC().Truncate(time.Millisecond), nil
}

func recordTime(t time.Time) RecordTime { return RecordTime{Time: t} }
