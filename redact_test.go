package tollkeeper_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

const marker = "S3CR3T-marker"

// secretName is what a field is called that holds a secret, whatever its type.
var secretName = regexp.MustCompile(`(?i)(password|secret|token|code|hash|seed|challenge|tenantkey)$`)

// R83, R86: nothing that holds a secret shows it, however it is printed, logged or encoded, alone or inside something. The
// types are found by walking from everything that the packages export, so that a new one is in the test at once.
func TestSecretsDoNotShow(t *testing.T) {
	private := ed25519.NewKeyFromSeed([]byte(marker + "and more, up to 32 bytes")[:32])
	held := 0
	for _, typ := range exportedTypes(t) {
		f := filler{private: private}
		v := reflect.New(typ).Elem()
		f.fill(v, "", 0)
		if !f.secret {
			continue
		}
		held++
		for _, x := range []any{v.Interface(), v.Addr().Interface(), []any{v.Interface()}, map[string]any{"k": v.Interface()}, struct{ V any }{v.Interface()}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				shows(t, fmt.Sprintf("%s as %s", typ, verb), fmt.Sprintf(verb, x), private)
			}
			text, err := json.Marshal(x)
			shows(t, fmt.Sprintf("%s as JSON (%v)", typ, err), string(text), private)
			var out bytes.Buffer
			slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", x)
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", x)
			shows(t, fmt.Sprintf("%s in a log", typ), out.String(), private)
		}
	}
	if held < 20 {
		t.Errorf("only %d types hold a secret: the walk has lost its way", held)
	}
}

// A live instance holds every key in fields that fmt looks into without asking.
func TestAnAuthenticatorShowsNoKeys(t *testing.T) {
	private := ed25519.NewKeyFromSeed([]byte(marker + "and more, up to 32 bytes")[:32])
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Secrets = []tollkeeper.MasterKey{tollkeeper.MasterKey(marker + "and more, up to 32 bytes")}
		c.Tokens.SigningKeys = []tollkeeper.SigningKey{{Private: private}}
	}))
	type service struct {
		Auth *tollkeeper.Authenticator
		auth *tollkeeper.Authenticator
		Host tollkeeper.Host
		host tollkeeper.Host
	}
	s := service{k.Auth, k.Auth, k.Auth.Host(), k.Auth.Host()}
	for _, x := range []any{k.Auth, k.Auth.Host(), s, &s, []any{k.Auth}, []*service{&s}, map[string]*service{"s": &s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%c", "%p"} {
			shows(t, fmt.Sprintf("%T as %s", x, verb), fmt.Sprintf(verb, x), private)
		}
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", x)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", x)
		shows(t, fmt.Sprintf("%T in a log", x), out.String(), private)
	}
}

// A panic prints what String returns, and gob what MarshalBinary does.
func TestSecretsDoNotShowInPanicsAndGobs(t *testing.T) {
	for _, x := range []interface {
		fmt.Stringer
		encoding.BinaryMarshaler
	}{tollkeeper.Password(marker), tollkeeper.SecretText(marker), tollkeeper.SecretBytes(marker)} {
		if x.String() != "[redacted]" {
			t.Errorf("%T is %q", x, x.String())
		}
		if err := gob.NewEncoder(io.Discard).Encode(x); err == nil {
			t.Errorf("%T is encoded", x)
		}
	}
}

// exportedTypes are the types that a host or a store's author can hold: the exported ones of the root and of package store.
// Reflection finds them from what methods take and return; the files tell whether one was missed.
func exportedTypes(t *testing.T) []reflect.Type {
	t.Helper()
	seen := map[reflect.Type]bool{}
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(typ.Elem())
		case reflect.Map:
			walk(typ.Key())
			walk(typ.Elem())
		case reflect.Func:
			for p := range typ.Ins() {
				walk(p)
			}
			for p := range typ.Outs() {
				walk(p)
			}
		case reflect.Struct:
			for f := range typ.Fields() {
				if f.IsExported() {
					walk(f.Type)
				}
			}
		}
		if strings.HasPrefix(typ.PkgPath(), "github.com/tollkeeper/tollkeeper") {
			for m := range typ.Methods() {
				walk(m.Type)
			}
			if typ.Kind() != reflect.Interface {
				for m := range reflect.PointerTo(typ).Methods() {
					walk(m.Type)
				}
			}
		}
	}
	walk(reflect.TypeFor[tollkeeper.Authenticator]())
	walk(reflect.TypeFor[tollkeeper.Config]())
	walk(reflect.TypeFor[tollkeeper.Error]())
	walk(reflect.TypeFor[store.Store]())
	walk(reflect.TypeFor[store.Conflict]())
	walk(reflect.TypeFor[tollkeeper.MailerFunc]())
	walk(reflect.TypeFor[tollkeeper.Issuer]())        // one of the IDTokenVerifiers of a Config
	walk(reflect.TypeFor[tollkeeper.AccountRecord]()) // a line of an import
	walk(reflect.TypeFor[tollkeeper.ImportLine]())    // and what became of it
	names := map[string]bool{}
	var types []reflect.Type
	for typ := range seen {
		if strings.HasPrefix(typ.PkgPath(), "github.com/tollkeeper/tollkeeper") && typ.Kind() != reflect.Interface && typ.Kind() != reflect.Func {
			types = append(types, typ)
		}
		names[path.Base(typ.PkgPath())+"."+typ.Name()] = true
	}
	for folder, name := range map[string]string{".": "tollkeeper", "store": "store"} {
		for _, declared := range declaredTypes(t, folder) {
			if !names[name+"."+declared] {
				t.Errorf("%s.%s is reached by no method of the library: add its entrance to this walk", name, declared)
			}
		}
	}
	slices.SortFunc(types, func(a, b reflect.Type) int { return strings.Compare(a.String(), b.String()) })
	return types
}

