package tollkeeper_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func TestAuthenticateOfAKnownTokenAllocatesNothing(t *testing.T) {
	k := authtest.New(t)
	for _, audience := range []tollkeeper.Audience{tollkeeper.AudienceOrganization, tollkeeper.AudienceV1} {
		token := k.SignIn(k.Parent(), func(r *tollkeeper.SignInRequest) { r.Audience = audience }).Token
		k.Identity(string(token))
		if n := testing.AllocsPerRun(200, func() {
			if _, err := k.Auth.Authenticate(ctx, token); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", audience, n)
		}
	}
}

func TestFirstSightOfATokenAllocatesLittle(t *testing.T) {
	if raceDetector {
		t.Skip("allocations are counted without the race detector: go test -run Allocates .")
	}
	k := authtest.New(t)
	a := k.Parent()
	for _, audience := range []tollkeeper.Audience{tollkeeper.AudienceOrganization, tollkeeper.AudienceV1} {
		tokens := make([]string, 120)
		for i := range tokens {
			k.Advance(time.Minute)
			tokens[i] = string(k.SignIn(a, func(r *tollkeeper.SignInRequest) { r.Audience = audience }).Token)
		}
		k.Identity(tokens[0]) // the key has been seen
		i := 0
		if n := testing.AllocsPerRun(100, func() {
			i++
			if !k.Auth.CheckKnown(tokens[i], k.Now()) {
				t.Fatal("refused")
			}
		}); n > 5 {
			t.Errorf("%s: %v allocations, want at most 5", audience, n)
		}
	}
}

// What a remembered token must still see, each at once.
func TestAKnownTokenSeesEverything(t *testing.T) {
	for name, end := range map[string]func(k *authtest.Kit, parent, a authtest.Account, id *tollkeeper.Identity) error{
		"expiry": func(k *authtest.Kit, _, _ authtest.Account, _ *tollkeeper.Identity) error {
			k.Advance(24 * time.Hour)
			return nil
		},
		"sign-out": func(k *authtest.Kit, _, _ authtest.Account, id *tollkeeper.Identity) error {
			return k.Auth.SignOut(ctx, id)
		},
		"status": func(k *authtest.Kit, _, a authtest.Account, _ *tollkeeper.Identity) error {
			return k.Auth.Host().SetStatus(ctx, a.ID, tollkeeper.StatusDisabled)
		},
		"its parent": func(k *authtest.Kit, p, _ authtest.Account, _ *tollkeeper.Identity) error {
			return k.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled)
		},
		"deletion": func(k *authtest.Kit, _, a authtest.Account, id *tollkeeper.Identity) error {
			return k.Auth.DeleteAccount(ctx, id, tollkeeper.Password(a.Password), tollkeeper.Client{})
		},
	} {
		for _, staleness := range []time.Duration{0, time.Minute} {
			t.Run(fmt.Sprint(name, " with staleness ", staleness), func(t *testing.T) {
				k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.Staleness = staleness }))
				parent := k.Parent()
				a := k.Child(parent)
				token := k.SignIn(a).Token
				k.Identity(string(token)) // at first sight it is not kept
				id := k.Identity(string(token))
				if again := k.Identity(string(token)); again != id {
					t.Fatal("nothing changed, and still another Identity")
				}
				if err := end(k, parent, a, id); err != nil {
					t.Fatal(err)
				}
				if _, err := k.Auth.Authenticate(ctx, token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
					t.Fatalf("the token still serves: %v", err)
				}
			})
		}
	}
}

func TestAKnownTokenSeesItsRoleChange(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	owner, a := k.Identity(string(k.SignIn(parent).Token)), k.Child(parent)
	token := k.SignIn(a).Token
	roles := []tollkeeper.Role{tollkeeper.RoleGuest, tollkeeper.RoleUser}
	var turn atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				before := turn.Load()
				id, err := k.Auth.Authenticate(ctx, token)
				if err != nil {
					t.Error(err)
					return
				}
				if after := turn.Load(); before == after && before%2 == 0 && before > 0 && id.Role != roles[(before/2)%2] {
					t.Errorf("role %s after it was changed", id.Role)
				}
			}
		})
	}
	for i := int64(1); i <= 100; i++ {
		turn.Add(1) // odd: changing
		if _, err := k.Auth.SetRole(ctx, owner, tollkeeper.RoleChange{Email: a.Email, Role: roles[i%2]}); err != nil {
			t.Fatal(err)
		}
		turn.Add(1)
	}
	wg.Wait()
}

