package contract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

func init() {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
}

// TestExchangesFitTheDocuments: every request and every answer of the golden files is what its family's document says.
func TestExchangesFitTheDocuments(t *testing.T) {
	docs, files := documents(t), goldenFiles(t)
	for family := range docs {
		if len(files[family]) == 0 {
			t.Errorf("docs/openapi/%s.json has no golden files", family)
		}
	}
	for family, names := range files {
		d, ok := docs[family]
		if !ok {
			t.Errorf("the golden files of %s have no document", family)
			continue
		}
		strays, reached := 0, map[string]int{}
		for _, name := range names {
			operation, err := d.check(t.Context(), readGolden(t, name))
			switch {
			case err != nil:
				t.Errorf("%s: %v", name, err)
			case operation == "":
				strays++
			default:
				reached[operation]++
			}
		}
		for path, item := range d.open.Paths.Map() {
			for method := range item.Operations() {
				if reached[method+" "+path] == 0 {
					t.Errorf("no golden file of %s has %s %s", family, method, path)
				}
			}
		}
		t.Logf("%s: %d exchanges of %d operations and %d of none", family, len(names)-strays, len(reached), strays)
	}
}

// check returns the operation that an exchange is of, and why the document does not know it. Without an operation the
// answer must be a failure in the family's shape.
func (d document) check(ctx context.Context, x exchange) (operation string, err error) {
	path, _, _ := strings.Cut(x.target, "?")
	template, parameters := find(d.open, path)
	method := x.method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	switch {
	case template != "" && x.method == http.MethodOptions && x.header.Get("Access-Control-Request-Method") != "":
		return "", checkPreflight(x)
	case template == "":
		return "", d.checkStray(ctx, x, http.StatusNotFound)
	case d.open.Paths.Value(template).GetOperation(method) == nil:
		return "", d.checkStray(ctx, x, http.StatusMethodNotAllowed)
	}
	operation = method + " " + template
	asked := input(d.open, template, method, parameters, x)
	if refused := openapi3filter.ValidateRequest(ctx, asked); refused != nil && x.status/100 != 4 {
		return operation, fmt.Errorf("the document refuses a request that was answered with %d: %w", x.status, refused)
	}
	return operation, checkAnswer(ctx, input(d.closed, template, method, parameters, x), x)
}

// find returns the path of a document that serves a path, and what stands for its parameters.
func find(doc *openapi3.T, path string) (template string, parameters map[string]string) {
	if doc.Paths.Value(path) != nil {
		return path, nil
	}
	for template := range doc.Paths.Map() {
		if parameters, ok := match(strings.Split(template, "/"), strings.Split(path, "/")); ok {
			return template, parameters
		}
	}
	return "", nil
}

func match(template, path []string) (map[string]string, bool) {
	if len(template) != len(path) {
		return nil, false
	}
	parameters := map[string]string{}
	for i, segment := range template {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			parameters[strings.TrimSuffix(name, "}")] = path[i]
		} else if segment != path[i] {
			return nil, false
		}
	}
	return parameters, true
}

// input is an exchange's request for the validator.
func input(doc *openapi3.T, template, method string, parameters map[string]string, x exchange) *openapi3filter.RequestValidationInput {
	r := httptest.NewRequest(x.method, x.target, strings.NewReader(x.body))
	r.Header = x.header.Clone()
	if x.body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	item := doc.Paths.Value(template)
	return &openapi3filter.RequestValidationInput{
		Request: r, PathParams: parameters, Options: &openapi3filter.Options{AuthenticationFunc: carries, IncludeResponseStatus: true},
		Route: &routers.Route{Spec: doc, Path: template, PathItem: item, Method: method, Operation: item.GetOperation(method)},
	}
}

// carries reports whether a request has what a security scheme asks for.
func carries(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	r, scheme := in.RequestValidationInput.Request, in.SecurityScheme
	found := false
	switch {
	case scheme.Type == "http" && scheme.Scheme == "bearer":
		kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		found = strings.EqualFold(kind, "Bearer") && token != ""
	case scheme.Type == "apiKey" && scheme.In == "header":
		found = r.Header.Get(scheme.Name) != ""
	case scheme.Type == "apiKey" && scheme.In == "cookie":
		_, err := r.Cookie(scheme.Name)
		found = err == nil
	}
	if !found {
		return in.NewError(nil)
	}
	return nil
}

// checkAnswer wants a status that the operation names, or a failure that its default covers, and the body of it.
func checkAnswer(ctx context.Context, asked *openapi3filter.RequestValidationInput, x exchange) error {
	named := asked.Route.Operation.Responses.Status(x.status)
	if named == nil {
		if x.status < 400 {
			return fmt.Errorf("the document does not name the answer %d", x.status)
		}
		named = asked.Route.Operation.Responses.Default()
	}
	return fits(ctx, asked, named, x)
}

// fits checks a body and headers against one answer of a document.
func fits(ctx context.Context, asked *openapi3filter.RequestValidationInput, named *openapi3.ResponseRef, x exchange) error {
	switch {
	case named == nil:
		return fmt.Errorf("the document does not name the answer %d", x.status)
	case x.answerBody == "" && (x.method == http.MethodHead || len(named.Value.Content) == 0):
		return nil
	case len(named.Value.Content) == 0:
		return errors.New("the document does not name the body of the answer")
	}
	return openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked, Status: x.status, Header: x.answerHeader, Options: asked.Options,
		Body: io.NopCloser(strings.NewReader(x.answerBody)),
	})
}

// checkStray wants the family's error for a request of no operation.
func (d document) checkStray(ctx context.Context, x exchange, status int) error {
	if x.status != status {
		return fmt.Errorf("%s %s is not in the document, and was answered with %d", x.method, x.target, x.status)
	}
	failure := d.closed.Components.Responses["Error"]
	if failure == nil {
		return errors.New("the document has no components.responses.Error")
	}
	responses := openapi3.NewResponses()
	responses.Set("default", failure)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	return fits(ctx, &openapi3filter.RequestValidationInput{
		Request: r, Options: &openapi3filter.Options{},
		Route: &routers.Route{Spec: d.closed, Operation: &openapi3.Operation{Responses: responses}},
	}, failure, x)
}

// checkPreflight wants what a browser's question is answered with, which no document names.
func checkPreflight(x exchange) error {
	if x.status != http.StatusNoContent || x.answerBody != "" {
		return fmt.Errorf("a preflight was answered with %d %s", x.status, x.answerBody)
	}
	return nil
}
