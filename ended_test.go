package tollkeeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// What outlives a session is not done by one that has ended, however a request came by its Identity: it was slow, or a
// process went by what it remembered. Else a thief would stay after the owner has put them out.
func TestAnEndedSessionDoesNothingThatOutlivesIt(t *testing.T) {
	for name, do := range map[string]func(w *world, by *tollkeeper.Identity) error{
		"first password": func(w *world, by *tollkeeper.Identity) error {
			return w.Auth.ChangePassword(ctx, by, tollkeeper.PasswordChange{New: fresh, Client: home})
		},
		"another address": func(w *world, by *tollkeeper.Identity) error {
			return w.Auth.RequestEmailChange(ctx, by, tollkeeper.EmailChange{Email: "eve@evil.example", Client: home})
		},
		"an app": func(w *world, by *tollkeeper.Identity) error {
			return errOf(w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Client: home}))
		},
		"a passkey": func(w *world, by *tollkeeper.Identity) error {
			return errOf(w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{Client: home}))
		},
		"an issuer": func(w *world, by *tollkeeper.Identity) error {
			w.Issuer().As("eve", "", false)
			return errOf(w.Auth.LinkIssuer(ctx, by, w.wayTo(by)))
		},
		"the end of it": func(w *world, by *tollkeeper.Identity) error { return w.Auth.DeleteAccount(ctx, by, "", home) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				_, by, token := w.passwordless("n@example.com")
				w.ok(w.reprove(by, tollkeeper.Confirmation{MailedCode: w.ownCode("n@example.com")}))
				by = w.Identity(token)
				w.ok(w.Auth.SignOut(ctx, by))
				w.want(do(w, by), tollkeeper.ErrInvalidToken)
			}, unlimited)
		})
	}
}

// What was begun in a session that lived is not finished by it afterwards.
func TestAnEndedSessionFinishesNothing(t *testing.T) {
	begun := map[string]func(w *world, a authtest.Account, by *tollkeeper.Identity) func() error{
		"a passkey": func(w *world, _ authtest.Account, by *tollkeeper.Identity) func() error {
			c, err := w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{Client: home})
			w.ok(err)
			answer := w.Passkey().Answer(c)
			return func() error {
				return errOf(w.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: answer, Client: home}))
			}
		},
		"an app": func(w *world, _ authtest.Account, by *tollkeeper.Identity) func() error {
			e, err := w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Client: home})
			w.ok(err)
			code := tollkeeper.SecretText(w.TOTP(string(e.Seed)))
			return func() error { return errOf(w.Auth.ConfirmFactor(ctx, by, code, home)) }
		},
		"another address": func(w *world, _ authtest.Account, by *tollkeeper.Identity) func() error {
			w.ok(w.Auth.RequestEmailChange(ctx, by, tollkeeper.EmailChange{Email: "eve@evil.example", Client: home}))
			token := tollkeeper.SecretText(w.LastToken("eve@evil.example", tollkeeper.MailChangeEmail))
			return func() error {
				return w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: token, By: by, Client: home})
			}
		},
		"the proof of the mailbox": func(w *world, a authtest.Account, by *tollkeeper.Identity) func() error {
			g := &guarded{world: w, child: a}
			g.unprove()
			w.ok(w.Auth.RequestOwnVerification(ctx, by, "", home))
			token := tollkeeper.SecretText(w.LastToken(a.Email, tollkeeper.MailVerify))
			return func() error {
				return errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: token, By: by, Client: home}))
			}
		},
	}
	for name, begin := range begun {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				a := w.User()
				by := w.SignedIn(a)
				finish := begin(w, a, by)
				w.ok(w.Auth.SignOut(ctx, by))
				w.want(finish(), tollkeeper.ErrInvalidToken)
			}, unlimited)
		})
	}
}

// Whoever has no password guesses at none: what is refused for want of a fresh proof locks nobody.
func TestADeletionWithoutAPasswordIsNoGuess(t *testing.T) {
	story(t, func(w *world) {
		_, by, token := w.passwordless("n@example.com")
		w.Advance(11 * time.Minute)
		for range 10 {
			w.want(w.Auth.DeleteAccount(ctx, by, "", home), tollkeeper.ErrNotRecent)
		}
		w.ok(w.reprove(by, tollkeeper.Confirmation{MailedCode: w.ownCode("n@example.com")}))
		w.ok(w.Auth.DeleteAccount(ctx, w.Identity(token), "", home))
	})
}

