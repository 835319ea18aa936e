package client_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/client"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// schema is a part of an OpenAPI document, as far as it matters here.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Format     string            `json:"format"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	AnyOf      []schema          `json:"anyOf"`
}

func (s schema) name() string { return strings.TrimPrefix(s.Ref, "#/components/schemas/") }

func (s schema) is(kind string) bool {
	list, several := s.Type.([]any)
	return s.Type == kind || several && slices.Contains(list, any(kind))
}

type content map[string]struct{ Schema schema }

type operation struct {
	Parameters  []struct{ Name, In string }
	RequestBody struct{ Content content }
	Responses   map[string]struct{ Content content }
}

type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

func readDocument(t *testing.T) document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "openapi", "app.json"))
	must(t, err)
	var d document
	must(t, json.Unmarshal(text, &d))
	return d
}

// shapes are the types of this package by the names that the document has for them.
var shapes = map[string]any{
	"AccountDeletionRequest":  client.DeletionRequest{},
	"AddedPasskey":            client.AddedPasskey{},
	"ChallengedRequest":       client.EndRequest{},
	"FactorLabelRequest":      client.LabelRequest{},
	"FactorProofRequest":      client.FactorProof{},
	"NewPasskeyRequest":       client.NewPasskey{},
	"PasskeyChallenge":        client.PasskeyChallenge{},
	"PasskeyEnrolmentRequest": client.EnrolRequest{},
	"PasskeyRequest":          client.PasskeyAnswer{},
	"PasskeySignInRequest":    client.PasskeyAnswer{},
	"AccountEvent":            client.Event{},
	"AccountEvents":           client.Events{},
	"AccountExport":           client.Export{},
	"Challenge":               client.Challenge{},
	"CodeSignInRequest":       client.CodeSignIn{},
	"ConfirmEmailRequest":     client.EmailConfirmation{},
	"CurrentSession":          client.CurrentSession{},
	"Dropped":                 client.Dropped{},
	"Enrolled":                client.Enrolled{},
	"EnrolmentRequest":        client.Enrolment{},
	"FactorCodeRequest":       client.CodeRequest{},
	"FactorRemovalRequest":    client.FactorRemoval{},
	"FactorRequest":           client.FactorSignIn{},
	"Factors":                 client.FactorList{},
	"Identities":              client.IdentityList{},
	"Identity":                client.Identity{},
	"IdentityRemovalRequest":  client.IdentityRemoval{},
	"KeptIdentityRequest":     client.KeptIdentity{},
	"LinkRequest":             client.LinkRequest{},
	"LinkSignInRequest":       client.LinkSignIn{},
	"MailboxRequest":          client.MailboxRequest{},
	"MailedLink":              client.MailedLink{},
	"MailedTokenRequest":      client.MailedRequest{},
	"NewEmailRequest":         client.EmailChange{},
	"NewPasswordRequest":      client.PasswordChange{},
	"NewUserRequest":          client.NewUser{},
	"OpenSession":             client.OpenSession{},
	"PasswordReset":           client.ResetAnswer{},
	"PersonalAccount":         client.PersonalAccount{},
	"PersonalFactor":          client.PersonalFactor{},
	"PersonalIdentity":        client.PersonalIdentity{},
	"Problem":                 client.Problem{},
	"Provider":                client.Provider{},
	"Providers":               client.ProviderList{},
	"ProfileRequest":          client.ProfileChange{},
	"ReauthenticationRequest": client.Reauthentication{},
	"RecoveryCodes":           client.RecoveryCodes{},
	"RefreshRequest":          client.RefreshRequest{},
	"ResendRequest":           client.MailboxRequest{},
	"ResetRequest":            client.PasswordReset{},
	"SecondFactor":            client.Factor{},
	"Session":                 client.Begun{},
	"Sessions":                client.OpenSessions{},
	"SignInRequest":           client.SignIn{},
	"SignUpRequest":           client.SignUp{},
	"Tokens":                  client.Tokens{},
	"User":                    client.User{},
	"UserChangeRequest":       client.UserChange{},
	"Users":                   client.Users{},
	"Verified":                client.Verified{},
	"VerifyRequest":           client.EmailVerification{},
}

// leftOut is of the cookie, which this client has none of.
const leftOut = "rememberMe"

// ofBrowsers are schemas of the way to an issuer and back, which a cookie accompanies.
var ofBrowsers = []string{"ProviderReturnRequest", "ProviderStartRequest", "Started"}

