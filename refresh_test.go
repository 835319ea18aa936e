package tollkeeper_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func refreshing(t *testing.T) *authtest.Kit {
	return authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Refresh = tollkeeper.Refresh{Idle: 24 * time.Hour, Absolute: 72 * time.Hour}
		c.Tokens.TTL = 15 * time.Minute
	}))
}

func TestRefresh(t *testing.T) {
	t.Run("is off by default", func(t *testing.T) {
		k := authtest.New(t)
		if res := k.SignIn(k.Parent()); res.Refresh != "" {
			t.Fatal("a refresh token without Config.Refresh")
		}
		if _, err := k.Auth.Refresh(ctx, "x", tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrDisabled) {
			t.Fatal(err)
		}
	})
	t.Run("carries a session past its access token, and not past its absolute end", func(t *testing.T) {
		k := refreshing(t)
		res := k.SignIn(k.Parent())
		session := res.Session
		for hour := 0; hour < 72; hour += 6 {
			next, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{})
			if err != nil {
				t.Fatal(hour, err)
			}
			if id := k.Identity(string(next.Token)); id.Session != session {
				t.Fatal("another session")
			}
			res = next
			k.Advance(6 * time.Hour)
			if _, err := k.Auth.Authenticate(ctx, res.Token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
				t.Fatal("the access token outlived its time:", err)
			}
		}
		if _, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal("past the absolute end:", err)
		}
	})
	t.Run("ends its last access token with the session", func(t *testing.T) {
		k := refreshing(t)
		res := k.SignIn(k.Parent())
		for range 4 {
			k.Advance(18*time.Hour - 75*time.Second)
			next, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{})
			if err != nil {
				t.Fatal(err)
			}
			res = next
		} // five minutes before the end
		if res.ExpiresIn != 5*time.Minute {
			t.Errorf("it is good for %v, want five minutes", res.ExpiresIn)
		}
		k.Advance(5*time.Minute - time.Second)
		k.Identity(string(res.Token))
		k.Advance(time.Second)
		if _, err := k.Auth.Authenticate(ctx, res.Token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Error("it lives on:", err)
		}
	})
	t.Run("never lasts longer than the session, however long it may be idle", func(t *testing.T) {
		k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Refresh = tollkeeper.Refresh{Idle: 24 * time.Hour, Absolute: 24 * time.Hour}
			c.Tokens.TTL = 15 * time.Minute
		}))
		res := k.SignIn(k.Parent())
		k.Advance(24*time.Hour - time.Second)
		next, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{})
		if err != nil || next.ExpiresIn != time.Second {
			t.Errorf("good for %v, %v, want a second", next.ExpiresIn, err)
		}
	})
	t.Run("tells the end of the next access token as a moment, too", func(t *testing.T) {
		k := refreshing(t)
		x := enrol(k, k.Parent())
		k.Advance(time.Minute)
		first := k.SignIn(x.Account)
		done, err := verify(k, string(first.Challenge), k.FactorCode(x.Factor))
		if err != nil {
			t.Fatal(err)
		}
		begun := k.Now()
		k.Advance(5 * time.Minute)
		next, err := k.Auth.Refresh(ctx, done.Refresh, tollkeeper.Client{})
		if err != nil {
			t.Fatal(err)
		}
		for what, got := range map[string][2]time.Time{
			"a challenge": {first.ExpiresAt, begun.Add(first.ExpiresIn)}, "a session": {done.ExpiresAt, begun.Add(done.ExpiresIn).Truncate(time.Second)},
			"a refresh": {next.ExpiresAt, k.Now().Add(next.ExpiresIn).Truncate(time.Second)},
		} {
			if !got[0].Equal(got[1]) {
				t.Errorf("%s ends at %v, want %v", what, got[0], got[1])
			}
		}
		k.Advance(250 * time.Millisecond) // a token ends at a whole second
		again := k.SignIn(k.Parent())
		if id := k.Identity(string(again.Token)); !id.ExpiresAt.Equal(again.ExpiresAt) {
			t.Errorf("a session ends at %v, its token at %v", again.ExpiresAt, id.ExpiresAt)
		}
		next, err = k.Auth.Refresh(ctx, next.Refresh, tollkeeper.Client{})
		if err != nil {
			t.Fatal(err)
		}
		if id := k.Identity(string(next.Token)); !id.ExpiresAt.Equal(next.ExpiresAt) {
			t.Errorf("a refreshed session ends at %v, its token at %v", next.ExpiresAt, id.ExpiresAt)
		}
	})
	t.Run("ends when idle", func(t *testing.T) {
		k := refreshing(t)
		res := k.SignIn(k.Parent())
		k.Advance(24 * time.Hour)
		if _, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal(err)
		}
	})
	t.Run("is not an access token, nor the other way round", func(t *testing.T) {
		k := refreshing(t)
		res := k.SignIn(k.Parent())
		if _, err := k.Auth.Authenticate(ctx, res.Refresh); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal(err)
		}
		for _, bad := range []string{string(res.Token), "", ".", string(res.Refresh + "A"), strings.ToUpper(string(res.Refresh)), string(res.Refresh[:len(res.Refresh)-1])} {
			if _, err := k.Auth.Refresh(ctx, tollkeeper.SecretText(bad), tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
				t.Fatalf("%q: %v", bad, err)
			}
		}
	})
	t.Run("dies with its session", func(t *testing.T) {
		k := refreshing(t)
		a := k.Parent()
		out := k.SignIn(a)
		if err := k.Auth.SignOut(ctx, k.Identity(string(out.Token))); err != nil {
			t.Fatal(err)
		}
		all := k.SignIn(a)
		if err := k.Auth.EndSessions(ctx, k.Identity(string(all.Token)), a.ID); err != nil {
			t.Fatal(err)
		}
		for _, res := range []tollkeeper.SignInResult{out, all} {
			if _, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
				t.Fatal(err)
			}
		}
	})
}

