package tollkeeper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

func (w *world) requestReset(p authtest.Account) error {
	return w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: p.Email, Scope: keyed(p), Audience: tollkeeper.AudienceOrganization})
}

func (w *world) reset(token, password string) error {
	return errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(token), Password: tollkeeper.Password(password)}))
}

func TestPasswordReset(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		for range 5 {
			_, err := w.try(p, "wrong")
			w.want(err, tollkeeper.ErrInvalidCredentials)
		}
		w.ok(w.requestReset(p))
		link := w.LastToken(p.Email, tollkeeper.MailReset)
		if w.store.saw(link) {
			t.Error("the store was given the mailed token")
		}
		w.want(w.reset(link, "short"), tollkeeper.ErrWeakPassword)
		w.want(w.reset(link, "password123"), tollkeeper.ErrWeakPassword)
		w.ok(w.reset(link, "another horse 9"))
		w.want(w.reset(link, "a third horse 9"), tollkeeper.ErrLinkUsed)
		w.refuses("a session from before", p.Token)
		_, err := w.try(p, "another horse 9")
		w.ok(err)
		_, err = w.try(p, password)
		w.want(err, tollkeeper.ErrInvalidCredentials)
		if n := len(w.Mails(p.Email, tollkeeper.MailNotice)); n != 1 {
			t.Errorf("%d notices of the change", n)
		}
	})
}

func TestResetLinkStates(t *testing.T) {
	next := "another horse 9"
	cases := []struct {
		name string
		do   func(w *world, p authtest.Account, link string) error
		want error
	}{
		{"at its last moment", func(w *world, _ authtest.Account, link string) error {
			w.Advance(30*time.Minute - time.Millisecond)
			return w.reset(link, next)
		}, nil},
		{"too late", func(w *world, _ authtest.Account, link string) error {
			w.Advance(30 * time.Minute)
			return w.reset(link, next)
		}, tollkeeper.ErrLinkExpired},
		{"another one was used", func(w *world, p authtest.Account, link string) error {
			w.Advance(time.Minute)
			w.ok(w.requestReset(p))
			w.ok(w.reset(w.LastToken(p.Email, tollkeeper.MailReset), next))
			return w.reset(link, next)
		}, tollkeeper.ErrLinkUsed},
		{"the password was changed", func(w *world, p authtest.Account, link string) error {
			w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: tollkeeper.Password(next)}))
			return w.reset(link, next)
		}, tollkeeper.ErrLinkUsed},
		{"the account was disabled, which ends what was mailed", func(w *world, p authtest.Account, link string) error {
			w.ok(w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled))
			return w.reset(link, next)
		}, tollkeeper.ErrLinkUsed},
		{"the account is deleted", func(w *world, p authtest.Account, link string) error {
			w.ok(w.Auth.DeleteAccount(ctx, p.Identity, password, tollkeeper.Client{}))
			return w.reset(link, next)
		}, tollkeeper.ErrInvalidLink},
		{"cut", func(w *world, _ authtest.Account, link string) error { return w.reset(link[1:], next) }, tollkeeper.ErrInvalidLink},
		{"in another case", func(w *world, _ authtest.Account, link string) error { return w.reset(strings.ToUpper(link), next) }, tollkeeper.ErrInvalidLink},
		{"with a line break", func(w *world, _ authtest.Account, link string) error { return w.reset(link+"\n", next) }, tollkeeper.ErrInvalidLink},
		{"with somebody else's key", func(w *world, _ authtest.Account, link string) error {
			q := w.parent("q@example.com")
			return errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(link), Password: tollkeeper.Password(next), ParentKey: q.PublicKey}))
		}, tollkeeper.ErrUnknownParent},
		{"with a malformed key", func(w *world, _ authtest.Account, link string) error {
			return errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(link), Password: tollkeeper.Password(next), ParentKey: "x"}))
		}, tollkeeper.ErrParentKeyFormat},
		{"an answer that was lost", func(w *world, _ authtest.Account, link string) error {
			w.store.faults(nil, failing("UpdateAccount"))
			w.want(w.reset(link, next), tollkeeper.ErrUnavailable)
			w.store.faults(nil, nil)
			return w.reset(link, next)
		}, tollkeeper.ErrLinkUsed},
		{"a store that failed before", func(w *world, _ authtest.Account, link string) error {
			w.store.faults(failing("UpdateAccount"), nil)
			w.want(w.reset(link, next), tollkeeper.ErrUnavailable)
			w.store.faults(nil, nil)
			return w.reset(link, next)
		}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				w.ok(w.requestReset(p))
				w.want(c.do(w, p, w.LastToken(p.Email, tollkeeper.MailReset)), c.want)
			})
		})
	}
}

// R27: however many hands hold the link, one uses it; the others are told so.
func TestLinksAreUsedOnce(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.requestReset(p))
		link := w.LastToken(p.Email, tollkeeper.MailReset)
		w.store.faults(together("UpdateAccount", 100), nil)
		got := tally(atOnce(100, func(i int) error { return w.reset(link, fmt.Sprintf("horse number %d", i)) }))
		if got["ok"] != 1 || got["link_used"] != 99 {
			t.Errorf("reset: %v", got)
		}
	}, unlimited)
	t.Run("confirmation", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
			link := w.LastToken(p.Email, tollkeeper.MailVerify)
			w.store.faults(together("UpdateAccount", 100), nil)
			got := tally(atOnce(100, func(int) error {
				return errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(link)}))
			}))
			if got["ok"] != 1 || got["already_verified"] != 99 {
				t.Error(got)
			}
			if b := w.Balance(p); b.Verifications != 1 {
				t.Errorf("charged %d times", b.Verifications)
			}
		}, unlimited)
	})
}

