// Package timing measures whether the time of an answer tells a stranger who has an account (SECURITY.md N06).
//
// [Run] asks a store's Authenticator for the same thing about addresses that have an account and about addresses that
// have none, in random order, and lets a classifier learn from one half of the answers' times to tell the two apart in
// the other half, and the other way round. Where time tells nothing it is right half of the time.
package timing

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/internal/passhash"
	"github.com/tollkeeper/tollkeeper/store"
)

// password is that of every account.
const password = "correct horse battery"

// imported are declared hashes of password, or of another one, by other systems' tools (internal/passhash says by
// which). One costs more than our own, the others less.
var imported = map[string]string{
	"argon2i":      "$argon2i$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AiSqTiM3xsAlkKMyeB/hx7cYix7fjQAwI695zQCAU1Q",
	"bcrypt":       "$2a$06$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"django":       "pbkdf2_sha256$1000$seasalt123AB$ZDsyP1mBLJdKYGKwrXx3RbGNrR6XLv91IVYe63d5v8g=",
	"scrypt":       "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$LYtM8Mh+uD5qDLQWvjcUOTNEVL2STXzMHwI4lieKYvI",
	"sha512-crypt": "$6$rounds=1000$pepper1$dkucJW6cwnHG7v1cGKwK84G1lLCLKmpzkQMiHNeE1c2eeLUNFVDJrejgt7vUiAb.zmpHEmm1l9ljsBP1X.mjG/",
	"ssha":         "{SSHA}+zgJCcduvLFhD+Rk7/v3C0FqyKpzYWx0c2FsdA==",
}

// own is the cost of a hash of our own. A small one makes the run quick, and hides less.
var own = passhash.Params{Memory: 1_024, Time: 1, Threads: 1}

// question is something that a stranger asks about an address.
type question struct {
	name string
	hash string // of the accounts that are there; empty: our own
	code bool   // every address was asked a code for, by whoever asks
	ask  func(a *tollkeeper.Authenticator, email string, c tollkeeper.Client) error
}

// questions are asked with hashes of our own, and the wrong password with one of each of the other schemes, too.
func questions(schemes []string, issuer *authtest.Issuer) []question {
	ctx := context.Background()
	wrong := func(a *tollkeeper.Authenticator, email string, c tollkeeper.Client) error {
		_, err := a.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: "wrong", Client: c})
		return err
	}
	code := func(a *tollkeeper.Authenticator, email string, c tollkeeper.Client) error {
		_, err := a.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: email, Code: "000000", Client: c})
		return err
	}
	list := []question{
		{name: "wrong password", ask: wrong},
		{name: "wrong code, one is on its way", code: true, ask: code},
		{name: "wrong code, none is on its way", ask: code},
		{name: "right password, unconfirmed, neutrally", ask: func(a *tollkeeper.Authenticator, email string, c tollkeeper.Client) error {
			_, err := a.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: password, Client: c, Neutral: true})
			return err
		}},
		{name: "neutral sign-up", ask: func(a *tollkeeper.Authenticator, email string, c tollkeeper.Client) error {
			_, err := a.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: "another horse battery", Client: c, Neutral: true})
			return err
		}},
		{name: "an address that an issuer names", ask: func(a *tollkeeper.Authenticator, email string, c tollkeeper.Client) error {
			issuer.As("person "+email, email, false)
			r := tollkeeper.IDTokenRequest{Issuer: authtest.IssuerURL, IDToken: issuer.IDToken(authtest.IssuerClient, ""), Client: c}
			if _, err := a.SignInWithIDToken(ctx, r); !errors.Is(err, tollkeeper.ErrUnverified) {
				return fmt.Errorf("an address that must be verified: %w", err)
			}
			return nil
		}},
		{name: "a code by mail", ask: func(a *tollkeeper.Authenticator, email string, c tollkeeper.Client) error {
			return a.RequestCode(ctx, tollkeeper.MailRequest{Email: email, Client: c})
		}},
		{name: "a reset by mail", ask: func(a *tollkeeper.Authenticator, email string, c tollkeeper.Client) error {
			return a.RequestReset(ctx, tollkeeper.MailRequest{Email: email, Client: c})
		}},
	}
	for _, scheme := range schemes {
		list = append(list, question{name: "wrong password, imported " + scheme, hash: imported[scheme], ask: wrong})
	}
	return list
}

