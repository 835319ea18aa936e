package strictjson

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// scanner reads the tokens of RFC 8259 and knows where in the declared fields
// it is.
type scanner struct {
	data  []byte
	pos   int
	depth int
	path  [MaxDepth]string // every level of nesting names at most one field
	named int
}

func (s *scanner) push(name string) { s.path[s.named] = name; s.named++ }

func (s *scanner) pop() { s.named-- }

func (s *scanner) fail(k Kind) error {
	return &Error{Kind: k, Field: strings.Join(s.path[:s.named], ".")}
}

// peek skips white space and returns the next byte, or 0 at the end; 0 begins
// no token either.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.data); s.pos++ {
		if c := s.data[s.pos]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// open consumes the bracket of an object or array.
func (s *scanner) open() error {
	if s.depth == MaxDepth {
		return s.fail(ErrDepth)
	}
	s.depth++
	s.pos++
	return nil
}

// more moves to the next element, past the comma before any but the first, or
// consumes the closing bracket and reports false.
func (s *scanner) more(closing byte, first bool) (bool, error) {
	c := s.peek()
	switch {
	case c == closing:
		s.depth--
		s.pos++
		return false, nil
	case first:
		return true, nil
	case c == ',':
		s.pos++
		return true, nil
	default:
		return false, s.fail(ErrSyntax)
	}
}

// key consumes a key and its colon, and unescapes the key.
func (s *scanner) key() (span, error) {
	if s.peek() != '"' {
		return span{}, s.fail(ErrSyntax)
	}
	key, err := s.str()
	if err != nil {
		return span{}, err
	}
	if s.peek() != ':' {
		return span{}, s.fail(ErrSyntax)
	}
	s.pos++
	if key.escaped {
		key = span{text: []byte(key.String())}
	}
	return key, nil
}

// span is what stands between two quotes, already found valid.
type span struct {
	text    []byte
	escaped bool
}

// String unescapes and copies.
func (t span) String() string {
	if !t.escaped {
		return string(t.text)
	}
	quoted := make([]byte, 0, len(t.text)+2)
	quoted = append(append(append(quoted, '"'), t.text...), '"')
	var out string
	if err := json.Unmarshal(quoted, &out); err != nil {
		return "" // unreachable: the scanner is stricter
	}
	return out
}

// str consumes the string whose quote is next.
func (s *scanner) str() (span, error) {
	start := s.pos + 1
	ascii, escaped := true, false
	for i := start; i < len(s.data); {
		switch c := s.data[i]; {
		case c == '"':
			s.pos = i + 1
			found := s.data[start:i]
			if !ascii && !utf8.Valid(found) {
				return span{}, s.fail(ErrEncoding)
			}
			return span{text: found, escaped: escaped}, nil
		case c == '\\':
			n, fault := escape(s.data[i:])
			if fault != "" {
				return span{}, s.fail(fault)
			}
			escaped = true
			i += n
		case c < ' ':
			return span{}, s.fail(ErrSyntax)
		default:
			ascii = ascii && c < utf8.RuneSelf
			i++
		}
	}
	return span{}, s.fail(ErrSyntax)
}

// scalar consumes a number, true, false or null whose first byte is c.
func (s *scanner) scalar(c byte) error {
	rest, n := s.data[s.pos:], 0
	switch c {
	case 'n':
		n = literal(rest, "null")
	case 't':
		n = literal(rest, "true")
	case 'f':
		n = literal(rest, "false")
	default:
		n = numeral(rest)
	}
	if n == 0 {
		return s.fail(ErrSyntax)
	}
	s.pos += n
	return nil
}
