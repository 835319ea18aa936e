package tollkeeper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func beforeSignUp(f func(context.Context, *tollkeeper.SignUpAttempt) error) func(*tollkeeper.Config) {
	return func(c *tollkeeper.Config) { c.Hooks.BeforeSignUp = f }
}

func beforeSession(f func(context.Context, tollkeeper.SessionAttempt) (map[string]any, error)) func(*tollkeeper.Config) {
	return func(c *tollkeeper.Config) { c.Hooks.BeforeSession = f }
}

func (w *world) signUp(email string) (tollkeeper.SignUpResult, error) {
	return w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{
		Email: email, Username: "ada", Name: "Ada", Password: password, Captcha: "human", Metadata: json.RawMessage(`{"from":"form"}`), Client: from("192.0.2.7"),
	})
}

// hookEnds are the ways in which a hook may end without saying yes, and what the caller is told.
var hookEnds = map[string]struct {
	hook func(context.Context) error
	want error
	text string
}{
	"refuses in its own words":     {func(context.Context) error { return tollkeeper.ErrRefused.WithMessage("Staff only") }, tollkeeper.ErrRefused, "Staff only"},
	"says that something is away":  {func(context.Context) error { return tollkeeper.ErrUnavailable }, tollkeeper.ErrUnavailable, ""},
	"fails with a text of its own": {func(context.Context) error { return errors.New("row 7 of staff") }, tollkeeper.ErrRefused, "This service does not allow it"},
	"panics":                       {func(context.Context) error { panic("host") }, tollkeeper.ErrInternal, ""},
	"ends its goroutine":           {func(context.Context) error { runtime.Goexit(); return nil }, tollkeeper.ErrInternal, ""},
	"waits for ever":               {func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Minute); return nil }, tollkeeper.ErrUnavailable, ""},
}

func TestASignUpThatAHookDoesNotAllowMakesNothing(t *testing.T) {
	for name, end := range hookEnds {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			story(t, func(w *world) {
				first, err := w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "first@example.com"})
				w.ok(err)
				began := time.Now()
				_, err = w.signUp("ada@example.com")
				w.want(err, end.want)
				if end.text != "" && err.Error() != end.text {
					t.Errorf("says %q", err)
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("took %v", took)
				}
				_, err = w.Auth.Host().FindByEmail(ctx, tollkeeper.Scope{}, "ada@example.com")
				w.want(err, tollkeeper.ErrNotFound)
				if told := w.Events(tollkeeper.EventSignUpRefused); len(told) != 1 || told[0].Code != end.want.(*tollkeeper.Error).Code || told[0].Method != "sign-up" ||
					told[0].Network != "192.0.2.7/32" || told[0].Scope != first.Parent {
					t.Errorf("told %+v", told)
				}
				time.Sleep(2 * time.Minute) // until the hook is back
				if said := strings.Contains(log.String(), "Config.Hooks.BeforeSignUp panicked"); said != (name == "panics") {
					t.Errorf("the log has %s", log.String())
				}
			}, beforeSignUp(func(ctx context.Context, _ *tollkeeper.SignUpAttempt) error { return end.hook(ctx) }), func(c *tollkeeper.Config) {
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
			})
		})
	}
}

func TestBeforeSignUpIsShownTheAttemptAndChangesWhatItStartsWith(t *testing.T) {
	var seen tollkeeper.SignUpAttempt
	story(t, func(w *world) {
		res, err := w.signUp("Ada@Example.com")
		w.ok(err)
		want := tollkeeper.SignUpAttempt{
			Scope: seen.Scope, Email: "Ada@Example.com", Username: "ada", Method: "sign-up", Captcha: "human", Audience: tollkeeper.AudienceHost, Client: from("192.0.2.7"),
			Starts: tollkeeper.Starts{Name: "Ada", Role: tollkeeper.RoleUser, Metadata: json.RawMessage(`{"from":"form"}`)},
		}
		if !reflect.DeepEqual(seen, want) {
			t.Errorf("seen %+v, want %+v", seen, want)
		}
		s, err := w.Auth.Host().Account(ctx, res.Subject.Account.ID)
		w.ok(err)
		if x := s.Account; x.Parent != seen.Scope || x.Email != "Ada@Example.com" || x.Name != "Ada L." || x.Role != "staff" || string(x.Metadata) != `{"plan":"pro"}` {
			t.Errorf("made %+v", x)
		}
	}, beforeSignUp(func(_ context.Context, a *tollkeeper.SignUpAttempt) error {
		seen = *a
		a.Email, a.Starts = "other@example.com", tollkeeper.Starts{Name: "Ada L.", Role: "staff", Metadata: json.RawMessage(`{"plan":"pro"}`)}
		return nil
	}), func(c *tollkeeper.Config) { c.Accounts.Labels = []tollkeeper.Role{"staff"} })
}

