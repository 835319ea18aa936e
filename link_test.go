package tollkeeper_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// mailLink asks for a link, perhaps with a code beside it, and returns its token.
func (w *world) mailLink(p authtest.Account, withCode bool) tollkeeper.SecretText {
	w.Helper()
	w.ok(w.Auth.RequestLink(ctx, tollkeeper.MailRequest{
		Email: p.Email, Scope: keyed(p), WithCode: withCode, Audience: tollkeeper.AudiencePlatform, Client: home,
	}))
	return tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailSignInLink))
}

func (w *world) open(p authtest.Account, token tollkeeper.SecretText) (tollkeeper.SignInResult, error) {
	return w.Auth.SignInWithLink(ctx, tollkeeper.LinkRequest{Token: token, Scope: keyed(p), Audience: tollkeeper.AudiencePlatform, Client: home})
}

func (w *world) peek(p authtest.Account, token tollkeeper.SecretText) (tollkeeper.MailedLink, error) {
	return w.Auth.SignInLink(ctx, tollkeeper.LinkRequest{Token: token, Scope: keyed(p), Client: home})
}

// What becomes of a link, by what happened before it is opened. A page that asks whose it is hears the same.
func TestSignInLink(t *testing.T) {
	used, none := tollkeeper.ErrLinkUsed, tollkeeper.ErrInvalidLink
	type step func(w *world, p authtest.Account, token tollkeeper.SecretText)
	for name, c := range map[string]struct {
		do   step
		want error
	}{
		"at once": {func(*world, authtest.Account, tollkeeper.SecretText) {}, nil},
		"at its last moment": {func(w *world, _ authtest.Account, _ tollkeeper.SecretText) {
			w.Advance(tollkeeper.SignInLinkTTL - time.Millisecond)
		}, nil},
		"too late": {func(w *world, _ authtest.Account, _ tollkeeper.SecretText) { w.Advance(tollkeeper.SignInLinkTTL) }, tollkeeper.ErrLinkExpired},
		"replayed": {func(w *world, p authtest.Account, token tollkeeper.SecretText) { w.ok(errOf(w.open(p, token))) }, used},
		"after a scanner of mail has followed it ten times": {func(w *world, p authtest.Account, token tollkeeper.SecretText) {
			for range 10 {
				w.ok(errOf(w.peek(p, token)))
			}
		}, nil},
		"after a newer one, which voids nothing": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) { w.mailLink(p, false) }, nil},
		"after the newer one signed in": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) {
			w.ok(errOf(w.open(p, w.mailLink(p, false))))
		}, used},
		"after a code signed in": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) { w.ok(errOf(w.verify(p, w.mailCode(p)))) }, used},
		"after five wrong codes": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) { w.ok(w.miss(p, w.mailCode(p), 5)) }, nil},
		"after a reset": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) {
			w.ok(w.requestReset(p))
			w.ok(w.reset(w.LastToken(p.Email, tollkeeper.MailReset), "another horse 9"))
		}, used},
		"after a change of the password": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) {
			w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9"}))
		}, used},
		"of an epoch before": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) {
			w.ok(w.Auth.EndSessions(ctx, p.Identity, p.ID))
		}, used},
		"of an account that was disabled": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) {
			w.ok(w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled))
		}, used},
		"of an account that is gone": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) {
			w.ok(w.Auth.Host().DeleteAccount(ctx, p.ID))
		}, none},
		"of an address that is not the account's any more": {func(w *world, p authtest.Account, _ tollkeeper.SecretText) {
			w.ok(w.Auth.ConfirmEmailChange(ctx, w.changing(password, p.Identity, "new@example.com")))
		}, used},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.child(w.parent("p@example.com"), "c@example.com")
				w.confirmed(p)
				token := w.mailLink(p, false)
				c.do(w, p, token)
				shown, err := w.peek(p, token)
				if w.want(err, c.want); err == nil && (shown.Email != "c@example.com" || shown.SignUp) {
					t.Errorf("shown %+v", shown)
				}
				w.want(errOf(w.open(p, token)), c.want)
			}, unlimited)
		})
	}
}

