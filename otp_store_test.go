package tollkeeper_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// A code that is right proves nothing of an account that changes, or goes, at the same moment: it is used up, and says
// no more than a wrong one.
func TestCodeOfAnAccountThatChangesMeanwhile(t *testing.T) {
	for name, meanwhile := range map[string]error{"changed": store.Conflict{}, "gone": store.ErrNotFound} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				a := w.user("a@example.com")
				w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: a.Email, Client: home}))
				code := w.LastCode(a.Email, tollkeeper.MailSignInCode)
				w.store.faults(func(verb string) error {
					if verb == "UpdateAccount" {
						return meanwhile
					}
					return nil
				}, nil)
				try := func() error {
					return errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: a.Email, Code: tollkeeper.SecretText(code), Client: home}))
				}
				w.want(try(), tollkeeper.ErrInvalidCredentials)
				w.store.faults(nil, nil)
				w.want(try(), tollkeeper.ErrInvalidCredentials)
			}, unlimited)
		})
	}
}

// What cannot be counted is not done.
func TestCodesAreNotMailedUncounted(t *testing.T) {
	story(t, func(w *world) {
		a := w.user("a@example.com")
		for _, verb := range []string{"Take", "Release"} { // the latter notes who asked, and has tries of their own
			w.store.faults(failing(verb), nil)
			w.want(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: a.Email, Client: home}), tollkeeper.ErrUnavailable)
		}
		w.store.faults(nil, nil)
		if mails := w.Mails(a.Email, tollkeeper.MailSignInCode); len(mails) != 0 {
			t.Errorf("%d codes", len(mails))
		}
	})
}

func TestWrongCodesAreLogged(t *testing.T) {
	story(t, func(w *world) {
		a := w.user("a@example.com")
		for _, code := range []tollkeeper.SecretText{"000000", "letters"} {
			w.want(errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{
				Email: a.Email, Code: code, Audience: tollkeeper.AudienceV1, Client: home,
			})), tollkeeper.ErrInvalidCredentials)
		}
		failed := w.Events(tollkeeper.EventSignInFailed)
		if len(failed) != 2 {
			t.Fatalf("%+v", failed)
		}
		for _, e := range failed {
			if e.Audience != tollkeeper.AudienceV1 || e.Network == "" {
				t.Errorf("%+v", e)
			}
		}
	}, unlimited)
}

// What cannot be an address, a code or a token is looked for nowhere.
func TestWhatHasNoFormIsNotLookedFor(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := w.EnrolFactor(p)
		half, err := w.try(p, password)
		w.ok(err)
		for _, c := range []struct {
			do   func() error
			want error
			not  string
		}{
			{func() error { return w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: "p", Client: home}) }, tollkeeper.ErrInvalidEmail, "QueueMail"},
			{func() error {
				return errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: "p", Code: "123456", Client: home}))
			}, tollkeeper.ErrInvalidCredentials, "ConsumeSecret"},
			{func() error { return w.reset("token", fresh) }, tollkeeper.ErrInvalidLink, "Secret"},
			{func() error {
				code := tollkeeper.SecretText(f.Recovery[0][1:])
				return errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: half.Challenge, Code: code, Client: home}))
			}, tollkeeper.ErrInvalidCode, "ConsumeSecret"},
		} {
			w.store.watch()
			w.want(c.do(), c.want)
			if verbs := w.store.verbs(); slices.Contains(verbs, c.not) {
				t.Errorf("%v: %v", c.want, verbs)
			}
		}
	}, unlimited)
}

// A network that asked has tries of its own for as long as a code may be on its way, and good: a quarter of an hour.
func TestWhoAskedIsKnownForAQuarterOfAnHour(t *testing.T) {
	few := func(c *tollkeeper.Config) { c.Limits.CodeTries = tollkeeper.Limit{Free: 1, Window: 24 * time.Hour} }
	for after, want := range map[time.Duration]error{
		15*time.Minute - time.Millisecond: tollkeeper.ErrInvalidCredentials, 15 * time.Minute: tollkeeper.ErrRateLimited,
	} {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			code := w.mailCode(p)
			w.Advance(after)
			w.want(errOf(w.verify(p, not(code))), tollkeeper.ErrInvalidCredentials)
			w.want(errOf(w.verify(p, not(code))), want)
		}, unlimited, few)
	}
	t.Run("where there is no network, nobody is", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.store.watch()
			w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: p.Email, Scope: keyed(p)}))
			if verbs := w.store.verbs(); slices.Contains(verbs, "Release") {
				t.Error(verbs)
			}
		}, unlimited)
	})
}

