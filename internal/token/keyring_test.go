package token_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// derived is what crypto/hkdf makes of a master key.
func derived(master []byte, info string) []byte {
	key, err := hkdf.Key(sha256.New, master, nil, info, 32)
	if err != nil {
		panic(err)
	}
	return key
}

// What was made with earlier versions must stay readable: these are known answers of the first one.
func TestKeysAreThoseOfTheFirstVersion(t *testing.T) {
	r := keyring(t)
	if got := r.Instance().ID(); got != "8ssufbRJX38" || got != instanceID {
		t.Errorf("the instance's key is %s", got)
	}
	if got := r.CurrentMaster(); got != "f2cb2e7db4495f7f" {
		t.Errorf("the current master key is %s", got)
	}
	k, ok := r.Tenant("62a9f98a39980f02", account, 3)
	if !ok || k.ID() != "Yqn5ijmYDwIBmMDeAABwAIAAAAAAAAABAAAAAw" || k.Text() != "EDRdyskVggg0a4YY39JCffQWADo_RbgcL8vWN3YCchM" {
		t.Errorf("the tenant's key is %s, %t", k.ID(), ok)
	}
	for key, signature := range map[*token.Key]string{
		k: "cHzTGXtNKW1M8hb3p1_UC0PShz615ZXYwnFQDTcPAMw", r.Instance(): "bXerViOFKGCjbZvc-JLrI8mee5JBkXfi_xSf5HQDRUY",
	} {
		c := claims()
		c.Session = account
		if text := sign(t, key, c); !strings.HasSuffix(text, "."+signature) {
			t.Errorf("a token of %s is %s", key.ID(), text)
		}
	}
}

func TestTenantKeyIsOfItsArguments(t *testing.T) {
	r := keyring(t)
	k := tenantKey(t, r)
	if !k.IsTenant() || !k.CanSign() || k.Public() != nil || !k.IsTenantOf(r.CurrentMaster(), account, 1) {
		t.Error("a tenant's key does not say so")
	}
	if k.IsTenantOf(r.CurrentMaster(), session, 1) || k.IsTenantOf(r.CurrentMaster(), account, 2) || k.IsTenantOf("62a9f98a39980f02", account, 1) {
		t.Error("a tenant's key passes for another")
	}
	if i := r.Instance(); i.IsTenant() || i.Text() != "" || i.IsTenantOf("", uuid.Nil, 0) {
		t.Error("the instance's key passes for a tenant's")
	}
	for name, make := range map[string]func() (*token.Key, bool){
		"an unknown master key": func() (*token.Key, bool) { return r.Tenant("0000000000000000", account, 1) },
		"a short name":          func() (*token.Key, bool) { return r.Tenant("f2cb2e", account, 1) },
		"a long name":           func() (*token.Key, bool) { return r.Tenant(r.CurrentMaster()+"00", account, 1) },
		"no hex":                func() (*token.Key, bool) { return r.Tenant("gggggggggggggggg", account, 1) },
		"version 0":             func() (*token.Key, bool) { return r.Tenant(r.CurrentMaster(), account, 0) },
		"version 2^31":          func() (*token.Key, bool) { return r.Tenant(r.CurrentMaster(), account, 1<<31) },
		"version 2^32+1":        func() (*token.Key, bool) { return r.Tenant(r.CurrentMaster(), account, 1<<32+1) },
	} {
		if k, ok := make(); ok || k != nil {
			t.Errorf("%s gives a key", name)
		}
	}
}

func TestKeysDoNotShowThemselves(t *testing.T) {
	k := tenantKey(t, keyring(t))
	if shown := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Contains(shown, k.Text()) {
		t.Errorf("it shows: %s", shown)
	}
}

func TestNewKeyringRefuses(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, private, nil)
	master := [][]byte{newest}
	for name, tt := range map[string]struct {
		masters [][]byte
		signing []*token.Key
	}{
		"no master key":         {nil, nil},
		"the same key twice":    {master, []*token.Key{key, key}},
		"its public half twice": {master, []*token.Key{key, newKey(t, nil, public)}},
		"no private key first":  {master, []*token.Key{newKey(t, nil, public)}},
		"a shared secret":       {master, []*token.Key{token.NewSharedKey(strings.Repeat("s", 32))}},
	} {
		if r, err := token.NewKeyring(tt.masters, tt.signing); err == nil {
			t.Errorf("%s is taken: %v", name, r.Instance().ID())
		}
	}
}

// Keys behind the first one only verify, so that one can be rotated in before it signs, and out after it did.
func TestTheFirstSigningKeySigns(t *testing.T) {
	_, first, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	public, second, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, first, nil)
	for name, other := range map[string]*token.Key{"private": newKey(t, second, nil), "public": newKey(t, nil, public)} {
		r := keyring(t, key, other)
		if r.Instance() != key {
			t.Errorf("with a %s key behind it another one signs", name)
		}
		if _, k, ok := r.Check(sign(t, newKey(t, second, nil), claims()), issuer, now); !ok || k != other {
			t.Errorf("a token of the %s key is refused", name)
		}
	}
}

func TestSigningKeyTakesTheMastersPlace(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := keyring(t, newKey(t, private, nil))
	if r.Instance().Algorithm() != "ES256" {
		t.Error("the master key signs")
	}
	if _, k, ok := r.Check(sign(t, keyring(t).Instance(), claims()), issuer, now); !ok || k.ID() != instanceID {
		t.Error("a token of the master's key is refused")
	}
}
