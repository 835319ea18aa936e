package tollkeeper_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// holder is an account with a passkey and the authenticator that has it.
type holder struct {
	authtest.Account
	phone *authtest.Passkey
	added tollkeeper.AddedPasskey
}

func (w *world) holder(a authtest.Account) *holder {
	w.Helper()
	phone := w.Passkey()
	return &holder{a, phone, w.AddPasskey(a, phone)}
}

// asked is a question for a sign-in in the scope.
func (w *world) askedPasskey(in tollkeeper.Scope) tollkeeper.PasskeyChallenge {
	w.Helper()
	c, err := w.Auth.BeginPasskeySignIn(ctx, tollkeeper.PasskeySignIn{Scope: in, Client: home})
	w.ok(err)
	return c
}

func (w *world) byPasskey(p tollkeeper.PasskeyAnswer, in tollkeeper.Scope) (tollkeeper.SignInResult, error) {
	return w.Auth.SignInWithPasskey(ctx, tollkeeper.PasskeyRequest{Answer: p, Scope: in, Client: home})
}

func (w *world) byPhone(x *holder) (tollkeeper.SignInResult, error) {
	w.Helper()
	return w.byPasskey(x.phone.Answer(w.askedPasskey(x.Scope())), x.Scope())
}

func TestAPasskeySignsInAlone(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		if len(x.added.Recovery) != 10 {
			t.Errorf("%d recovery codes came with the first factor, want 10", len(x.added.Recovery))
		}
		if w.LastMail(x.Email, tollkeeper.MailNotice).Subject != "Your second factor was changed" {
			t.Error("the owner is not told")
		}
		res, err := w.byPhone(x)
		w.ok(err)
		if res.Token == "" || res.Challenge != "" || res.Subject.Account.ID != x.ID {
			t.Fatalf("not a whole session of the account: %+v", res)
		}
		id := w.Identity(string(res.Token))
		w.ok(w.Auth.RequireRecent(id, time.Minute))
		events := w.Events(tollkeeper.EventSignIn)
		if last := events[len(events)-1]; last.Method != "passkey" {
			t.Errorf("the sign-in is told as by %q", last.Method)
		}
		list, err := w.Auth.Factors(ctx, id)
		w.ok(err)
		if len(list) != 1 || list[0].Kind != "passkey" || list[0].Label != "authtest" || list[0].Device != "authtest" || list[0].Domain != "app.example" || list[0].UsedAt.IsZero() {
			t.Errorf("listed as %+v", list)
		}
		w.ok(w.Auth.RenameFactor(ctx, id, list[0].ID, "My phone"))
		w.want(w.Auth.RenameFactor(ctx, id, uuid.New(), "My phone"), tollkeeper.ErrNotFound)
		w.want(w.Auth.RenameFactor(ctx, id, list[0].ID, ""), tollkeeper.ErrInvalidInput)
		list, err = w.Auth.Factors(ctx, id)
		w.ok(err)
		if list[0].Label != "My phone" {
			t.Errorf("renamed to %q", list[0].Label)
		}
		if _, err := w.byPhone(x); err != nil {
			t.Error("after it was renamed it signs in no more:", err)
		}
	})
}

func TestAPasskeyIsASecondFactor(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		x.phone.Unverified = true // enough after a password
		first := w.SignIn(x.Account)
		if !slices.Equal(first.Methods, []string{"passkey", "recovery"}) {
			t.Fatalf("the challenge ends by %v", first.Methods)
		}
		c, err := w.Auth.BeginPasskeyFactor(ctx, first.Challenge, home)
		w.ok(err)
		answer := x.phone.Answer(c)
		other := w.SignIn(x.Account)
		_, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: other.Challenge, Passkey: answer})
		w.want(err, tollkeeper.ErrInvalidChallenge)
		res, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Passkey: answer})
		w.ok(err)
		if !w.Identity(string(res.Token)).HasFactor {
			t.Error("the session does not know its factor")
		}
		_, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Passkey: answer})
		w.want(err, tollkeeper.ErrInvalidChallenge)
		_, err = w.Auth.BeginPasskeyFactor(ctx, "forged", home)
		w.want(err, tollkeeper.ErrInvalidChallenge)

		// A recovery code opens, too, and an answer that is none of this question does not.
		third := w.SignIn(x.Account)
		stranger := w.askedPasskey(x.Scope())
		x.phone.Unverified = false
		_, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: third.Challenge, Passkey: x.phone.Answer(stranger)})
		w.want(err, tollkeeper.ErrInvalidChallenge)
		_, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: third.Challenge, Code: x.added.Recovery[0]})
		w.ok(err)
	})
}

// Wrong passwords have locked the owner out; their passkey opens the lock, as a code of an app does.
func TestAPasskeyOpensTheLockOfThePassword(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		for range 5 {
			_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: x.Email, Password: "Wrong1Wrong!", Client: home})
			w.want(err, tollkeeper.ErrInvalidCredentials)
		}
		right := func() error {
			return errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: x.Email, Password: authtest.Password, Client: home}))
		}
		w.want(right(), tollkeeper.ErrLocked)
		w.ok(errOf(w.byPhone(x)))
		w.ok(right())
	})
}

