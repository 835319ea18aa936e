package family

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tollkeeper/tollkeeper"
)

// OpenAPI returns the OpenAPI 3.1 document of a family, made of the tables that serve it: every route with what it
// reads and what it may answer. It is indented, and the same each time. An error says what [New] would refuse.
func (f Family) OpenAPI() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	d := &document{family: &f, schemas: newSchemas(), replies: newReplies(f.Replies, f.Shape), ids: map[string]bool{}}
	failure := d.failure(f.Shape) // first, so that it has the plain name
	paths := object{}
	for _, r := range f.Routes {
		p, _ := paths[r.Path].(object)
		if p == nil {
			p = object{}
			paths[r.Path] = p
		}
		p[strings.ToLower(r.Method)] = d.operation(r)
	}
	title := f.Title
	if title == "" {
		title = f.Name
	}
	info := object{"title": title, "version": "1"}
	if f.About != "" {
		info["description"] = f.About
	}
	components := object{
		"schemas": d.schemas.components, "securitySchemes": d.security(),
		"responses": object{"Error": object{"description": otherErrors, "headers": retryAfter, "content": failure}},
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(object{
		"openapi": "3.1.0", "info": info, "tags": []object{{"name": f.Name}}, "paths": paths, "components": components,
	})
	return b.Bytes(), err
}

// documentRoute serves the document of the routes before it.
func (f Family) documentRoute() (Route, error) {
	text, err := f.OpenAPI()
	if err != nil {
		return Route{}, err
	}
	show := JSON(func(*Call, None) json.RawMessage { return text })
	do := func(*Call, None) (None, error) { return None{}, nil }
	return On("GET", f.Prefixes[0]+"/openapi.json", Nothing(), do, show).Is("this document"), nil
}

// otherErrors describes the answer of an operation to what it does not name.
const otherErrors = "Any other error"

// retryAfter is a header of answers to what may be tried again.
var retryAfter = object{"Retry-After": object{"description": "seconds", "schema": object{"type": "integer", "minimum": 1}}}

type document struct {
	family  *Family
	schemas *schemas
	replies replies
	ids     map[string]bool // of operations, taken
}

func (d *document) operation(r Route) object {
	o := object{"operationId": d.operationID(r), "tags": []string{d.family.Name}, "responses": d.responses(r)}
	if r.About != "" {
		o["summary"] = upperFirst(r.About)
	}
	if list := d.parameters(r); len(list) > 0 {
		o["parameters"] = list
	}
	if r.in.body != nil {
		kind := "application/json"
		if r.in.form {
			kind = "application/x-www-form-urlencoded"
		}
		o["requestBody"] = object{"required": !r.in.optional, "content": object{kind: object{"schema": d.schemas.of(r.in.body, true)}}}
	}
	o["security"] = d.demands(r.requires)
	return o
}

// operationID names a route for generated clients: the method and the words of the path, without the family's first
// prefix.
func (d *document) operationID(r Route) string {
	path := strings.TrimPrefix(r.Path, d.family.Prefixes[0])
	id := strings.ToLower(r.Method)
	for word := range strings.FieldsFuncSeq(path, func(r rune) bool { return strings.ContainsRune("/-_.", r) }) {
		if inner, ok := strings.CutPrefix(word, "{"); ok {
			word = "by" + upperFirst(strings.TrimSuffix(inner, "}"))
		}
		id += upperFirst(word)
	}
	for n, plain := 2, id; d.ids[id]; n++ { // "/a-b" beside "/a/b"
		id = plain + strconv.Itoa(n)
	}
	d.ids[id] = true
	return id
}

func (d *document) parameters(r Route) (list []object) {
	like, _ := newPattern(r.Path)
	switch like.parameter {
	case idSegment:
		list = append(list, object{"name": "id", "in": "path", "required": true, "schema": object{"type": "string", "format": "uuid"}})
	case nameSegment:
		list = append(list, object{"name": "name", "in": "path", "required": true, "schema": object{"type": "string", "pattern": namePattern}})
	}
	for _, q := range r.in.query {
		p := object{"name": q.Name, "in": "query", "schema": object{"type": "string"}}
		if q.Max > 0 {
			p["schema"] = object{"type": "integer", "minimum": 1, "maximum": q.Max}
		}
		if q.Required {
			p["required"] = true
		}
		if q.About != "" {
			p["description"] = q.About
		}
		list = append(list, p)
	}
	return list
}

