package tollkeeper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// slowly makes the store take so long for all that a request asks of it once it has been let in.
func (w *world) slowly(d time.Duration) {
	w.store.faults(func(verb string) error {
		if verb != "Take" {
			time.Sleep(d)
		}
		return nil
	}, nil)
}

// asks are what strangers may ask, and whose time would tell them about an address.
var asks = map[string]func(w *world, ctx context.Context, email string) error{
	"a password": func(w *world, ctx context.Context, email string) error {
		_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: "wrong", Client: home})
		return err
	},
	"a code": func(w *world, ctx context.Context, email string) error {
		_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: email, Code: "000000", Client: home})
		return err
	},
	"what is no code": func(w *world, ctx context.Context, email string) error {
		_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: email, Code: "letters", Client: home})
		return err
	},
	"a neutral sign-in": func(w *world, ctx context.Context, email string) error {
		_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: password, Client: home, Neutral: true})
		return err
	},
	"a neutral sign-up": func(w *world, ctx context.Context, email string) error {
		_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: password, Client: home, Neutral: true})
		return err
	},
}

// N06: where one branch of what a stranger may ask is slower than the other, both are answered at the same time.
func TestTimeTellsNothing(t *testing.T) {
	for what, ask := range asks {
		t.Run(what, func(t *testing.T) {
			story(t, func(w *world) {
				took := func(d time.Duration, email string) time.Duration {
					w.slowly(d)
					defer w.store.faults(nil, nil)
					began := time.Now()
					if err := ask(w, ctx, email); err != nil && !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
						t.Fatal(err)
					}
					return time.Since(began)
				}
				for i := range 60 {
					somebody := fmt.Sprintf("somebody%d@example.com", i)
					w.SignUp(somebody, password, func(r *tollkeeper.SignUpRequest) { r.Scope = tollkeeper.Scope{} })
					slow := took(10*time.Millisecond, somebody)
					quick := took(time.Millisecond, fmt.Sprintf("nobody%d@example.com", i))
					if i >= 20 && (quick < slow*49/50 || quick > slow*51/50) {
						t.Fatalf("the %dth time %v where somebody is, then %v where nobody is", i, slow, quick)
					}
				}
			}, unlimited, verified)
		})
	}
}

// When an answer is given depends on those before it, and not on how long it took itself.
func TestARefusalIsHeldByThoseBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := slices.Repeat([]time.Duration{8 * time.Millisecond}, 40)
		quick := tollkeeper.Held(0, time.Sleep, append(before, time.Millisecond)...)
		if slow := tollkeeper.Held(0, time.Sleep, append(before, 9*time.Millisecond)...); slow != quick || quick < 9*time.Millisecond {
			t.Errorf("given after %v if it took a millisecond, after %v if nine", quick, slow)
		}
	})
}

// The timers of a process that idles end by the millisecond, and would tell how long the rest was.
func TestHeldRefusalsEndAlike(t *testing.T) {
	find := func(d time.Duration) {
		for began := time.Now(); time.Since(began) < d; {
		}
	}
	for _, took := range []time.Duration{300 * time.Microsecond, 1_100 * time.Microsecond, 1_700 * time.Microsecond, 2_400 * time.Microsecond} {
		least := time.Hour
		for range 20 {
			least = min(least, tollkeeper.Held(4*time.Millisecond, find, took))
		}
		if least < 5*time.Millisecond || least > 5_200*time.Microsecond {
			t.Errorf("what took %v is given after %v, want 5ms", took, least)
		}
	}
}

// What takes longer than half a second is not imitated, and what was slow is forgotten.
func TestNobodyIsHeldForLong(t *testing.T) {
	story(t, func(w *world) {
		n := 0
		refused := func(d time.Duration) time.Duration {
			w.slowly(d)
			defer w.store.faults(nil, nil)
			began := time.Now()
			n++
			w.want(asks["a password"](w, ctx, fmt.Sprintf("nobody%d@example.com", n)), tollkeeper.ErrInvalidCredentials)
			return time.Since(began)
		}
		if d := refused(100 * time.Millisecond); d != 200*time.Millisecond { // a look-up and a release
			t.Errorf("a slow store: %v", d)
		}
		if d := refused(0); d < 20*time.Millisecond || d > 40*time.Millisecond {
			t.Errorf("after a single one: %v", d)
		}
		for range 60 {
			if d := refused(10 * time.Second); d != 20*time.Second {
				t.Errorf("a store that hangs: %v", d)
			}
		}
		if d := refused(0); d != 500*time.Millisecond {
			t.Errorf("after many: %v", d)
		}
		for range 1_000 {
			refused(0)
		}
		if d := refused(0); d > 20*time.Millisecond {
			t.Errorf("long after: %v", d)
		}
	}, unlimited)
}

// Refusals that wait are bounded, a throttle's do not wait, and who goes is let go.
func TestWaitingRefusalsAreBounded(t *testing.T) {
	story(t, func(w *world) {
		const most = 4_096
		slow := func() {
			w.slowly(100 * time.Millisecond)
			for range 20 {
				w.want(asks["what is no code"](w, ctx, "nobody@example.com"), tollkeeper.ErrInvalidCredentials)
			}
			w.store.faults(nil, nil)
		}
		slow()
		got := tally(atOnce(most+200, func(i int) error {
			return asks["what is no code"](w, ctx, fmt.Sprintf("nobody%d@example.com", i))
		}))
		if got["invalid_credentials"] != most || got["busy"] != 200 {
			t.Error(got)
		}
		slow()
		gone, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		w.want(asks["what is no code"](w, gone, "nobody@example.com"), tollkeeper.ErrUnavailable)
		for range 4 {
			w.want(asks["a password"](w, ctx, "nobody@example.com"), tollkeeper.ErrInvalidCredentials)
		}
		began := time.Now()
		_ = asks["a password"](w, ctx, "nobody@example.com")
		w.want(asks["a password"](w, ctx, "nobody@example.com"), tollkeeper.ErrLocked)
		if d := time.Since(began); d >= 200*time.Millisecond {
			t.Errorf("a lock was told after %v", d)
		}
	}, unlimited)
}

// Hashes that accounts brought along are to be declared: what is not is named when it is imported, once.
func TestUndeclaredHashesAreNamed(t *testing.T) {
	var out bytes.Buffer
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Passwords.Imported = []tollkeeper.SecretText{tollkeeper.SecretText(foreignHashes["bcrypt"])}
		c.Logger = slog.New(slog.NewTextHandler(&out, nil))
	}))
	lines := ""
	for i, hash := range []string{"bcrypt", "ssha", "scrypt", "pbkdf2-sha256", "scrypt", "bcrypt"} {
		lines += fmt.Sprintf("{\"email\":\"a%d@home.example\",\"passwordHash\":%q}\n", i, foreignHashes[hash])
	}
	if r, err := k.Auth.Host().ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(lines), tollkeeper.ImportOptions{Parallel: 1}); err != nil || r.Stand != 6 {
		t.Fatal(r, err)
	}
	var named []string
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "Config.Passwords.Imported") {
			named = append(named, regexp.MustCompile(`hash=(\S+)`).FindStringSubmatch(line)[1])
		}
	}
	if got := strings.Join(named, " "); got != "scrypt pbkdf2-sha256" {
		t.Errorf("named %q", got)
	}
}
