package family_test

import (
	"encoding/json"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// Body has the name that others end in.
type Body struct {
	ID     uuid.UUID       `json:"id"`
	At     *time.Time      `json:"at"`
	From   netip.Addr      `json:"from"`
	Size   uint16          `json:"size"`
	Share  float32         `json:"share"`
	Key    []byte          `json:"key"`
	Any    any             `json:"any"`
	Choice string          `json:"choice,omitempty" enum:"red,blue"`
	Kinds  []string        `json:"kinds,omitempty" enum:"a,b"`
	Free   json.RawMessage `json:"free,omitempty"`
	Next   *Body           `json:"next"`
}

type envelope[T any] struct {
	Data T `json:"data"`
}

// tree holds others of its kind.
type tree[T any] struct {
	Of   T         `json:"of"`
	Kids []tree[T] `json:"kids"`
}

// document is what a family's document says, as a reader takes it.
type document struct {
	Paths map[string]map[string]struct {
		ID        string `json:"operationId"`
		Summary   string
		Responses map[string]map[string]any
		Security  []map[string][]string
	}
	Components struct{ Schemas map[string]map[string]any }
}

func documentOf(t *testing.T, f family.Family) (d document) {
	t.Helper()
	text, err := f.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func nothing(*family.Call, family.None) (family.None, error) { return family.None{}, nil }

func showing[B any](path string) family.Route {
	show := family.JSON(func(*family.Call, family.None) (b B) { return b })
	return family.On("GET", path, family.Nothing(), nothing, show)
}

// TestDocumentOfTypes: each type has the schema of what encoding/json makes of it, and a name where it has one.
func TestDocumentOfTypes(t *testing.T) {
	f := hosts()
	f.Routes = []family.Route{
		showing[Body]("/f/a"), showing[envelope[Body]]("/f/b"), showing[envelope[[]Body]]("/f/c"),
		showing[tree[[]int]]("/f/d"), showing[tree[struct{ A, B int }]]("/f/e"),
	}
	d := documentOf(t, f)
	wants := map[string]any{
		"id": map[string]any{"type": "string", "format": "uuid"}, "from": map[string]any{"type": "string"},
		"at":   map[string]any{"type": []any{"string", "null"}, "format": "date-time"},
		"size": map[string]any{"type": "integer", "minimum": 0.0}, "share": map[string]any{"type": "number"},
		"key": map[string]any{"type": "string", "contentEncoding": "base64"}, "any": map[string]any{},
		"choice": map[string]any{"type": "string", "enum": []any{"red", "blue"}},
		"kinds":  map[string]any{"type": "array", "items": map[string]any{"type": "string", "enum": []any{"a", "b"}}},
		"free":   map[string]any{"type": "object", "additionalProperties": true},
		"next":   map[string]any{"anyOf": []any{map[string]any{"$ref": "#/components/schemas/Body"}, map[string]any{"type": "null"}}},
	}
	if got := d.Components.Schemas["Body"]["properties"]; !reflect.DeepEqual(got, wants) {
		t.Errorf("Body is %v", got)
	}
	if got := d.Components.Schemas["Body"]["required"]; !reflect.DeepEqual(got, []any{"any", "at", "from", "id", "key", "next", "share", "size"}) {
		t.Errorf("Body requires %v", got)
	}
	names := slices.Sorted(maps.Keys(d.Components.Schemas))
	if !slices.Equal(names, []string{"Body", "BodyEnvelope", "BodyListEnvelope", "IntListTree", "StructAintBintTree"}) {
		t.Errorf("the components are %v", names)
	}
}

// TestDocumentOfRoutes: ids are unique, and an operation names what its route asks for and refuses.
func TestDocumentOfRoutes(t *testing.T) {
	f := hosts()
	f.Routes = append(f.Routes, showing[Body]("/f/me-too").Is("shows a body"), showing[Body]("/f/me/too"))
	d := documentOf(t, f)
	if a, b := d.Paths["/f/me-too"]["get"], d.Paths["/f/me/too"]["get"]; a.ID != "getMeToo" || b.ID != "getMeToo2" || a.Summary != "Shows a body" {
		t.Errorf("%q and %q, %q", a.ID, b.ID, a.Summary)
	}
	for path, want := range map[string][]string{
		"/f/in": {"200", "400", "413", "default"}, "/f/me": {"200", "401", "default"}, "/f/admins": {"200", "401", "403", "default"}, "/f/me/too": {"200", "default"},
	} {
		for _, o := range d.Paths[path] {
			var got []string
			for status := range o.Responses {
				got = append(got, status)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) || (len(o.Security) == 0) == slices.Contains(want, "401") {
				t.Errorf("%s answers %v with security %v", path, got, o.Security)
			}
		}
	}
}

// TestNoDocument of a family that cannot serve: it is refused, not met by a panic.
func TestNoDocument(t *testing.T) {
	broken := hosts()
	broken.Prefixes = nil
	shapeless := hosts()
	shapeless.Shape = family.Shape{}
	auth := newAuth(t, tollkeeper.Config{})
	for _, f := range []family.Family{broken, shapeless} {
		if text, err := f.OpenAPI(); err == nil {
			t.Errorf("%s", text)
		}
		if _, err := family.New(auth, api(f), family.Options{OpenAPI: true}); err == nil {
			t.Error("bound a family that cannot serve")
		}
	}
	taken := hosts()
	taken.Routes = append(taken.Routes, showing[Body]("/f/openapi.json"))
	if _, err := family.New(auth, api(taken), family.Options{OpenAPI: true}); err == nil {
		t.Error("bound two routes to one path")
	}
}
