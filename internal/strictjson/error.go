package strictjson

import "strconv"

// MaxDepth is the deepest nesting accepted, counted in open objects and arrays; the outermost object is level one
// (SECURITY.md R62).
const MaxDepth = 8

// Kind is the rule a text broke. Compare with errors.Is:
//
//	errors.Is(err, strictjson.ErrDuplicate)
type Kind string

// The kinds of refusal. No text of a Kind repeats anything a client sent.
const (
	// ErrSyntax: not exactly one JSON object followed by the end of the text, except that a single well-formed value of
	// another type is [ErrType].
	ErrSyntax Kind = "malformed JSON"
	// ErrEncoding: a string is not valid UTF-8 or escapes a lone surrogate.
	ErrEncoding Kind = "invalid Unicode in a string"
	// ErrDepth: nested deeper than [MaxDepth].
	ErrDepth Kind = "nested too deeply"
	// ErrDuplicate: an object, known or not, has the same key twice.
	ErrDuplicate Kind = "duplicate key"
	// ErrType: well-formed, but a value does not fit its field.
	ErrType Kind = "value of the wrong type"
	// ErrUnknown: a key that is not declared, for [DecodeKnown].
	ErrUnknown Kind = "unknown key"
	// ErrTooLarge: [Read] met more bytes than its limit.
	ErrTooLarge Kind = "body too large"
	// ErrTarget: a mistake of the caller, whatever the text: the destination is not a pointer to a struct or a map that
	// [Decode] supports.
	ErrTarget Kind = "unsupported destination"
)

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return "strictjson: " + string(k) }

// Error is the only error type of [Decode].
type Error struct {
	Kind Kind
	// Field is the innermost declared field being read, as a dotted path of JSON names ("owner.email"; elements of
	// arrays and maps add nothing). It is empty at the top level and never holds text from the client.
	Field string
	// Key is what the text has in place of a declared key, with [ErrUnknown] alone.
	Key string
}

// Error names the rule and the field, and is safe to log.
func (e *Error) Error() string {
	text := e.Kind.Error()
	if e.Key != "" {
		text += " " + strconv.Quote(e.Key)
	}
	if e.Field != "" {
		text += " in " + e.Field
	}
	return text
}

// Unwrap returns the Kind.
func (e *Error) Unwrap() error { return e.Kind }
