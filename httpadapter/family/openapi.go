package family

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// OpenAPI returns the OpenAPI 3.1 document of a family, made of the tables that serve it: every route with what it
// reads and what it may answer. It is indented, and the same each time.
func (f Family) OpenAPI() ([]byte, error) {
	d := &document{family: &f, schemas: newSchemas()}
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
	d.failure(f.Shape)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(object{
		"openapi": "3.1.0", "info": info, "paths": paths,
		"components": object{"schemas": d.schemas.components, "securitySchemes": d.security()},
	})
	return b.Bytes(), err
}

// documentRoute serves the document of the routes before it.
func (f Family) documentRoute() Route {
	text, bad := f.OpenAPI()
	show := JSON(func(*Call, None) json.RawMessage { return text })
	return On("GET", f.Prefixes[0]+"/openapi.json", Nothing(), func(*Call, None) (None, error) { return None{}, bad }, show).Is("this document")
}

type document struct {
	family  *Family
	schemas *schemas
}

func (d *document) operation(r Route) object {
	o := object{"operationId": operationID(d.family.Prefixes, r), "responses": d.responses(r)}
	if r.About != "" {
		o["summary"] = r.About
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

// operationID names a route for generated clients: the method and the words of the path.
func operationID(prefixes []string, r Route) string {
	path := r.Path
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(path, p+"/"); ok && len(prefixes) == 1 {
			path = rest
		}
	}
	id := strings.ToLower(r.Method)
	for word := range strings.FieldsFuncSeq(path, func(r rune) bool { return strings.ContainsRune("/-_.", r) }) {
		if inner, ok := strings.CutPrefix(word, "{"); ok {
			word = "by" + upperFirst(strings.TrimSuffix(inner, "}"))
		}
		id += upperFirst(word)
	}
	return id
}

func (d *document) parameters(r Route) (list []object) {
	like, _ := newPattern(r.Path)
	switch like.parameter {
	case idSegment:
		list = append(list, object{"name": "id", "in": "path", "required": true, "schema": object{"type": "string", "format": "uuid"}})
	case nameSegment:
		list = append(list, object{"name": "name", "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, q := range r.in.query {
		p := object{"name": q.Name, "in": "query", "schema": object{"type": "string"}}
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
	for _, e := range r.replies {
		status := strconv.Itoa(e.Status)
		answer, ok := all[status].(object)
		if !ok {
			answer = object{"description": "", "content": d.failure(shape)}
			all[status] = answer
		}
		answer["description"] = joined(answer["description"].(string), e)
	}
	all["default"] = object{"description": "Any other error", "content": d.failure(shape)}
	return all
}

// joined adds what a reply says to the description of its status.
func joined(said string, e Reply) string {
	line := strings.TrimSpace(e.Code + " " + e.Message)
	if line == "" {
		line = string(e.Cause)
	}
	if said == "" {
		return line
	}
	if slices.Contains(strings.Split(said, "; "), line) {
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
		before, ok := content["application/json"].(object)
		if ok {
			options, several := before["schema"].(object)["anyOf"].([]object)
			if !several {
				options = []object{before["schema"].(object)}
			}
			is = object{"anyOf": append(options, is)}
		}
		content["application/json"] = object{"schema": is}
	default:
		return
	}
	answer["content"] = content
}

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
	schemes := object{"bearer": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
	if slices.Contains(d.family.Credential.headers, "Token") {
		schemes["token"] = object{"type": "apiKey", "in": "header", "name": "token"}
	}
	if d.family.Transport == InCookie {
		schemes["cookie"] = object{"type": "apiKey", "in": "cookie", "name": CookieName}
	}
	for _, r := range d.family.Routes {
		if r.requires.Header != "" {
			schemes[r.requires.Header] = object{"type": "apiKey", "in": "header", "name": r.requires.Header}
		}
	}
	return schemes
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
