package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// withoutMark skips the byte order mark that programs for tables put before a file.
func withoutMark(in io.Reader) *bufio.Reader {
	b := bufio.NewReader(in)
	if mark, _ := b.Peek(3); string(mark) == "\ufeff" {
		b.Discard(3)
	}
	return b
}

// first returns the first byte that is no white space, and leaves it there.
func first(in *bufio.Reader) (byte, error) {
	for {
		c, err := in.ReadByte()
		if err == io.EOF {
			return 0, errors.New("there is nothing to read")
		}
		if err != nil || !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c, errors.Join(err, in.UnreadByte())
		}
	}
}

// each calls do with the users of a JSON text: objects one after the other, as one a line, or one array of them. Only
// one at a time is kept. What cannot be read as a T is left out.
func each[T any](in io.Reader, o *output, do func(n int, user T) error) error {
	b := bufio.NewReader(in)
	c, err := first(b)
	if err != nil {
		return err
	}
	d := json.NewDecoder(b)
	if c == '[' {
		if err := eachElement(d, o, new(int), do); err != nil {
			return err
		}
		if _, err := d.Token(); err != io.EOF {
			return errors.New("there is more after the list")
		}
		return nil
	}
	for n := 1; ; n++ {
		var object json.RawMessage
		if err := d.Decode(&object); err == io.EOF {
			return nil
		} else if err != nil {
			return unreadable(err)
		}
		if err := decoded(object, o, n, do); err != nil {
			return err
		}
	}
}

// eachIn calls do with the users in the array that is called member in the object at the top, or in several such
// objects one after the other.
func eachIn[T any](in io.Reader, member string, o *output, do func(n int, user T) error) error {
	b := bufio.NewReader(in)
	if c, err := first(b); err != nil {
		return err
	} else if c != '{' {
		return fmt.Errorf("want an object with %q in it: that is no export for %s", member, o.system)
	}
	d, n, found := json.NewDecoder(b), 0, false
	for depth := 0; ; {
		t, err := d.Token()
		if err == io.EOF && depth == 0 {
			break
		}
		if err != nil {
			return unreadable(err)
		}
		switch {
		case t == json.Delim('{') || t == json.Delim('['):
			depth++
		case t == json.Delim('}') || t == json.Delim(']'):
			depth--
		case depth == 1 && t == member:
			found = true
			if err := eachElement(d, o, &n, do); err != nil {
				return err
			}
		case depth == 1:
			if err := skipped(d); err != nil {
				return err
			}
		}
	}
	if !found {
		return fmt.Errorf("there is no %q: that is no export for %s", member, o.system)
	}
	return nil
}

