package tollkeeper_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

func verified(c *tollkeeper.Config) { c.Accounts.RequireVerified = true }

// neutrally asks for an account of the app's own users.
func (w *world) neutrally(email, username string) (tollkeeper.SignUpResult, error) {
	return w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{
		Email: email, Username: username, Password: "one more horse 8", Name: "Stranger", VerifyPath: "/strange", Client: home, Neutral: true,
	})
}

// A new and a taken address have one answer after one hash, the same look-ups and one write.
func TestNeutralSignUpTellsNoAddress(t *testing.T) {
	var hashed counter
	alone(t, func(w *world) {
		w.called("Ann", "ann@example.com")
		for i, c := range []struct {
			email string
			kind  tollkeeper.MailKind
			verbs string
		}{
			{"new@example.com", tollkeeper.MailVerify, "[Take FindAccount FindAccount CreateAccount]"},
			{"Ann@Example.com", tollkeeper.MailSignUpTried, "[Take FindAccount FindAccount CreateAccount FindAccount QueueMail]"},
			{"new@example.com", tollkeeper.MailSignUpTried, "[Take FindAccount FindAccount CreateAccount FindAccount QueueMail]"}, // not verified yet
		} {
			before := len(w.Mails(strings.ToLower(c.email)))
			w.store.watch()
			var res tollkeeper.SignUpResult
			var err error
			if n := hashed.of(func() { res, err = w.neutrally(c.email, fmt.Sprint("free", i)) }); n != 1 {
				t.Errorf("%s: %d hashes", c.email, n)
			}
			if want := (tollkeeper.SignUpResult{VerificationSent: true}); err != nil || !reflect.DeepEqual(res, want) {
				t.Errorf("%s: %+v, %v", c.email, res, err)
			}
			if got := fmt.Sprint(w.store.verbs()); got != c.verbs {
				t.Errorf("%s: %s, want %s", c.email, got, c.verbs)
			}
			if sent := w.Mails(strings.ToLower(c.email))[before:]; len(sent) != 1 || sent[0].Kind != c.kind {
				t.Errorf("%s: %+v", c.email, sent)
			}
		}
		tried := w.Events(tollkeeper.EventSignUpTried)
		if len(tried) != 2 || tried[0].Account == uuid.Nil || tried[0].Network != "198.51.100.7/32" {
			t.Errorf("%+v", tried)
		}
	}, unlimited, verified, hashed.install)
}

// What a neutral sign-up makes is an account as any: its link verifies it, and its password signs in.
func TestNeutralSignUpMakesAnAccount(t *testing.T) {
	story(t, func(w *world) {
		w.ok(errOf(w.neutrally("new@example.com", "newcomer")))
		w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(w.LastToken("new@example.com", tollkeeper.MailVerify))})))
		in, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Username: "newcomer", Password: "one more horse 8", Neutral: true})
		if w.ok(err); in.Subject.Account.Name != "Stranger" {
			t.Errorf("%+v", in.Subject.Account)
		}
	}, unlimited, verified)
}

// With both taken the answer is that of a taken username, before anything is written or mailed.
func TestATakenUsernameTellsNoAddress(t *testing.T) {
	story(t, func(w *world) {
		w.called("Ann", "ann@example.com")
		before := len(w.Mails("ann@example.com"))
		for _, email := range []string{"ann@example.com", "new@example.com"} {
			w.store.watch()
			_, err := w.neutrally(email, "ANN")
			w.want(err, tollkeeper.ErrUsernameTaken)
			if got := fmt.Sprint(w.store.verbs()); got != "[Take FindAccount]" {
				t.Errorf("%s: %s", email, got)
			}
		}
		w.want(errOf(w.Auth.Host().FindByEmail(ctx, tollkeeper.Scope{}, "new@example.com")), tollkeeper.ErrNotFound)
		if n := len(w.Mails("ann@example.com")); n != before || len(w.Events(tollkeeper.EventSignUpTried)) != 0 {
			t.Errorf("%d mails", n-before)
		}
	}, unlimited, verified)
}

// Where nothing must be verified, Neutral changes nothing.
func TestNeutralNeedsVerification(t *testing.T) {
	story(t, func(w *world) {
		res, err := w.neutrally("new@example.com", "free")
		if w.ok(err); res.Token == "" || res.VerificationSent {
			t.Errorf("%+v", res)
		}
		w.want(errOf(w.neutrally("new@example.com", "other")), tollkeeper.ErrEmailTaken)
	}, unlimited)
}

// An organization that asks for a verified email is enough, and the parent pays for the account that was made.
func TestNeutralSignUpBelowAParent(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		yes := true
		w.ok(errOf(w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{VerificationRequired: &yes})))
		up := tollkeeper.SignUpRequest{Email: "c@example.com", Password: password, Scope: tollkeeper.UnderKey(p.PublicKey), Neutral: true}
		used := w.Balance(p).Used
		for range 2 {
			res, err := w.Auth.SignUp(ctx, up)
			if w.ok(err); !reflect.DeepEqual(res, tollkeeper.SignUpResult{VerificationSent: true}) {
				t.Errorf("%+v", res)
			}
		}
		if paid := w.Balance(p).Used - used; paid != 5 {
			t.Errorf("%d credits", paid)
		}
		w.drain(p)
		for _, email := range []string{"c@example.com", "d@example.com"} {
			up.Email = email
			w.want(errOf(w.Auth.SignUp(ctx, up)), tollkeeper.ErrInsufficientCredits)
		}
	}, unlimited)
}