// A try that the store had no answer to is no wrong code: it is given back, and the next one need not wait.
func TestATryWithoutAnAnswerIsGivenBack(t *testing.T) {
	for _, verb := range []string{"ConsumeSecret", "UpdateAccount"} {
		t.Run(verb, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				w.mailCode(p)
				try := func() error {
					return errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{
						Email: p.Email, Scope: keyed(p), Code: tollkeeper.SecretText(w.LastCode(p.Email)), Client: from("203.0.113.9"),
					}))
				}
				w.store.faults(failing(verb), nil)
				w.want(try(), tollkeeper.ErrUnavailable)
				w.store.faults(nil, nil)
				w.mailCode(p)
				w.ok(try())
			}, unlimited, func(c *tollkeeper.Config) { c.Limits.CodeTries = tollkeeper.Limit{Free: 1, Window: 24 * time.Hour} })
		})
	}
}

// A sign-in by a code is told with its family, its network and its method, and its answer names the organization of the
// account's scope.
func TestSignInsByCodeAreLogged(t *testing.T) {
	story(t, func(w *world) {
		p := w.tenant("p@example.com")
		name := "Shop"
		w.ok(errOf(w.Auth.UpdateOrganization(ctx, w.Identity(p.Token), tollkeeper.OrganizationPatch{Name: &name})))
		c := w.child(p, "c@example.com")
		res, err := w.verify(c, w.mailCode(c))
		if w.ok(err); res.Subject.Organization == nil || res.Subject.Organization.Name != name {
			t.Errorf("%+v", res.Subject)
		}
		for event, method := range map[tollkeeper.EventName]string{tollkeeper.EventCodeUsed: "", tollkeeper.EventEmailProven: "code", tollkeeper.EventSignIn: "code"} {
			list := w.Events(event)
			if len(list) == 0 {
				t.Fatalf("no %s", event)
			}
			e := list[len(list)-1]
			if e.Account != c.ID || e.Network != "198.51.100.7/32" || e.Method != method || e.Audience != tollkeeper.AudiencePlatform && event != tollkeeper.EventEmailProven {
				t.Errorf("%+v", e)
			}
		}
	}, unlimited)
}

// A request that names no family counts with the host's own.
func TestAnAudienceThatIsNotNamedIsTheHosts(t *testing.T) {
	story(t, func(w *world) {
		for name, ask := range map[string]func(context.Context, tollkeeper.MailRequest) error{
			"code": w.Auth.RequestCode, "reset": w.Auth.RequestReset, "verification": w.Auth.RequestVerification,
		} {
			if err := ask(ctx, tollkeeper.MailRequest{Email: "a@example.com", Client: home}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := ask(ctx, tollkeeper.MailRequest{Email: "b@example.com", Client: home}); codeOf(err) != codeOf(tollkeeper.ErrRateLimited) {
				t.Errorf("%s: %v", name, err)
			}
			w.Advance(time.Hour)
		}
	}, func(c *tollkeeper.Config) {
		c.Limits.SignIn = map[tollkeeper.Audience][]tollkeeper.Limit{tollkeeper.AudienceHost: {tollkeeper.Rate(1, time.Minute)}}
	})
}

// Beyond the rate of a network the answer is the same whatever its address has had: the wait is the network's own, and
// the store is asked once. Within it, what cannot be counted is no quiet success.
func TestARateOfAnAddressIsSilent(t *testing.T) {
	hour := []tollkeeper.Limit{tollkeeper.Rate(1, time.Hour)}
	day := []tollkeeper.Limit{tollkeeper.Rate(1, 24*time.Hour)}
	story(t, func(w *world) {
		ask := func(email string) error {
			return w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: email, Client: home})
		}
		w.ok(ask("asked@example.com"))
		for _, email := range []string{"asked@example.com", "other@example.com"} {
			w.store.watch()
			err := ask(email)
			w.want(err, tollkeeper.ErrRateLimited)
			if verbs := w.store.verbs(); retryAfter(err) != time.Hour || len(verbs) != 1 {
				t.Errorf("%s: wait %v, %v", email, retryAfter(err), verbs)
			}
		}
		w.Advance(time.Hour)
		w.store.faults(nth(2), nil)
		w.want(ask("asked@example.com"), tollkeeper.ErrUnavailable)
	}, unlimited, func(c *tollkeeper.Config) { c.Limits.CodeNetwork, c.Limits.CodeAddress = hour, day })
}