// eachElement reads the array that comes next, and counts on from n.
func eachElement[T any](d *json.Decoder, o *output, n *int, do func(n int, user T) error) error {
	if t, err := d.Token(); err != nil {
		return unreadable(err)
	} else if t != json.Delim('[') {
		return fmt.Errorf("want a list of users: that is no export for %s", o.system)
	}
	for d.More() {
		var object json.RawMessage
		if err := d.Decode(&object); err != nil {
			return unreadable(err)
		}
		*n++
		if err := decoded(object, o, *n, do); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return unreadable(err)
}

// skipped reads the value that comes next.
func skipped(d *json.Decoder) error {
	for depth := 0; ; {
		t, err := d.Token()
		if err != nil {
			return unreadable(err)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func decoded[T any](object []byte, o *output, n int, do func(n int, user T) error) error {
	var user T
	if err := json.Unmarshal(object, &user); err != nil {
		var typed *json.UnmarshalTypeError
		if errors.As(err, &typed) && typed.Field == "" {
			return fmt.Errorf("record %d is no object: that is no export for %s", n, o.system)
		}
		o.leave(fmt.Sprintf("record %d", n), err.Error())
		return nil
	}
	return do(n, user)
}

func unreadable(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends in the middle of a value")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("byte %d: %w", syntax.Offset, err)
	}
	return err
}

// row is one of a table: by the names of the columns, a JSON object, or a line of CSV whose values are strings.
type row map[string]json.RawMessage

// eachRow calls do with the rows of a table, which has the columns that are needed.
func eachRow(in io.Reader, o *output, needed []string, do func(n int, r row) error) error {
	b := bufio.NewReader(in)
	c, err := first(b)
	if err != nil {
		return err
	}
	if c != '{' && c != '[' {
		return eachLine(b, o, needed, do)
	}
	return each(b, o, func(n int, r row) error {
		for _, column := range needed {
			if _, ok := r[column]; !ok {
				return o.foreign(n, column)
			}
		}
		return do(n, r)
	})
}

// eachLine reads CSV whose first line is the names.
func eachLine(in io.Reader, o *output, needed []string, do func(n int, r row) error) error {
	lines := csv.NewReader(in)
	lines.ReuseRecord = true
	line, err := lines.Read()
	if err != nil {
		return err
	}
	names := slices.Clone(line)
	for _, column := range needed {
		if !slices.Contains(names, column) {
			return fmt.Errorf("the first line has no column %q: that is no export for %s", column, o.system)
		}
	}
	for n := 1; ; n++ {
		line, err := lines.Read()
		if err == io.EOF {
			return nil
		}
		if errors.Is(err, csv.ErrFieldCount) {
			o.leave(fmt.Sprintf("record %d", n), fmt.Sprintf("it has %d columns, and the first line %d", len(line), len(names)))
			continue
		}
		if err != nil {
			return err
		}
		r := row{}
		for i, name := range names {
			if err := r.set(name, line[i]); err != nil {
				return err
			}
		}
		if err := do(n, r); err != nil {
			return err
		}
	}
}

// text returns a column as text. None, null and what is no single value is "".
func (r row) text(names ...string) string {
	for _, name := range names {
		var t text
		if value, ok := r[name]; ok && json.Unmarshal(value, &t) == nil && t != "" {
			return string(t)
		}
	}
	return ""
}

// truth reports whether a column says yes.
func (r row) truth(names ...string) bool {
	switch strings.ToLower(r.text(names...)) {
	case "true", "t", "1", "yes":
		return true
	}
	return false
}

// into reads a column of JSON, which in CSV is a text, and in JSON may be one. None and null leave v as it is.
func (r row) into(name string, v any) error {
	value, ok := r[name]
	if !ok {
		return nil
	}
	if bytes.HasPrefix(value, []byte(`"`)) {
		var inner string
		if err := json.Unmarshal(value, &inner); err != nil || inner == "" {
			return err
		}
		value = []byte(inner)
	}
	if err := json.Unmarshal(value, v); err != nil {
		return fmt.Errorf("column %s: %w", name, err)
	}
	return nil
}

// set fills a column.
func (r row) set(name string, v any) (err error) {
	r[name], err = json.Marshal(v)
	return err
}

// text is a JSON string, or a number or truth value as it is written. null is "".
type text string

func (t *text) UnmarshalJSON(value []byte) error {
	switch value[0] {
	case '"':
		var s string
		err := json.Unmarshal(value, &s)
		*t = text(s)
		return err
	case '{', '[':
		return errors.New("want a string or a number")
	case 'n':
		return nil
	}
	*t = text(value)
	return nil
}

// at returns a time of what an import reads, or of a number of seconds or, beyond the year 5000, milliseconds since
// 1970. Without a zone it is UTC. What is no time is noted.
func (o *output) at(a *account, date string) string {
	date = strings.TrimSpace(date)
	if seconds, err := strconv.ParseFloat(date, 64); err == nil && seconds >= 0 && seconds < 1e14 {
		if seconds < 1e11 {
			seconds *= 1000
		}
		return stamp(time.UnixMilli(int64(math.Round(seconds))))
	}
	var t tollkeeper.RecordTime
	if text, err := json.Marshal(date); err != nil || t.UnmarshalJSON(text) != nil {
		o.note(a.who, "a date cannot be read, and stays behind")
		return ""
	}
	if t.IsZero() {
		return ""
	}
	return stamp(t.Time)
}

// holds reports whether a ban until that time still stands. One without an end does, and one that cannot be read.
func (o *output) holds(a *account, until string) bool {
	t, err := time.Parse(time.RFC3339, o.at(a, until))
	return err != nil || t.After(time.Now())
}

func stamp(t time.Time) string { return t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano) }
