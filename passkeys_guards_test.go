package tollkeeper_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// verifying is a process beside w whose verifier is another one around the usual.
func (w *world) verifying(wrap func(tollkeeper.PasskeyVerifier) tollkeeper.PasskeyVerifier) *authtest.Kit {
	w.Helper()
	return w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Passkeys.Verifier = wrap(c.Passkeys.Verifier) }))
}

// ends shows an answer to the challenge of a sign-in with the password.
func ends(w *world, k *authtest.Kit, x *holder) error {
	first := w.SignIn(x.Account)
	c, err := w.Auth.BeginPasskeyFactor(ctx, first.Challenge, home)
	w.ok(err)
	return errOf(k.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Passkey: x.phone.Answer(c), Client: home}))
}

// A verifier that panics has checked nothing, also where nobody asks whether the owner was verified.
func TestAVerifierThatPanicsLetsNobodyIn(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		k := w.verifying(func(v tollkeeper.PasskeyVerifier) tollkeeper.PasskeyVerifier { return badVerifier{v} })
		w.want(ends(w, k, x), tollkeeper.ErrInvalidCode)
		if n := len(k.Events(tollkeeper.EventFactorFailed)); n != 1 {
			t.Errorf("told %d times", n)
		}
		w.ok(ends(w, w.Kit, x))
	})
}

// lenient is a verifier that does not look whether the owner was verified.
type lenient struct {
	tollkeeper.PasskeyVerifier
	calls *int
}

func (l lenient) VerifyAssertion(c tollkeeper.PasskeyCeremony, r tollkeeper.PasskeyRecord, answer []byte) (tollkeeper.PasskeyAssertion, error) {
	c.VerifyUser = false
	return l.PasskeyVerifier.VerifyAssertion(c, r, answer)
}

func (l lenient) Presented(answer []byte) (tollkeeper.PresentedPasskey, error) {
	*l.calls++
	return l.PasskeyVerifier.Presented(answer)
}

func TestTheLibraryItselfAsksWhetherTheOwnerWasVerified(t *testing.T) {
	story(t, func(w *world) {
		x, calls := w.holder(w.User()), 0
		k := w.verifying(func(v tollkeeper.PasskeyVerifier) tollkeeper.PasskeyVerifier { return lenient{v, &calls} })
		x.phone.Unverified = true
		in := func(answer tollkeeper.PasskeyAnswer) error {
			return errOf(k.Auth.SignInWithPasskey(ctx, tollkeeper.PasskeyRequest{Answer: answer, Client: home}))
		}
		w.want(in(x.phone.Answer(w.askedPasskey(x.Scope()))), tollkeeper.ErrInvalidCredentials)
		x.phone.Unverified = false
		w.ok(in(x.phone.Answer(w.askedPasskey(x.Scope()))))

		// More than 32 KiB is not looked at.
		calls = 0
		answer := tollkeeper.PasskeyAnswer{Ticket: w.askedPasskey(x.Scope()).Ticket, Response: bytes.Repeat([]byte(" "), 32<<10+1)}
		w.want(in(answer), tollkeeper.ErrInvalidCredentials)
		if calls != 0 {
			t.Error("it was read")
		}
	})
}

// What was asked for one thing is no answer to another, of the same session: a new passkey asks for no PIN.
func TestAQuestionForANewPasskeyProvesNothing(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		res, err := w.byPhone(x)
		w.ok(err)
		by := w.Identity(string(res.Token))
		begun, err := w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{})
		w.ok(err)
		proof, err := w.Auth.BeginPasskeyProof(ctx, by)
		w.ok(err)
		options := strings.Replace(string(proof.Options), challengeIn(w, proof.Options), challengeIn(w, begun.Options), 1)
		answer := tollkeeper.PasskeyAnswer{Ticket: begun.Ticket, Response: x.phone.Respond([]byte(options))}
		w.want(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: answer}), tollkeeper.ErrInvalidChallenge)
		w.ok(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: x.phone.Answer(proof)}))
		half := tollkeeper.PasskeyAnswer{Ticket: proof.Ticket} // which the password beside it does not make up for
		w.want(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Password: password, Passkey: half}), tollkeeper.ErrInvalidCode)
		half = tollkeeper.PasskeyAnswer{Response: answer.Response}
		w.want(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Password: password, Passkey: half}), tollkeeper.ErrInvalidChallenge)
	})
}

