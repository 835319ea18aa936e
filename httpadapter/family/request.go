package family

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// MaxBody is the largest request body in bytes (docs/WIRE.md section 0).
const MaxBody = 16 << 10

// None is the input of a route that reads nothing, and the result of an operation that has none.
type None struct{}

// Decoder reads the request of a route. [Body], [OptionalBody], [Nothing], [Query] and [Form] make one.
type Decoder[In any] struct {
	input
	read func(*Call) error
	make func(*Call) (In, error)
}

// input is what a decoder reads, for documents.
type input struct {
	body     reflect.Type // nil: none
	optional bool
	unfit    bool // of a type that cannot be decoded
	form     bool
	query    []Param
	unread   bool // the query is for somebody else
}

// Param is a parameter of a query.
type Param struct {
	Name, About string
	Required    bool
	Max         int // for documents: not zero says that it is a whole number from 1 to this
}

// Body decodes a JSON object, and makes the input of it. A field with the tag need must be there and not be empty:
// [tollkeeper.ErrMissing] with its name, and with what stands in the tag as its message. A field that is a [Locator]
// says where the request looks. B is a struct without embedded ones.
func Body[B, In any](convert func(*Call, B) (In, error)) Decoder[In] {
	return bodyOf(convert, false, readJSON)
}

// OptionalBody is Body for a request that need not have one; the zero B stands for none.
func OptionalBody[B, In any](convert func(*Call, B) (In, error)) Decoder[In] {
	return bodyOf(convert, true, readJSON)
}

// Form is Body for the form that another site's page posts in its user's name, as issuers do (response_mode=form_post).
// No origin is refused: a field of the form has to prove that the request was begun here. Its fields are strings; each
// is sent once.
func Form[B, In any](convert func(*Call, B) (In, error)) Decoder[In] {
	d := bodyOf(convert, false, readForm)
	d.form = true
	for i := 0; !d.unfit && i < d.body.NumField(); i++ {
		f := d.body.Field(i)
		d.unfit = isSent(f) && f.Type.Kind() != reflect.String
	}
	return d
}

func bodyOf[B, In any](convert func(*Call, B) (In, error), optional bool, read func(*Call, any) error) Decoder[In] {
	t := reflect.TypeFor[B]()
	needs, places := needsOf(t), placesOf(t)
	d := Decoder[In]{input: input{body: t, optional: optional, unfit: t.Kind() != reflect.Struct || strictjson.Decode([]byte("{}"), new(B)) != nil}}
	d.read = func(c *Call) error {
		b := new(B)
		c.body = b
		err := read(c, b)
		c.empty = errors.Is(err, ErrEmptyBody)
		if optional && c.empty {
			err = nil
		}
		v := reflect.ValueOf(b).Elem()
		for _, i := range places {
			c.Look(v.FieldByIndex(i).Interface().(Locator).Locate())
		}
		if err == nil {
			err = lacking(v, needs)
		}
		return err
	}
	if convert != nil {
		d.make = func(c *Call) (In, error) { return convert(c, *c.body.(*B)) }
	}
	return d
}

// Nothing leaves the body, if there is one, unread.
func Nothing() Decoder[None] {
	return Decoder[None]{read: func(*Call) error { return nil }, make: func(*Call) (None, error) { return None{}, nil }}
}

// Query reads the named parameters. Others are ignored; one that is there twice, or a query that does not parse, is
// refused, so that two readers of one request cannot see two values.
func Query[In any](convert func(c *Call, values map[string]string) (In, error), params ...Param) Decoder[In] {
	d := Decoder[In]{input: input{query: params}, read: func(*Call) error { return nil }}
	if convert == nil {
		return d
	}
	d.make = func(c *Call) (In, error) {
		values, err := c.query(params)
		if err != nil {
			var none In
			return none, err
		}
		return convert(c, values)
	}
	return d
}

// Locator is a field of a body that may name a parent.
type Locator interface{ Locate() Place }

// Place is where a request says to look.
type Place struct {
	Scope *tollkeeper.Scope // nil: it does not say
	Key   string            // the public key that named it; empty: something else did
}

// placesOf returns the fields that say where a request looks.
func placesOf(t reflect.Type) (places [][]int) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && f.Type.Implements(reflect.TypeFor[Locator]()) {
			places = append(places, f.Index)
		}
	}
	return places
}

// need is a field that must not be empty.
type need struct {
	index   []int
	name    string
	message string
}