// An issuer that nobody can sign in by any more is no way in.
func TestTheLastWayInIsOneThatIsOn(t *testing.T) {
	scenery(t, func(s *scene) {
		line := `{"email":"ann@home.example","identities":[{"issuer":"` + authtest.IssuerURL + `","subject":"i-1"},{"issuer":"https://gone.example","subject":"g-1"}]}`
		s.ok(errOf(s.Auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(line), tollkeeper.ImportOptions{})))
		s.Issuer().As("i-1", "", false)
		in, err := s.come()
		s.ok(err)
		by := s.Identity(string(in.Token))
		key := tollkeeper.IssuedKey{Issuer: authtest.IssuerURL, Subject: "i-1"}
		s.want(s.Auth.RemoveIdentity(ctx, by, tollkeeper.IdentityRemoval{Identity: key, Client: home}), tollkeeper.ErrLastWayIn)
		s.ok(errOf(s.come()))
	})
}

// Whatever a page wants handed back comes back as it was, up to what a ticket holds.
func TestWhatIsHandedBackComesBackAsItWas(t *testing.T) {
	for _, text := range []string{strings.Repeat("&", 2000), "/s?" + strings.Repeat("a=1&", 499), "/\u2028<é>"} {
		scenery(t, func(s *scene) {
			s.Issuer().As("i-1", "ada@home.example", true)
			res, err := s.Auth.SignInWithIssuer(ctx, s.wayTo(nil, func(r *tollkeeper.IssuerStart) { r.Return = text }))
			if err != nil || res.Return != text {
				t.Errorf("%.20q: %v, the same %t", text, err, res.Return == text)
			}
		})
	}
	scenery(t, func(s *scene) {
		r := start(nil)
		r.Return = "/\xff"
		s.want(errOf(s.Auth.BeginIssuer(ctx, r)), tollkeeper.ErrInvalidInput)
	})
}

// One address, all ways at once: whoever the issuer only claims to know does not come into the account that its owner
// has proven.
func TestEverythingAtOnceForOneAddress(t *testing.T) {
	for range 5 {
		scenery(t, func(s *scene) {
			const email = "victim@home.example"
			n := newcomer{s.world, email, tollkeeper.Scope{}}
			n.ask(tollkeeper.MailSignInLink, home)
			code, token := s.LastCode(email), s.LastToken(email)
			var back [3]tollkeeper.IssuerReturn
			for i, verified := range []bool{false, false, true} {
				s.Issuer().As(map[bool]string{false: "evil", true: "good"}[verified], email, verified)
				back[i] = s.wayTo(nil)
			}
			errs := atOnce(8, func(i int) (err error) {
				switch i {
				case 0, 1, 2:
					_, err = s.Auth.SignInWithIssuer(ctx, back[i])
				case 3, 4:
					_, err = n.byCode(code, home)
				case 5, 6:
					_, err = n.byLink(token)
				case 7:
					_, err = s.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: password, Client: home})
				}
				return err
			})
			x, err := s.Auth.Host().FindByEmail(ctx, tollkeeper.Scope{}, email)
			s.ok(err)
			s.Issuer().As("evil", email, false)
			if _, evil := s.come(); !x.Account.EmailProvenAt.IsZero() && evil == nil {
				t.Errorf("a stranger comes in: %v", tally(errs))
			}
			if n := tally(errs); n["internal"]+n["unavailable"] > 0 {
				t.Error(n)
			}
		})
	}
}

// A ticket has one spelling: another one of one that has served is none.
func TestATicketHasOneSpelling(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		a := x.phone.Answer(w.askedPasskey(x.Scope()))
		w.ok(errOf(w.byPasskey(a, x.Scope())))
		text := string(a.Ticket)
		for _, s := range []string{"=", "==", "\n", "\r\n", " ", ".", "\x00"} {
			for _, other := range []string{text + s, s + text, text[:10] + s + text[10:], strings.Replace(text, ".", s+".", 1), strings.Replace(text, ".", "."+s, 1)} {
				a.Ticket = tollkeeper.SecretText(other)
				if _, err := w.byPasskey(a, x.Scope()); err == nil {
					t.Errorf("it serves again as %q", other)
				}
			}
		}
		for i := range 64 { // of the last letter some bits count for nothing
			const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
			a.Ticket = tollkeeper.SecretText(text[:len(text)-1] + letters[i:i+1])
			if _, err := w.byPasskey(a, x.Scope()); err == nil {
				t.Errorf("it serves again with %q at its end", letters[i])
			}
		}
	}, unlimited)
}