// A link is of one scope and one purpose: no other secret is one, and it is no other.
func TestSignInLinksDoNotCross(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		a, b := w.child(p, "same@example.com"), w.child(q, "same@example.com")
		token := w.mailLink(a, true)
		w.ok(w.requestReset(p))
		reset := w.LastToken(p.Email, tollkeeper.MailReset)
		for what, x := range map[string]authtest.Account{"another tenant": b, "the tenants": {Email: a.Email}, "a key that is nobody's": {ParentKey: "APK_" + "AAAAAAAAAAAAAAAAAAAAAAAAAA"}} {
			for _, err := range []error{errOf(w.open(x, token)), errOf(w.peek(x, token))} {
				if codeOf(err) != codeOf(tollkeeper.ErrInvalidLink) {
					t.Errorf("a link opened %s: %v", what, err)
				}
			}
		}
		app := tollkeeper.LinkRequest{Token: token, Client: home}
		w.want(errOf(w.Auth.SignInWithLink(ctx, app)), tollkeeper.ErrInvalidLink)
		w.want(errOf(w.open(p, tollkeeper.SecretText(reset))), tollkeeper.ErrInvalidLink)
		w.want(w.reset(string(token), "another horse 9"), tollkeeper.ErrInvalidLink)
		w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: token})), tollkeeper.ErrInvalidLink)
		w.refuses("a link as a token", string(token))
		for _, no := range []tollkeeper.SecretText{"", "x", token + "A", token[1:], "i_" + token, tollkeeper.SecretText(w.LastCode(a.Email))} {
			w.want(errOf(w.open(a, no)), tollkeeper.ErrInvalidLink)
		}
		for _, where := range []tollkeeper.Scope{tollkeeper.Under(p.ID), tollkeeper.UnderNumber(p.Number)} {
			w.ok(errOf(w.Auth.SignInLink(ctx, tollkeeper.LinkRequest{Token: token, Scope: where, Client: home})))
		}
		w.want(errOf(w.Auth.SignInWithLink(ctx, tollkeeper.LinkRequest{Token: token, Scope: tollkeeper.UnderKey(""), Client: home})), tollkeeper.ErrInvalidInput)
		w.ok(errOf(w.open(a, token)))
	}, unlimited)
}

// R27: a hundred hands with one link make one session. So do a link and the code of the same mail.
func TestALinkIsUsedOnce(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		token := w.mailLink(p, true)
		code := w.LastCode(p.Email)
		w.store.faults(together("ConsumeSecret", 50), nil)
		got := tally(atOnce(50, func(i int) error {
			if i%2 == 0 {
				return errOf(w.verify(p, code))
			}
			return errOf(w.open(p, token))
		}))
		if got["ok"] != 1 || got["link_used"]+got["invalid_credentials"] != 49 {
			t.Error(got)
		}
	}, unlimited)
}

// A link is a proof of the mailbox as a code is: the first one drops what a stranger may have set up, unless the owner
// shows a session. It is logged by its own name, and pardons what failures closed.
func TestALinkProvesTheMailbox(t *testing.T) {
	for _, own := range []bool{false, true} {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.fails(p, 5, at("192.0.2.1"))
			w.Advance(time.Second)
			r := tollkeeper.LinkRequest{Token: w.mailLink(p, false), Scope: tollkeeper.Tenants, Client: home}
			if own {
				r.By = p.Identity
			}
			res, err := w.Auth.SignInWithLink(ctx, r)
			w.ok(err)
			if res.Dropped.Password == own || res.Token == "" {
				t.Errorf("with a session %t: dropped %+v", own, res.Dropped)
			}
			if own {
				w.ok(w.guess(p, password, "192.0.2.1"))
			} else {
				w.refuses("the stranger's session", p.Token)
			}
			for event, method := range map[tollkeeper.EventName]string{tollkeeper.EventLinkUsed: "", tollkeeper.EventEmailProven: "link", tollkeeper.EventSignIn: "link"} {
				list := w.Events(event)
				e := list[len(list)-1]
				if event == tollkeeper.EventSignIn && own {
					e = list[len(list)-2] // the last one is the password's
				}
				if e.Account != p.ID || e.Method != method || e.Network != "198.51.100.7/32" {
					t.Errorf("%s: %+v", event, e)
				}
			}
		}, unlimited)
	}
}

// A second factor is asked for after a link, too.
func TestALinkStopsAtTheSecondFactor(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := w.EnrolFactor(p)
		w.Advance(time.Minute)
		token := w.mailLink(p, false)
		res, err := w.open(p, token)
		if w.ok(err); res.Challenge == "" || res.Token != "" {
			t.Fatalf("%+v", res)
		}
		w.want(errOf(w.open(p, token)), tollkeeper.ErrLinkUsed)
		res, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: res.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f)), Client: home})
		if w.ok(err); res.Token == "" {
			t.Errorf("%+v", res)
		}
	}, unlimited)
}

// Codes and links have the same rates: asking for either uses up the other, on the network as at the address.
func TestLinksAndCodesShareTheirRates(t *testing.T) {
	link := func(w *world, email string) error {
		return w.Auth.RequestLink(ctx, tollkeeper.MailRequest{Email: email, Client: home})
	}
	code := func(w *world, email string) error {
		return w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: email, Client: home})
	}
	for _, asks := range [][2]func(*world, string) error{{link, code}, {code, link}} {
		story(t, func(w *world) {
			a := w.user("a@example.com")
			for range 3 {
				w.ok(asks[0](w, a.Email))
			}
			w.ok(asks[1](w, a.Email)) // silent
			if n := len(w.Mails(a.Email, tollkeeper.MailSignInCode, tollkeeper.MailSignInLink)); n != 3 {
				t.Errorf("%d mails to one address", n)
			}
			for range 6 {
				w.ok(asks[0](w, "b@example.com"))
			}
			w.want(asks[1](w, "c@example.com"), tollkeeper.ErrRateLimited)
		})
	}
}