func TestStalenessIsBoundedBetweenTwoProcesses(t *testing.T) {
	secrets := []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}
	stale := authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.Staleness, c.Secrets = 10*time.Second, secrets })
	one := authtest.New(t, stale)
	two := authtest.New(t, stale, authtest.WithStore(one.Store))
	token := one.SignIn(one.Parent()).Token
	two.Identity(string(token))
	if err := one.Auth.SignOut(ctx, one.Identity(string(token))); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Auth.Authenticate(ctx, token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Fatal("the process that did it must see it at once:", err)
	}
	two.Advance(9 * time.Second)
	if _, err := two.Auth.Authenticate(ctx, token); err != nil {
		t.Fatal("the other one may answer from memory for ten seconds, or this test proves nothing:", err)
	}
	two.Advance(time.Second)
	if _, err := two.Auth.Authenticate(ctx, token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Fatal("and not longer:", err)
	}
}

func TestBadTokensDoNotGrowTheCache(t *testing.T) {
	k := authtest.New(t)
	token := k.SignIn(k.Parent(), func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization }).Token
	k.Identity(string(token))
	before := k.Auth.RememberedBytes()
	head, rest, _ := strings.Cut(string(token), ".")
	for i := range 2000 {
		forged := head + "." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"aud":"%d"}`, i)) + rest[strings.IndexByte(rest, '.'):]
		if _, err := k.Auth.Authenticate(ctx, tollkeeper.SecretText(forged)); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal(err)
		}
	}
	if after := k.Auth.RememberedBytes(); after != before {
		t.Fatalf("%d bytes remembered, %d before", after, before)
	}
}

// FuzzHotPath holds the fast judge to the strict one: what is signed with our own key, whatever it says, gets the same
// verdict and the same claims from both.
func FuzzHotPath(f *testing.F) {
	k := authtest.New(f)
	now := k.Now().Unix()
	good := fmt.Sprintf(`{"aud":"v1","exp":%d,"iat":%d,"iss":%q,"jti":"x","nbf":%d,"parent":"ROOT","sid":"01a202e0-6788-71d1-9b1d-3d2d12110297","sub":"01a202e0-6788-700f-81de-eed8f347138b"}`,
		now+60, now, authtest.BaseURL, now)
	f.Add(good, false)
	f.Add(good, true)
	f.Add(strings.Replace(good, `"aud":"v1"`, `"aud":"v1","aud":"v2"`, 1), false)
	f.Add(strings.Replace(good, fmt.Sprint(now+60), "1e300", 1), false)
	f.Add(strings.Replace(good, "01a202e0", "01A202E0", 1), false)
	f.Add(strings.Replace(good, `"v1"`, `"v\u0031"`, 1), false)
	f.Add(good+" ", false)
	f.Add(`{"aud":"","exp":0}`, false)
	key := k.Auth.InstanceSecret()
	f.Fuzz(func(t *testing.T, payload string, bad bool) {
		head := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"HS256","kid":%q,"typ":"JWT"}`, k.Auth.InstanceKeyID()))
		text := head + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
		sig, err := jwt.SigningMethodHS256.Sign(text, key)
		if err != nil {
			t.Skip()
		}
		if bad {
			sig[0] ^= 1
		}
		token := text + "." + base64.RawURLEncoding.EncodeToString(sig)
		if fast, strict := k.Auth.CompareJudges(token, k.Now()); fast != strict {
			t.Fatalf("fast %v, strict %v: %s", fast, strict, payload)
		}
	})
}

// FuzzHotPathText does the same with whole tokens of any text.
func FuzzHotPathText(f *testing.F) {
	k := authtest.New(f)
	token := k.SignIn(k.Parent()).Token
	for _, s := range []string{string(token), string(token + "="), string(token + "\n"), strings.Replace(string(token), ".", "..", 1), string(token[:len(token)-1] + "B"), "a.b.c", "..", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if fast, strict := k.Auth.CompareJudges(token, k.Now()); fast != strict {
			t.Fatalf("fast %v, strict %v: %q", fast, strict, token)
		}
	})
}
