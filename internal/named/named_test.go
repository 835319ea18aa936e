package named_test

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/named"
)

func TestNumber(t *testing.T) {
	for name, c := range map[string]struct{ sql, text, names string }{
		"no names":             {`SELECT 1`, `SELECT 1`, ""},
		"in order":             {`SELECT @b, @a`, `SELECT $1, $2`, "b a"},
		"again":                {`SELECT @a, @b, @a`, `SELECT $1, $2, $1`, "a b"},
		"one begins another":   {`SELECT @a, @ab, @a_b, @a1`, `SELECT $1, $2, $3, $4`, "a ab a_b a1"},
		"a cast":               {`SELECT @a::bigint, -@b::bigint, '1'::bigint`, `SELECT $1::bigint, -$2::bigint, '1'::bigint`, "a b"},
		"an array":             {`SELECT (@a::uuid[])[1:2], ANY (@a)`, `SELECT ($1::uuid[])[1:2], ANY ($1)`, "a"},
		"operators with an @":  {`SELECT x @> y, x <@ y, x @@ y, @ -1`, `SELECT x @> y, x <@ y, x @@ y, @ -1`, ""},
		"a text":               {`SELECT '@a', @b, 'it''s @c'`, `SELECT '@a', $1, 'it''s @c'`, "b"},
		"a quoted identifier":  {`SELECT "@a", @b, "say ""@c"""`, `SELECT "@a", $1, "say ""@c"""`, "b"},
		"quotes within quotes": {`SELECT '"', @a, "'", @b`, `SELECT '"', $1, "'", $2`, "a b"},
		"a comment":            {"SELECT @a -- @b it's\n, @c", "SELECT $1 -- @b it's\n, $2", "a c"},
		"no comment":           {`SELECT '--', @a`, `SELECT '--', $1`, "a"},
		"a comment at the end": {`SELECT 1 -- @a`, `SELECT 1 -- @a`, ""},
		"letters of any kind":  {`SELECT @größe, @Ωx`, `SELECT $1, $2`, "größe Ωx"},
		"more than nine":       {`@a@b@c@d@e@f@g@h@i@j@a`, `$1$2$3$4$5$6$7$8$9$10$1`, "a b c d e f g h i j"},
	} {
		t.Run(name, func(t *testing.T) {
			text, names, err := named.Number(named.Dollar, c.sql)
			if err != nil || text != c.text || strings.Join(names, " ") != c.names {
				t.Errorf("%s, %v, %v", text, names, err)
			}
		})
	}
}

// What cannot be told from a name with certainty is not guessed at.
func TestNumberRefuses(t *testing.T) {
	for _, sql := range []string{`SELECT $1, @a`, `SELECT ?1, @a`, `SELECT $$@a$$`, `SELECT E'\'@a'`, `SELECT /* @a */ 1`} {
		if text, names, err := named.Number(named.Dollar, sql); err == nil {
			t.Errorf("%s became %s with %v", sql, text, names)
		}
	}
}

type person struct {
	id   int64
	name string
}

var (
	id   = named.Values[person]{"id": named.Field(func(p *person) int64 { return p.id })}
	name = named.Values[person]{"name": named.Field(func(p *person) string { return p.name })}
)

func TestStatement(t *testing.T) {
	s := named.Prepare(named.Question, `UPDATE people SET name = @name WHERE id = @id OR name = @name`, id, name)
	if s.Text != `UPDATE people SET name = ?1 WHERE id = ?2 OR name = ?1` {
		t.Error(s.Text)
	}
	if args := s.Args(&person{7, "Ada"}); !reflect.DeepEqual(args, []any{"Ada", int64(7)}) {
		t.Error(args)
	}
	if args := s.Arrays([]person{{7, "Ada"}, {8, "Bob"}}); !reflect.DeepEqual(args, []any{[]string{"Ada", "Bob"}, []int64{7, 8}}) {
		t.Error(args)
	}
}

// TestColumn: of one it is a Field, and of many what the caller makes of them.
func TestColumn(t *testing.T) {
	ids := named.Column(func(p *person) int64 { return p.id }, func(list []person) any { return strconv.Itoa(len(list)) })
	s := named.Prepare(named.Dollar, `SELECT @ids`, named.Values[person]{"ids": ids})
	if args := s.Args(&person{7, "Ada"}); !reflect.DeepEqual(args, []any{int64(7)}) {
		t.Error(args)
	}
	if args := s.Arrays([]person{{7, "Ada"}, {8, "Bob"}}); !reflect.DeepEqual(args, []any{"2"}) {
		t.Error(args)
	}
}

func TestBindRefuses(t *testing.T) {
	for want, c := range map[string]struct {
		sql    string
		groups []named.Values[person]
	}{
		"no value for @name":              {`SELECT @id, @name`, []named.Values[person]{id}},
		"two values for @id":              {`SELECT @id, @name`, []named.Values[person]{id, name, id}},
		"no place for the value of @name": {`SELECT @id, '@name'`, []named.Values[person]{id, name}},
	} {
		if _, err := named.Bind(named.Dollar, c.sql, c.groups...); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestPrepareStartsNoProgramThatIsWrong(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a name without a value was let through")
		}
	}()
	named.Prepare(named.Dollar, `SELECT @id, @name`, id)
}

// FuzzNumber compares with a scanner that reads one byte at a time: outside of what is quoted the text with its names
// put back is what it was, and what is quoted is untouched.
func FuzzNumber(f *testing.F) {
	for _, sql := range []string{
		`SELECT @a::bigint, '@b', "@c" -- @d`, `'`, `"@a`, `@`, `@@a`, `a@b`, `'' @a ''' @b`, "--\n@a", `@a1 @a 1`, `- -@a`,
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		text, names, err := named.Number(named.Dollar, sql)
		if err != nil {
			if !strings.ContainsAny(sql, `$?\`) && !strings.Contains(sql, "/*") {
				t.Fatal(err)
			}
			return
		}
		var back strings.Builder
		next := 1 // the lowest number that was not met
		for rest := text; rest != ""; {
			n := quoted(rest)
			if n == 0 && rest[0] == '$' {
				number := rest[1:]
				number = number[:len(number)-len(strings.TrimLeft(number, "0123456789"))]
				i, err := strconv.Atoi(number)
				if err != nil || i < 1 || i > next || i > len(names) {
					t.Fatalf("$%s in %q of %q", number, text, sql)
				}
				next = max(next, i+1)
				back.WriteString("@" + names[i-1])
				rest = rest[1+len(number):]
				continue
			}
			n = max(n, 1)
			back.WriteString(rest[:n])
			rest = rest[n:]
		}
		if back.String() != sql || next != len(names)+1 {
			t.Errorf("%q became %q with %q", sql, text, names)
		}
		if compact := slices.Compact(slices.Sorted(slices.Values(names))); len(compact) != len(names) {
			t.Errorf("%q has %q", sql, names)
		}
	})
}

// quoted returns how long what s begins with is: a text, a quoted identifier or a comment; else 0.
func quoted(s string) int {
	switch {
	case strings.HasPrefix(s, "--"):
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			return n
		}
		return len(s)
	case s[0] == '\'' || s[0] == '"':
		if n := strings.IndexByte(s[1:], s[0]); n >= 0 {
			return n + 2
		}
	}
	return 0
}