// The code of a mail with both is its only number of six digits, and a link without one shows none.
func TestALinkWithACode(t *testing.T) {
	story(t, func(w *world) {
		p := w.child(w.parent("p@example.com"), "c@example.com")
		w.confirmed(p)
		w.mailLink(p, true)
		m := w.LastMail(p.Email, tollkeeper.MailSignInLink)
		for part, text := range map[string]string{"text": string(m.Text), "page": string(m.HTML)} {
			if found := sixDigits.FindAllString(text, -1); len(found) != 1 {
				t.Errorf("the %s has %v", part, found)
			}
			if !contains(text, "15 minutes") || !contains(text, "5 minutes") || !contains(text, "https://app.example/sign-in-link?token=") {
				t.Errorf("the %s: %s", part, text)
			}
		}
		w.ok(errOf(w.verify(p, w.LastCode(p.Email, tollkeeper.MailSignInLink))))
		w.want(errOf(w.open(p, tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailSignInLink)))), tollkeeper.ErrLinkUsed)
		w.mailLink(p, false)
		if m := w.LastMail(p.Email, tollkeeper.MailSignInLink); sixDigits.MatchString(string(m.Text)) || w.store.saw(w.LastToken(p.Email, tollkeeper.MailSignInLink)) {
			t.Errorf("%s", m.Text)
		}
	}, unlimited)
}

// A link that is opened too often from a network is refused before it is looked at, as other mailed links are.
func TestLinksHaveARateOfTheNetwork(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for range 30 {
			w.want(errOf(w.open(p, "x")), tollkeeper.ErrInvalidLink)
			w.want(errOf(w.peek(p, "x")), tollkeeper.ErrInvalidLink)
		}
		w.store.watch()
		w.want(errOf(w.open(p, "x")), tollkeeper.ErrRateLimited)
		w.want(errOf(w.peek(p, "x")), tollkeeper.ErrRateLimited)
		if verbs := w.store.verbs(); len(verbs) != 2 {
			t.Error(verbs)
		}
	})
}

// No token has six digits in a row: the code beside it is the only one, however many mails there are.
func TestTokensOfLinksHaveNoSixDigits(t *testing.T) {
	digits := regexp.MustCompile(`[0-9]{6}`)
	k := authtest.New(t)
	for range 20_000 {
		if token := tollkeeper.LinkToken(); digits.MatchString(token) {
			t.Fatal(token)
		}
	}
	for range 5_000 {
		if token, err := tollkeeper.Invitation(k.Auth, "ann@mail.example"); err != nil || digits.MatchString(token) {
			t.Fatal(token, err)
		}
	}
}

// A request names the page of its link by a path of the organization's origin, and by nothing else; so does that of
// whom nobody knows. Of a parent that has not proven its own mailbox nothing stands in a mail.
func TestThePageOfALink(t *testing.T) {
	story(t, func(w *world) {
		p := w.Parent()
		site := "https://shop.example"
		w.ok(errOf(w.Auth.Host().UpdateOrganization(ctx, p.ID, tollkeeper.OrganizationPatch{URL: &site})))
		x := w.Child(p)
		ask := func(email string, in tollkeeper.Scope, path string) error {
			return w.Auth.RequestLink(ctx, tollkeeper.MailRequest{Email: email, Scope: in, LinkPath: path, SignUp: true, Client: home})
		}
		for _, email := range []string{x.Email, "new@example.com"} {
			w.ok(ask(email, tollkeeper.Under(p.ID), "/in"))
			if got := w.LastLink(email, tollkeeper.MailSignInLink); !strings.HasPrefix(got, "https://shop.example/in?token=") {
				t.Errorf("the link of %s leads to %s", email, got)
			}
		}
		y := w.User()
		w.ok(ask(y.Email, tollkeeper.Scope{}, "/in"))
		if got := w.LastLink(y.Email, tollkeeper.MailSignInLink); !strings.HasPrefix(got, authtest.BaseURL+"/in?token=") {
			t.Errorf("the link of the app's own leads to %s", got)
		}
		for _, path := range []string{"https://evil.example/in", "https://shop.example/in", "//evil.example", "/\\evil", "in", "/a?b", "/a b"} {
			w.want(ask(x.Email, tollkeeper.Under(p.ID), path), tollkeeper.ErrInvalidInput)
		}
	})
}