// slice is what runs among other tests: so few attempts that only a coarse difference shows, so far from one half that
// a busy machine is not blamed, and one of the other schemes, in each run another one.
const (
	slice       = 100
	sliceSpread = 0.25
	spread      = 0.04
)

// Run fails where the time of an answer tells whether an address has an account. With TOLLKEEPER_TIMING it is so many
// attempts for each question, which a classifier must not tell apart in more or less than 50 ± 4 % of them, and the
// hash is that of TOLLKEEPER_TIMING_MEMORY KiB; else a coarse slice.
func Run(t *testing.T, s store.Store) {
	attempts, most, schemes := slice, sliceSpread, slices.Sorted(maps.Keys(imported))
	if n, err := strconv.Atoi(os.Getenv("TOLLKEEPER_TIMING")); err == nil {
		attempts, most = n, spread
	} else {
		schemes = schemes[shuffled(len(schemes))[0]:][:1]
	}
	if n, err := strconv.Atoi(os.Getenv("TOLLKEEPER_TIMING_MEMORY")); err == nil {
		own.Memory = uint32(n)
	}
	hash, err := passhash.New(password, own)
	if err != nil {
		t.Fatal(err)
	}
	k := authtest.New(t, authtest.WithStore(s), authtest.WithIssuer(), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Passwords.Hash.Memory, c.Passwords.Hash.Time = own.Memory, own.Time
		for _, scheme := range schemes {
			c.Passwords.Imported = append(c.Passwords.Imported, tollkeeper.SecretText(imported[scheme]))
		}
		c.Accounts.RequireVerified = true
		many := []tollkeeper.Limit{tollkeeper.Rate(10_000, time.Minute)}
		c.Limits.SignIn = map[tollkeeper.Audience][]tollkeeper.Limit{tollkeeper.AudienceHost: many}
		c.Limits.SignUp, c.Limits.CodeNetwork = many, many
	}))
	for _, q := range questions(schemes, k.Issuer()) {
		t.Run(q.name, func(t *testing.T) {
			if q.hash == "" {
				q.hash = hash
			}
			right := Told(measure(t, k, q, attempts))
			for _, how := range slices.Sorted(maps.Keys(right)) {
				t.Logf("by %s: %.1f %%", how, 100*right[how])
				if math.Abs(right[how]-0.5) > most {
					t.Errorf("by %s %.1f %% of the answers are told apart", how, 100*right[how])
				}
			}
		})
	}
}

// Answer is how long an attempt took, and whether the address had an account.
type Answer struct {
	Known bool
	Took  time.Duration
}

// measure asks the question of each address once, each from a network of its own.
func measure(t *testing.T, k *authtest.Kit, q question, attempts int) []Answer {
	t.Helper()
	group := uuid.NewString()[:13]
	email := func(i int) string { return fmt.Sprintf("n%d@%s.example", i, group) }
	client := func(i int) tollkeeper.Client {
		return tollkeeper.Client{Addr: netip.AddrFrom4([4]byte{100, byte(i >> 16), byte(i >> 8), byte(i)})}
	}
	var lines strings.Builder
	for i := 0; i < attempts; i += 2 {
		line, err := json.Marshal(map[string]any{"email": email(i), "passwordHash": q.hash})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	ctx := t.Context()
	if r, err := k.Auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(lines.String()), tollkeeper.ImportOptions{}); err != nil || r.Refused > 0 {
		t.Fatal(r, err)
	}
	if q.code {
		for i := range attempts {
			if err := k.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: email(i), Client: client(i)}); err != nil {
				t.Fatal(err)
			}
		}
		for i := 0; i < attempts; i += 2 {
			k.LastCode(email(i), tollkeeper.MailSignInCode) // it is on its way
		}
	}
	order := shuffled(attempts)
	list := make([]Answer, 0, attempts)
	runtime.GC()
	for _, i := range order {
		began := time.Now()
		err := q.ask(k.Auth, email(i), client(i))
		took := time.Since(began)
		if err != nil && err.Error() != tollkeeper.ErrInvalidCredentials.Error() {
			t.Fatal(err)
		}
		list = append(list, Answer{Known: i%2 == 0, Took: took})
	}
	return list
}

// shuffled returns the numbers below n in a random order.
func shuffled(n int) []int {
	keys, order := make([]byte, 8*n), make([]int, n)
	rand.Read(keys)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Compare(binary.NativeEndian.Uint64(keys[8*i:]), binary.NativeEndian.Uint64(keys[8*j:]))
	})
	return order
}
