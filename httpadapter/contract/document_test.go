package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// documentsFolder has a document for each family.
const documentsFolder = "../../docs/openapi"

// document is one of a family, in two readings: open is as it stands, closed takes no member that it does not name.
type document struct{ open, closed *openapi3.T }

// documents reads all that are committed, by the name of the family.
func documents(t *testing.T) map[string]document {
	t.Helper()
	all := map[string]document{}
	for family, text := range documentTexts(t) {
		d, err := loadDocument(t.Context(), text)
		if err != nil {
			t.Fatalf("%s: %v", family, err)
		}
		all[family] = d
	}
	return all
}

func documentTexts(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(documentsFolder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no documents", err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = text
	}
	return all
}

// loadDocument refuses what is no OpenAPI 3.1 document, a reference that leads nowhere included.
func loadDocument(ctx context.Context, text []byte) (d document, err error) {
	if d.open, err = load(ctx, text); err != nil {
		return d, err
	}
	if !d.open.IsOpenAPI31OrLater() {
		return d, fmt.Errorf("is OpenAPI %s", d.open.OpenAPI)
	}
	var v any
	if err = json.Unmarshal(text, &v); err != nil {
		return d, err
	}
	closeObjects(v)
	if text, err = json.Marshal(v); err != nil {
		return d, err
	}
	d.closed, err = load(ctx, text)
	return d, err
}

func load(ctx context.Context, text []byte) (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(ctx, openapi3.EnableMultiError())
}

// closeObjects makes every schema of an object refuse members that it does not name.
func closeObjects(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			closeObjects(item)
		}
	case map[string]any:
		_, named := v["properties"].(map[string]any)
		if _, said := v["additionalProperties"]; v["type"] == "object" && named && !said {
			v["additionalProperties"] = false
		}
		for _, item := range v {
			closeObjects(item)
		}
	}
}

// checkDocument says what a reader of a document would miss, though it is a valid one.
func checkDocument(d *openapi3.T) (faults []string) {
	ids := map[string]string{}
	for path, item := range d.Paths.Map() {
		for method, o := range item.Operations() {
			name := method + " " + path
			if o.OperationID == "" || ids[o.OperationID] != "" {
				faults = append(faults, fmt.Sprintf("%s has the id %q, as %q", name, o.OperationID, ids[o.OperationID]))
			}
			ids[o.OperationID] = name
			if o.Security == nil {
				faults = append(faults, name+" does not say what it asks for")
			}
			if o.Responses.Default() == nil || len(o.Responses.Default().Value.Content) == 0 {
				faults = append(faults, name+" does not say how it fails")
			}
			if needsProof(o) && o.Responses.Status(401) == nil && o.Responses.Status(400) == nil {
				faults = append(faults, name+" does not say how it answers a stranger")
			}
		}
	}
	_ = d.WalkSchemas(func(at string, s *openapi3.SchemaRef) error {
		if text, err := json.Marshal(s); err != nil || bytes.Equal(text, []byte("{}")) {
			faults = append(faults, "nothing is said of "+at)
		}
		return nil
	})
	return faults
}

// needsProof reports whether an operation serves nobody without a credential.
func needsProof(o *openapi3.Operation) bool {
	anyone := func(r openapi3.SecurityRequirement) bool { return len(r) == 0 }
	return o.Security != nil && len(*o.Security) > 0 && !slices.ContainsFunc(*o.Security, anyone)
}

func TestDocumentsAreFitForClients(t *testing.T) {
	for family, d := range documents(t) {
		for _, fault := range checkDocument(d.open) {
			t.Errorf("%s: %s", family, fault)
		}
	}
}