// The mail to the owner holds nothing that the stranger chose: its links are the host's, and one sets a new password.
func TestTheOwnerIsToldThatSomebodyTried(t *testing.T) {
	story(t, func(w *world) {
		ann := w.called("Ann", "ann@example.com")
		w.ok(errOf(w.neutrally("ANN@example.com", "someone_else")))
		m := w.LastMail(ann.Email, tollkeeper.MailSignUpTried)
		for part, text := range map[string]string{"text": string(m.Text), "page": string(m.HTML)} {
			if contains(m.Subject+text, "Stranger", "someone_else", "/strange", "ANN@", "198.51") {
				t.Errorf("the %s says what the stranger chose: %s", part, text)
			}
			if !strings.Contains(text, "/enter") || !strings.Contains(text, "/reset-password?token=") {
				t.Errorf("the %s lacks a link: %s", part, text)
			}
		}
		w.ok(w.reset(w.LastToken(ann.Email, tollkeeper.MailSignUpTried), fresh))
		w.ok(w.guessAt(ann, fresh, "192.0.2.1"))
	}, unlimited, verified, func(c *tollkeeper.Config) { c.Mail.Links.SignIn = "/enter" })
}

// An address has few such mails, over all scopes; beyond, the answer stays and no mail goes. An account is made all the
// same, with its one mail.
func TestNeutralSignUpsMailAnAddressSeldom(t *testing.T) {
	story(t, func(w *world) {
		ann := w.called("Ann", "ann@example.com")
		for i := range 8 {
			up := tollkeeper.SignUpRequest{Email: ann.Email, Password: password, Client: from(farAway(i)), Neutral: true}
			w.ok(errOf(w.Auth.SignUp(ctx, up)))
			up.Scope = tollkeeper.Tenants
			w.ok(errOf(w.Auth.SignUp(ctx, up)))
		}
		if n := len(w.Mails(ann.Email, tollkeeper.MailSignUpTried)); n > 3 || n == 0 {
			t.Errorf("%d mails", n)
		}
		if n := len(w.Events(tollkeeper.EventSignUpTried)); n != 15 {
			t.Errorf("%d tries told", n)
		}
		w.ok(w.requestCodeOf(ann.Email)) // the budget of codes is another
		if len(w.Mails(ann.Email, tollkeeper.MailSignInCode)) != 1 {
			t.Error("no code")
		}
	}, unlimited, verified, func(c *tollkeeper.Config) { c.Limits.CodeAddress = nil })
}

func (w *world) requestCodeOf(email string) error {
	return w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: email, Client: home})
}

// Many at once make one account, and each is answered alike. What is lost to another's username says so.
func TestNeutralSignUpRaces(t *testing.T) {
	story(t, func(w *world) {
		w.called("", "first@example.com") // the house stands
		w.store.faults(together("CreateAccount", 8), nil)
		for _, err := range atOnce(8, func(int) error { return errOf(w.neutrally("new@example.com", "")) }) {
			w.ok(err)
		}
		if n := len(w.Events(tollkeeper.EventSignUpTried)); n != 7 {
			t.Errorf("%d lost", n)
		}
		w.store.faults(together("CreateAccount", 8), nil)
		errs := atOnce(8, func(i int) error { return errOf(w.neutrally(fmt.Sprintf("n%d@example.com", i), "same")) })
		if n := tally(errs); n["ok"] != 1 || n["username_taken"] != 7 {
			t.Errorf("%v", n)
		}
		// An address that turns out to be taken by the store, with a username that is taken meanwhile, is as a new one.
		w.store.faults(together("CreateAccount", 2), nil)
		errs = atOnce(2, func(int) error { return errOf(w.neutrally("both@example.com", "both")) })
		if n := tally(errs); n["ok"] != 1 || n["username_taken"] != 1 {
			t.Errorf("%v", n)
		}
	}, unlimited, verified)
}

// Whoever chose the password of a neutral sign-up learns nothing from signing in with it, not even from a lock.
func TestSigningInTellsNothingOfANeutralSignUp(t *testing.T) {
	story(t, func(w *world) {
		w.called("", "taken@example.com")
		for _, email := range []string{"taken@example.com", "new@example.com"} {
			w.ok(errOf(w.neutrally(email, "")))
			try := func(neutral bool) error {
				r := tollkeeper.SignInRequest{Email: email, Password: "one more horse 8", Client: home, Neutral: neutral}
				return errOf(w.Auth.SignIn(ctx, r))
			}
			for range 5 {
				w.want(try(true), tollkeeper.ErrInvalidCredentials)
			}
			w.want(try(true), tollkeeper.ErrLocked)
			w.Advance(time.Hour)
			want := tollkeeper.ErrInvalidCredentials
			if email == "new@example.com" {
				want = tollkeeper.ErrUnverified
			}
			if err := try(false); !errors.Is(err, want) {
				t.Errorf("%s, not neutral: %v", email, err)
			}
		}
	}, unlimited, verified)
}