// A link survives a change of the account that has nothing to do with it.
func TestResetSurvivesAnUnrelatedChange(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		w.ok(w.requestReset(c))
		link := w.LastToken(c.Email, tollkeeper.MailReset)
		once := true
		w.store.faults(func(verb string) error {
			if verb != "UpdateAccount" || !once {
				return nil
			}
			once = false
			s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: c.ID})
			w.ok(err)
			s.Account.Role = tollkeeper.RoleGuest
			_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account}, w.Now())
			return err
		}, nil)
		w.ok(w.reset(link, "another horse 9"))
	})
}

func TestResetBelowAnUnknownParentIsRefusedHoweverItIsNamed(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		for _, r := range []tollkeeper.MailRequest{
			{Scope: tollkeeper.UnderKey("APK_AAAAAAAAAAAAAAAAAAAAAAAAAA")}, {Scope: tollkeeper.UnderNumber(999)}, {Scope: tollkeeper.UnderKey(c.PublicKey)}, {Scope: tollkeeper.UnderNumber(c.Number)},
		} {
			r.Email, r.Audience = c.Email, tollkeeper.AudiencePlatform
			w.want(w.Auth.RequestReset(ctx, r), tollkeeper.ErrUnknownParent)
			w.Advance(time.Hour)
		}
	})
}

// The network of a reset is recognised however the parent is named there, and by either name of the account.
func TestAResetIsRememberedUnderEverySpelling(t *testing.T) {
	const laptop = "192.0.2.1"
	for spelling, scope := range map[string]func(p authtest.Account) tollkeeper.Scope{
		"key":    func(p authtest.Account) tollkeeper.Scope { return tollkeeper.UnderKey(p.PublicKey) },
		"number": func(p authtest.Account) tollkeeper.Scope { return tollkeeper.UnderNumber(p.Number) },
		"id":     func(p authtest.Account) tollkeeper.Scope { return tollkeeper.Under(p.ID) },
	} {
		for _, name := range []tollkeeper.SignInRequest{{Email: "c@example.com"}, {Username: "carla"}} {
			t.Run(spelling+", "+name.Email+name.Username, func(t *testing.T) {
				story(t, func(w *world) {
					p := w.parent("p@example.com")
					c := w.child(p, "c@example.com")
					username := "Carla"
					w.ok(w.Auth.UpdateProfile(ctx, c.Identity, tollkeeper.ProfilePatch{Username: &username}))
					w.resetFrom(c, laptop)
					w.Advance(time.Second)
					try := func(secret tollkeeper.Password, address string) error {
						r := name
						r.Scope, r.Password, r.Client = scope(p), secret, from(address)
						return errOf(w.Auth.SignIn(ctx, r))
					}
					for i := range 20 {
						w.want(try("wrong", farAway(i)), tollkeeper.ErrInvalidCredentials)
					}
					w.want(try(fresh, "198.51.100.9"), tollkeeper.ErrLocked)
					w.ok(try(fresh, laptop))
				}, unlimited)
			})
		}
	}
}

// A reset, asked for and done, is told with its family and its network.
func TestResetsAreLogged(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: p.Email, Scope: keyed(p), Audience: tollkeeper.AudienceOrganization, Client: home}))
		w.ok(errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{
			Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailReset)), Password: fresh, Audience: tollkeeper.AudienceOrganization, Client: home,
		})))
		for name, method := range map[tollkeeper.EventName]string{tollkeeper.EventResetAsked: "", tollkeeper.EventPasswordChanged: "reset"} {
			list := w.Events(name)
			if len(list) != 1 || list[0].Audience != tollkeeper.AudienceOrganization || list[0].Network != "198.51.100.7/32" || list[0].Method != method {
				t.Errorf("%s: %+v", name, list)
			}
		}
	}, unlimited)
}

// A password that was used before is refused behind the link, too, which goes on to serve.
func TestAResetToAnEarlierPassword(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		w.ok(w.requestReset(p))
		link := w.LastToken(p.Email, tollkeeper.MailReset)
		w.want(w.reset(link, password), tollkeeper.ErrWeakPassword)
		w.ok(w.reset(link, fresh))
	}, unlimited, func(c *tollkeeper.Config) { c.Passwords.History = 2 })
}

// A code that proves the mailbox first voids the link that was mailed before. Whoever opens that link then reads what
// may have ended it; whoever has none reads nothing of it.
func TestResetLinkThatACodeEndedSaysSo(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.requestReset(p))
		link := w.LastToken(p.Email, tollkeeper.MailReset)
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: p.Email, Scope: keyed(p)}))
		code := tollkeeper.SecretText(w.LastCode(p.Email))
		w.ok(errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: p.Email, Scope: keyed(p), Code: code})))
		err := w.reset(link, "another horse 9")
		w.want(err, tollkeeper.ErrLinkUsed)
		for _, part := range []string{"signed in by a mailed code", "ask for another one"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("the holder of the link reads %q, without %q", err, part)
			}
		}
		strange := w.reset(strings.Repeat("A", len(link)), "another horse 9")
		w.want(strange, tollkeeper.ErrInvalidLink)
		if strings.Contains(strange.Error(), "code") {
			t.Errorf("a stranger reads %q", strange)
		}
	})
}