func TestACopyIsToldOfWhereverItIsShown(t *testing.T) {
	story(t, func(w *world) {
		a, phone := w.User(), w.Passkey()
		phone.Counter = 3
		x := &holder{a, phone, w.AddPasskey(a, phone)}
		copied := &holder{a, phone.Clone(), x.added}
		w.ok(ends(w, w.Kit, x))
		w.want(ends(w, w.Kit, copied), tollkeeper.ErrInvalidCode)
		events := w.Events(tollkeeper.EventPasskeyCopied)
		if len(events) != 1 || events[0].Network == "" {
			t.Fatalf("told %+v", events)
		}
		res, err := w.byPhone(x)
		w.ok(err)
		by := w.Identity(string(res.Token))
		c, err := w.Auth.BeginPasskeyProof(ctx, by)
		w.ok(err)
		answer := x.phone.Answer(c)
		w.ok(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: answer}))
		w.want(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: answer}), tollkeeper.ErrInvalidChallenge) // twice is no copy
		if n := len(w.Events(tollkeeper.EventPasskeyCopied)); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

// A page is handed no passkey of another domain, and the ways to reach each that it is handed.
func TestOptionsNameThePasskeysOfThisDomain(t *testing.T) {
	story(t, func(w *world) {
		p := w.Parent()
		x := w.holder(w.Child(p))
		named := func(options []byte) (ids []string, party string) {
			var o struct {
				Party   struct{ Name string } `json:"rp"`
				Exclude []struct{ ID string } `json:"excludeCredentials"`
			}
			w.ok(json.Unmarshal(options, &o))
			for _, e := range o.Exclude {
				ids = append(ids, e.ID)
			}
			return ids, o.Party.Name
		}
		by := w.SignedInWithPasskey(x)
		begin := func() ([]string, string) {
			c, err := w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{})
			w.ok(err)
			return named(c.Options)
		}
		if ids, party := begin(); len(ids) != 1 || party != "Acme" {
			t.Errorf("%v of %q", ids, party)
		}
		site, name := "https://login.other.example", "Other"
		_, err := w.Auth.UpdateOrganization(ctx, w.SignedIn(p), tollkeeper.OrganizationPatch{URL: &site, Name: &name})
		w.ok(err)
		if ids, party := begin(); len(ids) != 0 || party != "Other" {
			t.Errorf("at another domain %v of %q", ids, party)
		}
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
		w.ok(err)
		s.Account.EmailProvenAt = time.Time{}
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account}, w.Now())
		w.ok(err)
		if _, party := begin(); party != "Acme" {
			t.Errorf("what an unproven owner chose is shown: %q", party)
		}
	})
}

// SignedInWithPasskey is whom a sign-in with the phone speaks for.
func (w *world) SignedInWithPasskey(x *holder) *tollkeeper.Identity {
	w.Helper()
	res, err := w.byPhone(x)
	w.ok(err)
	return w.Identity(string(res.Token))
}

func TestFiftyPasskeysAreTheMostAlsoWhereManyAreBegun(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		by := w.SignedInWithPasskey(x)
		c, err := w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{})
		w.ok(err)
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: x.ID})
		w.ok(err)
		change := store.Change{Account: s.Account}
		for n := range 49 {
			f := store.Factor{ID: [16]byte{byte(n + 1)}, Kind: store.FactorPasskey, Credential: []byte{byte(n)}, CreatedAt: w.Now()}
			change.PutFactors = append(change.PutFactors, f)
		}
		_, _, err = w.store.Store.UpdateAccount(ctx, change, w.Now())
		w.ok(err)
		_, err = w.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: w.Passkey().Answer(c)})
		w.want(err, tollkeeper.ErrFactorState)
	})
}