// filler puts the marker wherever a secret belongs: into what has a type that redacts itself, and into every text and
// every run of bytes whose name says that it holds one.
type filler struct {
	private ed25519.PrivateKey
	secret  bool
}

func (f *filler) fill(v reflect.Value, name string, depth int) {
	if depth > 8 {
		return
	}
	switch v.Interface().(type) {
	case tollkeeper.SigningKey:
		v.Set(reflect.ValueOf(tollkeeper.SigningKey{Private: f.private}))
		f.secret = true
		return
	case tollkeeper.MasterKey:
		v.SetBytes([]byte(strings.Repeat(marker, 3)))
		f.secret = true
		return
	}
	typ := v.Type()
	redacts := typ == reflect.TypeFor[tollkeeper.Password]() || typ == reflect.TypeFor[tollkeeper.SecretText]() || typ == reflect.TypeFor[tollkeeper.SecretBytes]()
	named := secretName.MatchString(name) && typ != reflect.TypeFor[tollkeeper.Code]()
	switch {
	case v.Kind() == reflect.String && (redacts || named):
		v.SetString(marker)
		f.secret = true
	case v.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Uint8:
		if redacts || named {
			v.SetBytes([]byte(marker))
			f.secret = true
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(typ, 1, 1))
		f.fill(v.Index(0), name, depth+1)
	case v.Kind() == reflect.Pointer && typ.Elem().Kind() == reflect.Struct:
		v.Set(reflect.New(typ.Elem()))
		f.fill(v.Elem(), name, depth+1)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if field := typ.Field(i); field.IsExported() {
				f.fill(v.Field(i), field.Name, depth+1)
			}
		}
	}
}

func shows(t *testing.T, what, text string, private ed25519.PrivateKey) {
	t.Helper()
	hex, decimal := fmt.Sprintf("%x", marker), strings.Trim(fmt.Sprint([]byte(marker)), "[]")
	encoded, _ := json.Marshal([]byte(marker))
	if contains(text, marker, hex, decimal, strings.Trim(string(encoded), `"=`), fmt.Sprintf("%x", private.Seed())) {
		t.Errorf("%s: %.200s", what, text)
	}
}

// R69: whatever happens, no secret reaches a log or an event: not a password, code, link, token, session id or seed. The
// mailer and the host's own function fail here, since that is when things are logged.
func TestNoSecretIsLogged(t *testing.T) { synctest.Test(t, noSecretIsLogged) }

func noSecretIsLogged(t *testing.T) {
	log := &lockedBuffer{}
	var sent atomic.Int64
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Refresh.Idle = time.Hour
		c.Events = func(e tollkeeper.Event) {
			fmt.Fprintf(log, "%+v\n", e)
			if e.Name == tollkeeper.EventSignOut {
				panic("the host's own")
			}
		}
		c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
			if sent.Add(1) == 1 {
				return fmt.Errorf("refused %v", m)
			}
			return nil
		})
	}))
	a := k.Parent()
	secrets := []string{a.Password, "wrong horse 99"}
	if _, err := k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: a.Email, Password: "wrong horse 99"}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
		t.Fatal(err)
	}
	res := k.SignIn(a, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization })
	secrets = append(secrets, string(res.Token), string(res.Refresh), string(res.TenantKey), res.Session.String())
	for _, ask := range []func(context.Context, tollkeeper.MailRequest) error{k.Auth.RequestCode, k.Auth.RequestReset} {
		if err := ask(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: a.Email}); err != nil {
			t.Fatal(err)
		}
		k.Advance(5 * time.Second)
		time.Sleep(1100 * time.Millisecond) // the first one failed and is tried again
	}
	secrets = append(secrets, k.LastCode(a.Email), k.LastToken(a.Email))
	x := enrol(k, a)
	secrets = append(secrets, x.Seed)
	secrets = append(secrets, x.Recovery...)
	k.Advance(time.Minute)
	c := x.challenge(k)
	done, err := verify(k, c, k.FactorCode(x.Factor))
	if err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, c, string(done.Token), string(done.Refresh))
	for range 2 {
		if _, err := k.Auth.Refresh(ctx, done.Refresh, tollkeeper.Client{}); err != nil && !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal(err)
		}
		k.Advance(time.Minute)
	}
	last := k.SignedIn(k.Parent())
	if err := k.Auth.SignOut(ctx, last); err != nil {
		t.Fatal(err)
	}
	text := log.String()
	for _, want := range []string{"sign_in_failed", "refresh_reused", "mail not sent", "Config.Events panicked"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing was logged of %q, so that this test proves nothing", want)
		}
	}
	for i, s := range secrets {
		if s == "" || strings.Contains(text, s) {
			t.Errorf("secret %d (%.4s…) is in the log", i, s)
		}
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