func needsOf(t reflect.Type) (needs []need) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if message, ok := f.Tag.Lookup("need"); ok {
			needs = append(needs, need{f.Index, jsonName(f), message})
		}
	}
	return needs
}

func lacking(v reflect.Value, needs []need) error {
	for _, n := range needs {
		if f := v.FieldByIndex(n.index); f.IsZero() {
			err := tollkeeper.ErrMissing.WithField(n.name)
			if n.message != "" {
				err = err.WithMessage(n.message)
			}
			return err
		}
	}
	return nil
}

func readJSON(c *Call, into any) error {
	room := rooms.Get().(*room)
	defer room.free()
	data, err := c.read(room)
	if err == nil && len(data) > 0 && !c.isJSON() {
		err = ErrBadBody.WithMessage("Send JSON with the header Content-Type: application/json")
	}
	if err == nil && len(data) == 0 {
		err = ErrEmptyBody
	}
	if err == nil && strictjson.Decode(data, into) != nil {
		err = ErrBadBody
	}
	if err == nil && c.cookies != nil {
		c.remember = remembered(data)
	}
	return err
}

// isSent reports whether a body may fill the field.
func isSent(f reflect.StructField) bool { return f.IsExported() && f.Tag.Get("json") != "-" }

// readForm fills the string fields of a struct.
func readForm(c *Call, into any) error {
	room := rooms.Get().(*room)
	defer room.free()
	data, err := c.read(room)
	if err != nil {
		return err
	}
	if kind, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return ErrBadBody
	}
	values, err := url.ParseQuery(string(data))
	if err != nil {
		return ErrBadBody
	}
	v := reflect.ValueOf(into).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		sent := values[jsonName(f)]
		switch {
		case len(sent) == 0 || !isSent(f):
			continue
		case len(sent) > 1:
			return ErrBadBody
		}
		field := v.FieldByIndex(f.Index)
		if t, ok := field.Addr().Interface().(typist); ok {
			t.setTyped(sent[0])
			continue
		}
		field.SetString(sent[0])
	}
	return nil
}

// room is where a body is read. Nothing that is read out of a body refers to it.
type room [1 << 10]byte

var rooms = sync.Pool{New: func() any { return new(room) }}

// free wipes it: there may be a password.
func (x *room) free() {
	clear(x[:])
	rooms.Put(x)
}

// read returns the body, or nothing when it is only white space. It is good until the room is free.
func (c *Call) read(in *room) ([]byte, error) {
	if c.Request.ContentLength > MaxBody {
		return nil, ErrLargeBody
	}
	from := c.Request.Body
	if c.Request.ContentLength <= 0 { // it may be endless: the server is to close the connection behind what is too large
		from = http.MaxBytesReader(c.w, from, MaxBody)
	}
	data, err := strictjson.Read(in[:], from, MaxBody)
	_, capped := errors.AsType[*http.MaxBytesError](err) // by this reader, or by the host's own
	switch {
	case capped, errors.Is(err, strictjson.ErrTooLarge):
		return nil, ErrLargeBody
	case err != nil:
		return nil, ErrBadBody
	}
	return bytes.Trim(data, " \t\r\n"), nil
}

// isJSON reports whether the body may be taken for JSON. One without a type may, unless a browser sent it: a page of
// another origin can send anything else without asking first (docs/WIRE.md section 0).
func (c *Call) isJSON() bool {
	types := c.Request.Header["Content-Type"]
	switch {
	case len(types) == 0:
		return c.page == noPage
	case len(types) > 1:
		return false
	case types[0] == "application/json": // the common spelling, without parsing it
		return true
	}
	kind, _, err := mime.ParseMediaType(types[0])
	return err == nil && kind == "application/json"
}

func (c *Call) query(params []Param) (map[string]string, error) {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return nil, tollkeeper.ErrInvalidInput
	}
	found := make(map[string]string, len(params))
	for name, v := range values {
		if !slices.ContainsFunc(params, func(p Param) bool { return p.Name == name }) {
			continue
		}
		if len(v) > 1 {
			return nil, tollkeeper.ErrInvalidInput.WithField(name).WithMessage("Send each parameter once")
		}
		found[name] = v[0]
	}
	return found, nil
}

// ListLimit reads the size of a page. Empty is the default. [tollkeeper.ErrInvalidLimit].
func ListLimit(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100 || strconv.Itoa(n) != s {
		return 0, tollkeeper.ErrInvalidLimit
	}
	return n, nil
}