func TestRefreshInParallelTabs(t *testing.T) {
	k := refreshing(t)
	res := k.SignIn(k.Parent())
	var mu sync.Mutex
	successors := map[string]bool{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			next, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			successors[string(next.Refresh)] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(successors) != 1 {
		t.Fatalf("%d successors, want the same for all tabs", len(successors))
	}
}

func TestRefreshReuse(t *testing.T) {
	for name, reuse := range map[string]func(k *authtest.Kit, first, second string) string{
		"the same token after the window": func(k *authtest.Kit, first, _ string) string {
			k.Advance(10 * time.Second)
			return first
		},
		"the one before the last, within the window": func(k *authtest.Kit, first, second string) string {
			if _, err := k.Auth.Refresh(ctx, tollkeeper.SecretText(second), tollkeeper.Client{}); err != nil {
				panic(err)
			}
			return first
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := refreshing(t)
			a := k.Parent()
			res := k.SignIn(a)
			next, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{})
			if err != nil {
				t.Fatal(err)
			}
			stolen := reuse(k, string(res.Refresh), string(next.Refresh))
			for range 3 {
				if _, err := k.Auth.Refresh(ctx, tollkeeper.SecretText(stolen), tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
					t.Fatal("reuse was served:", err)
				}
			}
			if _, err := k.Auth.Authenticate(ctx, next.Token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
				t.Fatal("the session lived on:", err)
			}
			if _, err := k.Auth.Refresh(ctx, next.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
				t.Fatal("the family lived on:", err)
			}
			if len(k.Events(tollkeeper.EventRefreshReused)) == 0 {
				t.Fatal("no event")
			}
			told := 0
			for _, m := range k.Mails(a.Email) {
				if strings.Contains(string(m.Text), "was ended") {
					told++
				}
			}
			if told != 1 {
				t.Fatalf("%d mails, want one: a thief must not flood the owner", told)
			}
		})
	}
}

// A refresh says what its session may do, and the log whose it was.
func TestRefreshTellsOfItsSession(t *testing.T) {
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Refresh = tollkeeper.Refresh{Idle: 24 * time.Hour, Absolute: 72 * time.Hour}
		c.Factors.Required = true
	}))
	p := k.Parent()
	c := k.Child(p)
	res := k.SignIn(c)
	next, err := k.Auth.Refresh(ctx, res.Refresh, home)
	if err != nil || next.Limited != tollkeeper.LimitedSecondFactor || res.Limited != next.Limited {
		t.Errorf("limited to %q, then %q, %v", res.Limited, next.Limited, err)
	}
	events, in := k.Events(tollkeeper.EventRefreshed), k.Events(tollkeeper.EventSignIn)
	if len(events) != 1 || events[0].Session != in[len(in)-1].Session || events[0].Session == "" || events[0].Scope != p.ID || events[0].Account != c.ID || events[0].Audience != tollkeeper.AudienceHost || events[0].Network == "" {
		t.Errorf("%+v", events)
	}
}

// Whoever is shut out, or whose parent is, refreshes nothing.
func TestRefreshOfTheDisabled(t *testing.T) {
	for name, whom := range map[string]func(p, c authtest.Account) authtest.Account{
		"the child":  func(_, c authtest.Account) authtest.Account { return c },
		"the parent": func(p, _ authtest.Account) authtest.Account { return p },
	} {
		k := refreshing(t)
		p := k.Parent()
		c := k.Child(p)
		res := k.SignIn(c)
		if err := k.Auth.Host().SetStatus(ctx, whom(p, c).ID, tollkeeper.StatusDisabled); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Errorf("%s is disabled: %v", name, err)
		}
	}
}

// Where sessions may not idle, one that ended is over all the same, and idleness ends to the second.
func TestRefreshWhereSessionsMayNotIdle(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		ended := w.signIn(p)
		w.ok(w.Auth.SignOut(ctx, w.Identity(string(ended.Token))))
		idle, used := w.signIn(p), w.signIn(p)
		w.Advance(30*time.Minute - 3*time.Second)
		w.Identity(string(used.Token))
		time.Sleep(2 * time.Second) // the worker notes that it was used
		w.Advance(time.Second)
		for name, res := range map[string]tollkeeper.SignInResult{"ended": ended, "left alone": idle} {
			if _, err := w.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
				t.Errorf("%s: %v", name, err)
			}
			w.refuses(name, string(res.Token))
		}
		w.ok(errOf(w.Auth.Refresh(ctx, used.Refresh, tollkeeper.Client{})))
	}, unlimited, func(c *tollkeeper.Config) { c.Tokens.Idle, c.Refresh.Idle = 30*time.Minute, 24*time.Hour })
}

// The owner hears of stolen tokens once an hour, however many sessions they are of.
func TestStolenTokensAreToldOnceAnHour(t *testing.T) {
	k := refreshing(t)
	a := k.Parent()
	steal := func() {
		res := k.SignIn(a)
		if _, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{}); err != nil {
			t.Fatal(err)
		}
		k.Advance(time.Minute)
		if _, err := k.Auth.Refresh(ctx, res.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal(err)
		}
	}
	told := func() (n int) {
		for _, m := range k.Mails(a.Email) {
			if strings.Contains(string(m.Text), "was ended") {
				n++
			}
		}
		return n
	}
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {40 * time.Minute, 1}, {20 * time.Minute, 2}} {
		k.Advance(tt.after)
		if steal(); told() != tt.want {
			t.Errorf("%v later: %d mails, want %d", tt.after, told(), tt.want)
		}
	}
}