func (d *document) responses(r Route) object {
	all := object{}
	for _, k := range r.out {
		status := strconv.Itoa(k.Status)
		answer, _ := all[status].(object)
		if answer == nil {
			answer = object{"description": http.StatusText(k.Status)}
			all[status] = answer
		}
		d.add(answer, k)
	}
	shape := r.shape
	if shape.Body == nil {
		shape = d.family.Shape
	}
	for _, e := range slices.Concat(r.replies, d.refusals(r)) {
		status := strconv.Itoa(e.Status)
		answer, ok := all[status].(object)
		if !ok {
			answer = object{"description": "", "content": d.failure(shape)}
			if e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable {
				answer["headers"] = retryAfter
			}
			all[status] = answer
		}
		answer["description"] = joined(answer["description"].(string), e)
	}
	all["default"] = object{"$ref": "#/components/responses/Error"}
	if r.shape.Body != nil {
		all["default"] = object{"description": otherErrors, "headers": retryAfter, "content": d.failure(shape)}
	}
	return all
}

// refusals are the replies of a route to a request that it does not read, or whose sender it does not serve.
func (d *document) refusals(r Route) (list []Reply) {
	causes := slices.Clone(r.requires.Refuses)
	if r.in.body != nil {
		causes = append(causes, ErrBadBody, ErrLargeBody)
		if !r.in.optional {
			causes = append(causes, ErrEmptyBody)
		}
		if len(needsOf(r.in.body)) > 0 {
			causes = append(causes, tollkeeper.ErrMissing)
		}
	}
	if len(r.in.query) > 0 && !r.in.unread {
		causes = append(causes, tollkeeper.ErrInvalidInput)
	}
	own := newReplies(r.replies, d.family.Shape)
	for _, cause := range causes {
		if own.find(cause, false) == nil { // else it is there already
			list = append(list, d.replies.find(cause, false).Reply)
		}
	}
	return list
}

// joined adds what a reply says to the description of its status.
func joined(said string, e Reply) string {
	line := strings.TrimSpace(e.Code + " " + e.Message)
	if line == "" {
		line = string(e.Cause)
	}
	switch {
	case said == "":
		return line
	case slices.Contains(strings.Split(said, "; "), line):
		return said
	}
	return said + "; " + line
}

// add makes a kind one of the answers with its status.
func (d *document) add(answer object, k Kind) {
	content, _ := answer["content"].(object)
	if content == nil {
		content = object{}
	}
	switch {
	case k.page:
		content["text/html"] = object{"schema": object{"type": "string"}}
	case k.body != nil:
		is := d.schemas.of(k.body, false)
		if before, ok := content["application/json"].(object); ok {
			is = either(before["schema"].(object), is)
		}
		content["application/json"] = object{"schema": is}
	default:
		return
	}
	answer["content"] = content
}

// either is a schema of what fits one of two.
func either(a, b object) object {
	options, several := a["anyOf"].([]object)
	if !several {
		options = []object{a}
	}
	return object{"anyOf": append(options, b)}
}

// failure is the content of a shape's errors.
func (d *document) failure(s Shape) object {
	kind := s.Type
	if kind == "" {
		kind = "application/json"
	}
	sample := reflect.TypeOf(s.Body(Failure{Status: 500, Cause: ErrNoRoute}))
	return object{kind: object{"schema": d.schemas.of(sample, false)}}
}

// security names the ways in which a request may say who sends it.
func (d *document) security() object {
	schemes := object{"bearer": object{
		"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The token that an answer gave",
	}}
	if slices.Contains(d.family.Credential.headers, "Token") {
		schemes["token"] = apiKey("header", "token", "The same token in a header of its own")
	}
	if d.family.Transport == InCookie {
		schemes["cookie"] = apiKey("cookie", CookieName, "The session of a page of the service's own origin; the answers that begin it set it")
	}
	for _, r := range d.family.Routes {
		if h := r.requires.Header; h != "" {
			schemes[h] = apiKey("header", h, "Instead of a token")
		}
	}
	return schemes
}

func apiKey(in, name, about string) object {
	return object{"type": "apiKey", "in": in, "name": name, "description": about}
}

// demands are the ways that serve a route; an empty one is none at all.
func (d *document) demands(q Requirement) []object {
	if q.Check == nil {
		return []object{}
	}
	list := []object{{"bearer": []string{}}}
	if slices.Contains(d.family.Credential.headers, "Token") {
		list = append(list, object{"token": []string{}})
	}
	if d.family.Transport == InCookie {
		list = append(list, object{"cookie": []string{}})
	}
	if q.Header != "" {
		list = append(list, object{q.Header: []string{}})
	}
	if q.Optional {
		list = append(list, object{})
	}
	return list
}