// Every schema of the document has a type here, and each has exactly the fields of the other.
func TestFieldsAreThoseOfTheDocument(t *testing.T) {
	schemas := readDocument(t).Components.Schemas
	for name := range shapes {
		if _, ok := schemas[name]; !ok {
			t.Errorf("the document has no %s", name)
		}
	}
	for name, is := range schemas {
		if slices.Contains(ofBrowsers, name) {
			continue
		}
		shape, ok := shapes[name]
		if !ok {
			t.Errorf("no type is %s", name)
			continue
		}
		fields := fieldsOf(reflect.TypeOf(shape))
		for field, want := range is.Properties {
			f, ok := fields[field]
			delete(fields, field)
			switch {
			case field == leftOut:
				if ok {
					t.Errorf("%s has %s, which is of cookies", name, field)
				}
			case !ok:
				t.Errorf("%s has no %s", name, field)
			case !fits(f.Type, want):
				t.Errorf("%s.%s is %s, and not %v %s", name, field, f.Type, want.Type, want.Format)
			case !strings.HasSuffix(name, "Request") && omitted(f) == slices.Contains(is.Required, field):
				t.Errorf("%s.%s: left out of an answer %v, and required %v", name, field, omitted(f), slices.Contains(is.Required, field))
			}
		}
		for field := range fields {
			t.Errorf("%s has %s, which is not in the document", name, field)
		}
	}
}

// The answer to a sign-in is read as one of two, by the fields of both.
func TestEitherAnswerToASignIn(t *testing.T) {
	schemas := readDocument(t).Components.Schemas
	want := maps.Clone(schemas["Session"].Properties)
	maps.Copy(want, schemas["Challenge"].Properties)
	fields := fieldsOf(reflect.TypeFor[client.Beginning]())
	if !slices.Equal(slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("fields %v, want %v", fields, want)
	}
}

func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			fields[name] = f
		}
	}
	return fields
}

func omitted(f reflect.StructField) bool {
	options := f.Tag.Get("json")
	return strings.HasSuffix(options, ",omitempty") || strings.HasSuffix(options, ",omitzero")
}

// fits tells whether a value of the schema has its place in a field of the type.
func fits(t reflect.Type, s schema) bool {
	if len(s.AnyOf) > 0 { // or null
		return t.Kind() == reflect.Pointer && fits(t, s.AnyOf[0])
	}
	if s.Ref != "" {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		return t == reflect.TypeOf(shapes[s.name()])
	}
	switch {
	case s.Format == "date-time":
		return t == reflect.TypeFor[time.Time]()
	case s.is("string") && s.is("null"):
		return t == reflect.TypeFor[*string]()
	case s.is("string"):
		return t.Kind() == reflect.String
	case s.is("boolean"):
		return t.Kind() == reflect.Bool
	case s.is("integer"):
		return t.Kind() == reflect.Int || t.Kind() == reflect.Int64
	case s.is("array"):
		return t.Kind() == reflect.Slice && fits(t.Elem(), *s.Items)
	}
	return s.is("object") && t == reflect.TypeFor[json.RawMessage]()
}

// What is secret by its name is a Secret, in every request and answer.
func TestSecretFieldsAreSecrets(t *testing.T) {
	secret := regexp.MustCompile(`(?i)^(password|newPassword|token|ticket|refreshToken|code|challenge|secret|otpauthUrl|qrCode|recoveryCodes)$`)
	found := 0
	for name, shape := range shapes {
		for field, f := range fieldsOf(reflect.TypeOf(shape)) {
			kind := f.Type
			if kind.Kind() == reflect.Slice {
				kind = kind.Elem()
			}
			if kind.Kind() != reflect.String || !secret.MatchString(field) || kind == reflect.TypeFor[client.Code]() {
				continue
			}
			if found++; kind != reflect.TypeFor[client.Secret]() {
				t.Errorf("%s.%s is a %s", name, field, f.Type)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d fields are secret", found)
	}
}

// The codes are those of the library and of its adapter.
func TestCodes(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, parser.SkipObjectResolution)
	must(t, err)
	var have []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			must(t, err)
			have = append(have, text)
		}
		return false
	})
	var want []string
	for _, code := range slices.Concat(tollkeeper.Codes(), family.Faults()) {
		want = append(want, string(code))
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("codes %v, want %v", have, want)
	}
}