func TestAPasskeyIsAStepUp(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		res, err := w.byPhone(x)
		w.ok(err)
		by := w.Identity(string(res.Token))
		prove := func(by *tollkeeper.Identity) tollkeeper.PasskeyAnswer {
			c, err := w.Auth.BeginPasskeyProof(ctx, by)
			w.ok(err)
			return x.phone.Answer(c)
		}
		w.Advance(10 * time.Minute)
		w.want(w.Auth.RequireRecent(by, 5*time.Minute), tollkeeper.ErrNotRecent)
		answer := prove(by)
		w.ok(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: answer}))
		w.want(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: answer}), tollkeeper.ErrInvalidChallenge)
		by = w.Identity(string(res.Token))
		w.ok(w.Auth.RequireRecent(by, time.Minute))

		// Another session of the same person has not asked for that.
		second, err := w.byPhone(x)
		w.ok(err)
		w.want(w.Auth.Reauthenticate(ctx, w.Identity(string(second.Token)), tollkeeper.Confirmation{Passkey: prove(by)}), tollkeeper.ErrInvalidChallenge)
		x.phone.Unverified = true
		w.want(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: prove(by)}), tollkeeper.ErrInvalidCode)
		x.phone.Unverified = false

		codes, err := w.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Passkey: prove(by)})
		w.ok(err)
		if len(codes) != 10 {
			t.Errorf("%d new recovery codes", len(codes))
		}
		w.ok(w.Auth.RemoveFactor(ctx, by, tollkeeper.FactorRemoval{Factor: x.added.Passkey.ID, Passkey: prove(by)}))
		if w.SignIn(x.Account).Token == "" {
			t.Error("without the passkey the password does not sign in alone")
		}
		_, err = w.byPhone(x)
		w.want(err, tollkeeper.ErrInvalidCredentials)
		_, err = w.Auth.BeginPasskeyProof(ctx, by)
		w.want(err, tollkeeper.ErrFactorState)
	})
}

func TestACopyOfAPasskeyIsToldOf(t *testing.T) {
	story(t, func(w *world) {
		x := w.User()
		phone := w.Passkey()
		phone.Counter = 7
		h := &holder{x, phone, w.AddPasskey(x, phone)}
		copied := phone.Clone()
		for range 3 {
			w.ok(errOf(w.byPhone(h)))
		}
		for range 2 {
			_, err := w.byPhone(&holder{x, copied, h.added})
			w.want(err, tollkeeper.ErrInvalidCredentials)
		}
		if n := len(w.Events(tollkeeper.EventPasskeyCopied)); n != 2 {
			t.Errorf("%d events tell of it, want 2", n)
		}
		mails := 0
		w.Advance(time.Second)
		for _, m := range w.Mails(x.Email, tollkeeper.MailNotice) {
			if m.Subject == "A copy of your passkey was refused" {
				mails++
			}
		}
		if mails != 2 {
			t.Errorf("%d mails tell the owner, want 2", mails)
		}
		w.ok(errOf(w.byPhone(h))) // the first one goes on

		// What only comes twice, as from a double click, is no copy.
		answer := h.phone.Answer(w.askedPasskey(h.Scope()))
		w.ok(errOf(w.byPasskey(answer, h.Scope())))
		w.want(errOf(w.byPasskey(answer, h.Scope())), tollkeeper.ErrInvalidChallenge)
		if n := len(w.Events(tollkeeper.EventPasskeyCopied)); n != 2 {
			t.Errorf("%d events tell of copies, want 2", n)
		}
	})
}

// Those that are synced between devices never count.
func TestACounterThatStaysAtZeroIsNoCopy(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		for range 3 {
			w.ok(errOf(w.byPhone(x)))
		}
		if n := len(w.Events(tollkeeper.EventPasskeyCopied)); n != 0 {
			t.Errorf("%d events tell of a copy", n)
		}
	})
}

func TestAPasskeyNeedsAProvenMailbox(t *testing.T) {
	story(t, func(w *world) {
		x := w.user("ada@home.example")
		_, err := w.Auth.BeginPasskey(ctx, x.Identity, tollkeeper.PasskeyEnrolment{Password: password})
		w.want(err, tollkeeper.ErrUnverified)
		w.LastLink(x.Email, tollkeeper.MailVerify) // a link for that is on its way
	})
}

