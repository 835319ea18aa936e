package contract_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// object is a part of a document.
type object = map[string]any

// in returns what stands at the keys.
func in(v object, keys ...string) object {
	for _, key := range keys {
		v = v[key].(object)
	}
	return v
}

func operation(d object, method, path string) object {
	return in(d, "paths", "/authentiq/v1"+path, method)
}

func schema(d object, name string) object { return in(d, "components", "schemas", name) }

// broken are changes to the document of the v1 family, each with a word of the fault that must be found.
var broken = map[string]struct {
	fault string
	do    func(object)
}{
	"an older version": {"3.0.3", func(d object) { d["openapi"] = "3.0.3" }},
	"a reference to nothing": {"Nobody", func(d object) {
		in(schema(d, "List"), "properties", "usersList")["items"] = object{"$ref": "#/components/schemas/Nobody"}
	}},
	"no such type":             {"text", func(d object) { in(schema(d, "User"), "properties", "email")["type"] = "text" }},
	"one id twice":             {"getHeartbeat", func(d object) { operation(d, "get", "/user/list")["operationId"] = "getHeartbeat" }},
	"no id":                    {`the id ""`, func(d object) { delete(operation(d, "get", "/user/list"), "operationId") }},
	"nothing of what is asked": {"asks for", func(d object) { delete(operation(d, "get", "/user/list"), "security") }},
	"nothing of failures":      {"how it fails", func(d object) { delete(in(operation(d, "get", "/user/list"), "responses"), "default") }},
	"nothing of strangers": {"stranger", func(d object) {
		delete(in(operation(d, "get", "/user/list"), "responses"), "400")
		delete(in(operation(d, "get", "/user/list"), "responses"), "401")
	}},
	"an empty schema":   {"nothing is said", func(d object) { in(schema(d, "User"), "properties")["role"] = object{} }},
	"no path":           {"is not in the document", func(d object) { delete(in(d, "paths"), "/authentiq/v1/user/login") }},
	"no method":         {"is not in the document", func(d object) { delete(in(d, "paths", "/authentiq/v1/user/role"), "put") }},
	"no success":        {"does not name the answer 201", func(d object) { delete(in(operation(d, "post", "/user/register"), "responses"), "201") }},
	"no body":           {"does not name the body", func(d object) { delete(in(operation(d, "get", "/user/role"), "responses", "200"), "content") }},
	"another type":      {"must be an integer", func(d object) { in(schema(d, "Token"), "properties", "token")["type"] = "integer" }},
	"a member too few":  {"additional properties 'role'", func(d object) { delete(in(schema(d, "User"), "properties"), "role") }},
	"a member too many": {"missing property 'age'", func(d object) { schema(d, "User")["required"] = []any{"age", "email"} }},
	"another media type": {"Content-Type", func(d object) {
		rename(in(operation(d, "get", "/user/role"), "responses", "200", "content"), "text/plain")
	}},
	"a wrong failure": {"'error'", func(d object) {
		in(d, "components", "responses", "Error")["content"] = object{"application/json": object{"schema": object{
			"type": "object", "required": []any{"error"}, "properties": object{"error": object{"type": "string"}},
		}}}
	}},
	"a wrong form":       {"want integer", func(d object) { in(schema(d, "CredentialsRequest"), "properties", "email")["type"] = "integer" }},
	"a request too long": {"'captcha'", func(d object) { schema(d, "CredentialsRequest")["required"] = []any{"captcha"} }},
	"a parameter that nobody sends": {"page", func(d object) {
		operation(d, "get", "/user/list")["parameters"] = []any{object{"name": "page", "in": "query", "required": true, "schema": object{"type": "integer"}}}
	}},
	"a proof that nobody sends": {"ecurity", func(d object) { operation(d, "post", "/user/login")["security"] = []any{object{"bearer": []any{}}} }},
}

// rename gives the one entry of an object another name.
func rename(o object, name string) {
	for old, v := range o {
		delete(o, old)
		o[name] = v
	}
}

// TestBrokenDocumentsAreCaught by the very checks that the committed ones pass.
func TestBrokenDocumentsAreCaught(t *testing.T) {
	text, exchanges := documentTexts(t)["v1"], []exchange{}
	for _, name := range goldenFiles(t)["v1"] {
		exchanges = append(exchanges, readGolden(t, name))
	}
	faults := func(text []byte) string {
		d, err := loadDocument(t.Context(), text)
		if err != nil {
			return err.Error()
		}
		list := checkDocument(d.open)
		for _, x := range exchanges {
			if _, err := d.check(t.Context(), x); err != nil {
				list = append(list, err.Error())
			}
		}
		return strings.Join(list, "\n")
	}
	if got := faults(text); got != "" {
		t.Fatalf("the document as it stands: %s", got)
	}
	for name, b := range broken {
		var d object
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		b.do(d)
		changed, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := faults(changed); !strings.Contains(got, b.fault) {
			t.Errorf("%s: %q is not found in %q", name, b.fault, got)
		}
	}
}