func TestPasskeysThatAreOffAreNotAskedFor(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		by := w.SignedInWithPasskey(x)
		challenge := w.SignIn(x.Account).Challenge
		off := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Passkeys = tollkeeper.Passkeys{} }))
		for what, err := range map[string]error{
			"sign-in":   errOf(off.Auth.BeginPasskeySignIn(ctx, tollkeeper.PasskeySignIn{})),
			"a new one": errOf(off.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{})),
			"a factor":  errOf(off.Auth.BeginPasskeyFactor(ctx, challenge, home)),
			"a proof":   errOf(off.Auth.BeginPasskeyProof(ctx, by)),
		} {
			if codeOf(err) != "disabled" {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestPasskeysAreAskedForAtTheRateOfANetwork(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		challenge := w.SignIn(x.Account).Challenge
		p := w.Parent()
		limited := func(f func() error) bool {
			for range 40 {
				if codeOf(f()) == "rate_limited" {
					return true
				}
			}
			return false
		}
		answer := tollkeeper.PasskeyAnswer{Ticket: "x", Response: []byte("{}")}
		for what, f := range map[string]func() error{
			"begin": func() error {
				return errOf(w.Auth.BeginPasskeySignIn(ctx, tollkeeper.PasskeySignIn{Scope: tollkeeper.UnderKey(p.PublicKey), Client: from("192.0.2.1")}))
			},
			"answer": func() error {
				return errOf(w.Auth.SignInWithPasskey(ctx, tollkeeper.PasskeyRequest{Answer: answer, Client: from("192.0.2.2")}))
			},
			"factor": func() error { return errOf(w.Auth.BeginPasskeyFactor(ctx, challenge, from("192.0.2.3"))) },
			"end": func() error {
				return errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: challenge, Passkey: answer, Client: from("192.0.2.4")}))
			},
		} {
			if !limited(f) {
				t.Errorf("%s goes on for ever", what)
			}
		}
		show := func() error {
			return errOf(w.Auth.BeginPasskeySignIn(ctx, tollkeeper.PasskeySignIn{Client: from("192.0.2.1")}))
		}
		if limited(show) {
			t.Error("looking at a page is counted")
		}
		last := w.Events(tollkeeper.EventSignInRefused)
		if len(last) == 0 || last[0].Network == "" {
			t.Errorf("refusals are told as %+v", last)
		}
	})
}

// The last way in stays, should there ever be no other: a passkey on a mailbox that is not proven.
func TestTheLastPasskeyStaysWhereNothingElseLeadsIn(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		by := w.SignedInWithPasskey(x)
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: x.ID})
		w.ok(err)
		s.Account.EmailProvenAt, s.Account.Password = time.Time{}, ""
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account}, w.Now())
		w.ok(err)
		remove := func() error {
			c, err := w.Auth.BeginPasskeyProof(ctx, by)
			w.ok(err)
			return w.Auth.RemoveFactor(ctx, by, tollkeeper.FactorRemoval{Factor: x.added.Passkey.ID, Passkey: x.phone.Answer(c)})
		}
		w.want(remove(), tollkeeper.ErrLastWayIn)
		w.ok(errOf(w.byPhone(x)))

		// Beside it a linked sign-in is not the last one, while passkeys are on.
		key := tollkeeper.IssuedKey{Issuer: authtest.IssuerURL, Subject: "i-1"}
		link := func() {
			s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: x.ID})
			w.ok(err)
			_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account, Link: []store.Linked{{Issuer: key.Issuer, Subject: key.Subject, LinkedAt: w.Now()}}}, w.Now())
			w.ok(err)
		}
		link()
		off := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Passkeys = tollkeeper.Passkeys{} }))
		w.want(off.Auth.RemoveIdentity(ctx, by, tollkeeper.IdentityRemoval{Identity: key}), tollkeeper.ErrLastWayIn)
		w.ok(w.Auth.RemoveIdentity(ctx, by, tollkeeper.IdentityRemoval{Identity: key}))
		s, err = w.store.Store.FindAccount(ctx, store.Lookup{ID: x.ID})
		w.ok(err)
		s.Account.EmailProvenAt = w.Now()
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account}, w.Now())
		w.ok(err)
		w.ok(remove())
	})
}