func TestWhoMayAddAPasskey(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		res, err := w.byPhone(x)
		w.ok(err)
		by := w.Identity(string(res.Token))
		key := w.Passkey() // a second authenticator
		begin := func() tollkeeper.PasskeyChallenge {
			c, err := w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{})
			w.ok(err)
			return c
		}
		c := begin()
		if !strings.Contains(string(c.Options), "excludeCredentials") || len(x.phone.Respond(w.askedPasskey(x.Scope()).Options)) == 0 {
			t.Error("the options do not name the passkeys that there are")
		}
		answer := key.Answer(c)
		other := w.SignIn(w.User())
		_, err = w.Auth.AddPasskey(ctx, w.Identity(string(other.Token)), tollkeeper.NewPasskey{Answer: answer})
		w.want(err, tollkeeper.ErrInvalidChallenge)
		_, err = w.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: answer, Label: strings.Repeat("x", 65)})
		w.want(err, tollkeeper.ErrInvalidInput)
		added, err := w.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: answer, Label: "On my key ring"})
		w.ok(err)
		if added.Recovery != nil || added.Passkey.Label != "On my key ring" {
			t.Errorf("added %+v", added)
		}
		_, err = w.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: answer})
		w.want(err, tollkeeper.ErrInvalidChallenge)
		answer = w.Passkey().Answer(tollkeeper.PasskeyChallenge{Options: begin().Options}) // the ticket is missing
		_, err = w.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: answer})
		w.want(err, tollkeeper.ErrInvalidChallenge)
		key = w.Passkey()
		key.Origin = "https://evil.example"
		_, err = w.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: key.Answer(begin())})
		w.want(err, tollkeeper.ErrInvalidCode)
		w.Advance(6 * time.Minute)
		_, err = w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{Password: password}) // one factor alone does not add another
		w.want(err, tollkeeper.ErrNotRecent)
		w.ok(errOf(w.byPhone(x)))
	})
}

func TestAPasskeyIsOfOneAccountOfTheScope(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: x.ID, Credentials: true})
		w.ok(err)
		y := w.User()
		by := w.SignedIn(y)
		c, err := w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{})
		w.ok(err)
		k := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Passkeys.Verifier = fixed{c.Passkeys.Verifier, s.Factors[0].Credential}
		}))
		_, err = k.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: w.Passkey().Answer(c)})
		if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || e.Code != tollkeeper.ErrConflict.Code || e.Field != "credential" {
			t.Fatalf("somebody else's passkey is added: %v", err)
		}
	})
}

// fixed is a verifier to which every new passkey has the same id.
type fixed struct {
	tollkeeper.PasskeyVerifier
	credential []byte
}

func (f fixed) VerifyCreation(c tollkeeper.PasskeyCeremony, answer []byte) (tollkeeper.PasskeyRecord, error) {
	r, err := f.PasskeyVerifier.VerifyCreation(c, answer)
	r.Credential = f.credential
	return r, err
}

func TestAnOrganizationHasPasskeysOfItsOwn(t *testing.T) {
	story(t, func(w *world) {
		p := w.Parent()
		x := w.holder(w.Child(p)) // while it has no URL, as the app's own
		by := w.SignedIn(p)
		site := "https://login.acme.example:8443"
		_, err := w.Auth.UpdateOrganization(ctx, by, tollkeeper.OrganizationPatch{URL: &site})
		w.ok(err)
		c := w.askedPasskey(x.Scope())
		if !strings.Contains(string(c.Options), `"rpId":"login.acme.example"`) {
			t.Fatalf("its people are asked for %s", c.Options)
		}
		y := w.Child(p)
		phone := w.Passkey()
		phone.Origin = site
		added := w.AddPasskey(y, phone)
		if added.Passkey.Domain != "login.acme.example" {
			t.Errorf("it is of %s", added.Passkey.Domain)
		}
		w.ok(errOf(w.byPhone(&holder{y, phone, added})))
		phone.Origin = "https://app.example"
		_, err = w.byPhone(&holder{y, phone, added})
		w.want(err, tollkeeper.ErrInvalidCredentials)
		first := w.SignIn(x.Account) // whose passkey is of another domain
		_, err = w.Auth.BeginPasskeyFactor(ctx, first.Challenge, home)
		w.want(err, tollkeeper.ErrFactorState)
		if _, err := w.Auth.BeginPasskeySignIn(ctx, tollkeeper.PasskeySignIn{Scope: tollkeeper.UnderKey("APK_" + strings.Repeat("a", 32))}); !errors.Is(err, tollkeeper.ErrUnknownParent) {
			t.Errorf("a key that nobody has: %v", err)
		}
	})
}

func TestAParentPaysForItsChildsPasskey(t *testing.T) {
	story(t, func(w *world) {
		p := w.Parent()
		x := w.holder(w.Child(p))
		before := w.Balance(p).Used
		w.ok(errOf(w.byPhone(x)))
		if cost := w.Balance(p).Used - before; cost != 1 {
			t.Errorf("it cost %d, want the price of a sign-in", cost)
		}
		w.drain(p)
		_, err := w.byPhone(x)
		w.want(err, tollkeeper.ErrInsufficientCredits)
	})
}

func TestWhetherAPasskeyIsBackedUpIsKept(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		if x.added.Passkey.Synced || x.added.Passkey.BackedUp {
			t.Fatalf("added as %+v", x.added.Passkey)
		}
		x.phone.Synced = true
		res, err := w.byPhone(x)
		w.ok(err)
		list, err := w.Auth.Factors(ctx, w.Identity(string(res.Token)))
		w.ok(err)
		if !list[0].BackedUp {
			t.Error("it is backed up now, and not shown so")
		}
	})
}