func TestAHookThatTakesTheRoleAwayLeavesAUser(t *testing.T) {
	story(t, func(w *world) {
		res, err := w.signUp("ada@example.com")
		w.ok(err)
		if x := res.Subject.Account; x.Role != tollkeeper.RoleUser || x.Name != "" || len(x.Metadata) != 0 {
			t.Errorf("made %+v", x)
		}
	}, beforeSignUp(func(_ context.Context, a *tollkeeper.SignUpAttempt) error { a.Starts = tollkeeper.Starts{}; return nil }))
}

func TestAHookStartsNobodyWithWhatNobodyMayStartWith(t *testing.T) {
	for name, starts := range map[string]tollkeeper.Starts{
		"as an admin": {Role: tollkeeper.RoleAdmin}, "with an unknown role": {Role: "boss"}, "with a role in capitals": {Role: "USER"},
		"with a name of two lines": {Name: "a\nb"}, "with metadata that is no object": {Metadata: json.RawMessage(`[]`)},
		"with large metadata": {Metadata: json.RawMessage(`{"a":"` + strings.Repeat("x", 4<<10) + `"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				_, err := w.signUp("ada@example.com")
				w.want(err, tollkeeper.ErrInternal)
				_, err = w.Auth.Host().FindByEmail(ctx, tollkeeper.Scope{}, "ada@example.com")
				w.want(err, tollkeeper.ErrNotFound)
			}, beforeSignUp(func(_ context.Context, a *tollkeeper.SignUpAttempt) error { a.Starts = starts; return nil }))
		})
	}
}

// A hook tells nobody whether an address is taken, is asked behind the rate, and never about what the host makes.
func TestBeforeSignUpIsAskedAlikeForATakenAddress(t *testing.T) {
	var asked atomic.Int64
	story(t, func(w *world) {
		_, err := w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "ada@example.com"})
		w.ok(err)
		if asked.Load() != 0 {
			t.Error("asked about an account of the host's")
		}
		for _, email := range []string{"ada@example.com", "new@example.com"} {
			_, err := w.signUp(email)
			w.want(err, tollkeeper.ErrRefused)
		}
		for range 50 {
			_, _ = w.signUp("new@example.com")
		}
		if n := asked.Load(); n != 10 {
			t.Errorf("asked %d times, want as often as the network may sign up", n)
		}
	}, beforeSignUp(func(context.Context, *tollkeeper.SignUpAttempt) error { asked.Add(1); return errors.New("no") }))
}

func TestAnIssuersFirstSignInIsASignUpForTheHook(t *testing.T) {
	var seen []string
	refuse := true
	k, parent, _ := googleKit(t, beforeSignUp(func(_ context.Context, a *tollkeeper.SignUpAttempt) error {
		seen = append(seen, a.Method+" "+a.Email)
		if a.Starts.Metadata = json.RawMessage(`{"by":"google"}`); refuse {
			return tollkeeper.ErrRefused
		}
		return nil
	}))
	if _, err := google(k, parent, "ada"); !errors.Is(err, tollkeeper.ErrRefused) {
		t.Errorf("got %v", err)
	}
	refuse = false
	res, err := google(k, parent, "ada")
	if err != nil || string(res.Subject.Account.Metadata) != `{"by":"google"}` {
		t.Errorf("%v, metadata %s", err, res.Subject.Account.Metadata)
	}
	if _, err := google(k, parent, "ada"); err != nil || len(seen) != 2 || seen[0] != "identity "+res.Subject.Account.Email {
		t.Errorf("%v, asked %q", err, seen)
	}
}

func TestASessionThatAHookDoesNotAllowDoesNotBegin(t *testing.T) {
	for name, end := range hookEnds {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				c := w.called("bea", "bea@example.com")
				before := w.balance(p)
				for range 20 { // a right password is no failure, whatever the host says of it
					_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: c.Email, Password: password})
					w.want(err, end.want)
				}
				if w.balance(p) != before {
					t.Error("it was paid for")
				}
				if told := w.Events(tollkeeper.EventSignInRefused); len(told) == 0 || told[0].Code != end.want.(*tollkeeper.Error).Code {
					t.Errorf("told %+v", told)
				}
				time.Sleep(2 * time.Minute)
			}, beforeSession(func(ctx context.Context, a tollkeeper.SessionAttempt) (map[string]any, error) {
				if a.Method == "sign-up" {
					return nil, nil
				}
				return nil, end.hook(ctx)
			}))
		})
	}
}

// asUser signs one of the app's own users in.
func (w *world) asUser(email string) tollkeeper.SignInResult {
	w.Helper()
	res, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: password, Client: home})
	w.ok(err)
	return res
}

func (w *world) balance(p authtest.Account) int64 {
	w.Helper()
	b, err := w.store.Balance(ctx, p.ID)
	w.ok(err)
	return b.Credits
}

// Every way to a session asks, and what the hook returns is in the token, in the identity and in another service.
func TestBeforeSessionAddsClaims(t *testing.T) {
	type asked struct {
		method string
		second bool
	}
	var seen []asked
	plans := map[string]any{"plan": "pro", "seats": float64(3)}
	story(t, func(w *world) {
		c := w.called("bea", "bea@example.com")
		check := func(token tollkeeper.SecretText, want map[string]any) {
			t.Helper()
			for range 3 { // the second and third time from memory
				id, err := w.Auth.Authenticate(ctx, token)
				w.ok(err)
				if !reflect.DeepEqual(id.Claims, want) {
					t.Errorf("claims are %v, want %v", id.Claims, want)
				}
			}
		}
		in := w.asUser(c.Email)
		check(in.Token, plans)
		next, err := w.Auth.Refresh(ctx, in.Refresh, tollkeeper.Client{})
		w.ok(err)
		check(next.Token, plans)
		plans = nil
		check(w.asUser(c.Email).Token, nil)
		check(next.Token, map[string]any{"plan": "pro", "seats": float64(3)}) // as of when it was made
		plans = map[string]any{"plan": "free"}
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: c.Email, Client: home}))
		coded, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: c.Email, Code: tollkeeper.SecretText(w.LastCode(c.Email)), Client: home})
		w.ok(err)
		check(coded.Token, plans)
		want := []asked{{"sign-up", false}, {"password", false}, {"refresh", false}, {"password", false}, {"code", false}}
		if !reflect.DeepEqual(seen, want) {
			t.Errorf("asked %v, want %v", seen, want)
		}
	}, beforeSession(func(_ context.Context, a tollkeeper.SessionAttempt) (map[string]any, error) {
		seen = append(seen, asked{a.Method, a.Second})
		if a.Account.Email != "bea@example.com" || a.Account.Password != "" || a.Account.PasswordHistory != nil {
			t.Errorf("shown %+v", a.Account)
		}
		return plans, nil
	}), func(c *tollkeeper.Config) { c.Refresh.Idle = time.Hour })
}

// A tenant holds the key of its organization's tokens: it could add what it likes.
func TestTenantsTokensCarryNoClaims(t *testing.T) {
	story(t, func(w *world) {
		p := w.tenant("p@example.com")
		c := w.child(p, "c@example.com")
		res, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: c.Email, Password: password, Scope: tollkeeper.UnderKey(p.PublicKey), Audience: tollkeeper.AudienceOrganization})
		w.ok(err)
		id, err := w.Auth.Authenticate(ctx, res.Token)
		w.ok(err)
		token := apart(t, string(res.Token), string(w.signIn(p).TenantKey))
		if _, there := token.body["ext"]; there || id.Claims != nil {
			t.Errorf("claims are %v, of %v", id.Claims, token.body)
		}
		forged := token.with("ext", map[string]string{"plan": "pro"}).token()
		id, err = w.Auth.Authenticate(ctx, tollkeeper.SecretText(forged))
		if err != nil || id.Claims != nil {
			t.Errorf("%v: claims of the tenant's own are %v", err, id)
		}
	}, beforeSession(func(context.Context, tollkeeper.SessionAttempt) (map[string]any, error) {
		return map[string]any{"plan": "pro"}, nil
	}))
}

func TestClaimsThatNoTokenCarriesBeginNoSession(t *testing.T) {
	deep := any(1)
	for range 7 {
		deep = map[string]any{"a": deep}
	}
	for name, claims := range map[string]map[string]any{
		"too large": {"a": strings.Repeat("x", 1<<10)}, "too deep": {"a": deep}, "no JSON": {"a": func() {}},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				_, err := w.signUp("ada@example.com")
				w.want(err, tollkeeper.ErrInternal)
			}, beforeSession(func(context.Context, tollkeeper.SessionAttempt) (map[string]any, error) { return claims, nil }))
		})
	}
}

// A refresh that is refused leaves its token good, and one of an account that is gone is as without a hook.
func TestAHookThatRefusesARefreshSpendsNothing(t *testing.T) {
	var refuse atomic.Bool
	story(t, func(w *world) {
		c := w.called("bea", "bea@example.com")
		in := w.asUser(c.Email)
		refuse.Store(true)
		_, err := w.Auth.Refresh(ctx, in.Refresh, tollkeeper.Client{})
		w.want(err, tollkeeper.ErrRefused)
		refuse.Store(false)
		in, err = w.Auth.Refresh(ctx, in.Refresh, tollkeeper.Client{})
		w.ok(err)
		w.ok(w.Auth.Host().DeleteAccount(ctx, c.ID))
		_, err = w.Auth.Refresh(ctx, in.Refresh, tollkeeper.Client{})
		w.want(err, tollkeeper.ErrInvalidToken)
	}, beforeSession(func(context.Context, tollkeeper.SessionAttempt) (map[string]any, error) {
		if refuse.Load() {
			return nil, tollkeeper.ErrRefused
		}
		return nil, nil
	}), func(c *tollkeeper.Config) { c.Refresh.Idle = time.Hour })
}

// What a hook keeps and changes later reaches nothing of the library's.
func TestAHookKeepsNothingOfTheLibrarys(t *testing.T) {
	var kept *tollkeeper.SignUpAttempt
	story(t, func(w *world) {
		w.store.faults(func(verb string) error { // the account is on its way to the store
			if verb == "CreateAccount" {
				kept.Starts.Metadata[2] = 'X'
			}
			return nil
		}, nil)
		res, err := w.signUp("ada@example.com")
		w.ok(err)
		if in := w.asUser("ada@example.com"); string(in.Subject.Account.Metadata) != `{"plan":"pro"}` {
			t.Errorf("the result has %s", in.Subject.Account.Metadata)
		}
		s, err := w.Auth.Host().Account(ctx, res.Subject.Account.ID)
		w.ok(err)
		if got := string(s.Account.Metadata); got != `{"plan":"pro"}` {
			t.Errorf("metadata is %s", got)
		}
	}, beforeSignUp(func(_ context.Context, a *tollkeeper.SignUpAttempt) error {
		a.Starts.Metadata = json.RawMessage(`{"plan":"pro"}`)
		kept = a
		return nil
	}), beforeSession(func(_ context.Context, a tollkeeper.SessionAttempt) (map[string]any, error) {
		a.Account.Metadata[2] = 'Y'
		return nil, nil
	}))
}
