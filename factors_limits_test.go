package tollkeeper_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// Recovery codes stand in for the factors: they stay while there is one, and go with the last.
func TestRecoveryCodesGoWithTheLastFactor(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := w.EnrolFactor(p)
		w.Advance(time.Minute)
		res, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: w.signIn(p).Challenge, Code: tollkeeper.SecretText(w.FactorCode(f))})
		w.ok(err)
		list, err := w.Auth.Factors(ctx, w.Identity(string(res.Token)))
		w.ok(err)
		other := store.Factor{ID: uuid.New(), Kind: store.FactorPasskey, Credential: []byte{1}, CreatedAt: w.Now()}
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
		w.ok(err)
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account, PutFactors: []store.Factor{other}}, w.Now())
		w.ok(err)
		for _, tt := range []struct {
			factor uuid.UUID
			void   bool
		}{{other.ID, false}, {list[0].ID, true}} {
			w.Advance(time.Minute)
			w.store.watch()
			w.ok(w.Auth.RemoveFactor(ctx, w.Identity(string(res.Token)), tollkeeper.FactorRemoval{
				Factor: tt.factor, Password: password, Code: tollkeeper.SecretText(w.FactorCode(f)),
			}))
			if void := slices.Contains(w.store.change().Void, store.PurposeRecovery); void != tt.void {
				t.Errorf("the recovery codes are void: %t, want %t", void, tt.void)
			}
		}
	}, unlimited)
}

// Apps are counted apart from passkeys: a code is compared with each app.
func TestAnAccountHasTenAppsAndFiftyPasskeys(t *testing.T) {
	enrol := func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{}))
	}
	passkey := func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{}))
	}
	for _, tt := range []struct {
		has  int
		kind store.FactorKind
		do   func(*world, *tollkeeper.Identity) error
		want error
	}{
		{9, store.FactorTOTP, enrol, nil}, {10, store.FactorTOTP, enrol, tollkeeper.ErrFactorState}, {12, store.FactorPasskey, enrol, nil},
		{50, store.FactorPasskey, passkey, nil}, {51, store.FactorPasskey, passkey, tollkeeper.ErrFactorState}, {10, store.FactorTOTP, passkey, nil},
	} {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			f := w.EnrolFactor(p)
			w.Advance(time.Minute)
			res, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: w.signIn(p).Challenge, Code: tollkeeper.SecretText(w.FactorCode(f))})
			w.ok(err)
			s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
			w.ok(err)
			c := store.Change{Account: s.Account}
			for n := 1; n < tt.has; n++ {
				c.PutFactors = append(c.PutFactors, store.Factor{ID: uuid.New(), Kind: tt.kind, Credential: []byte{byte(n)}, CreatedAt: w.Now()})
			}
			_, _, err = w.store.Store.UpdateAccount(ctx, c, w.Now())
			w.ok(err)
			w.want(tt.do(w, w.Identity(string(res.Token))), tt.want)
		}, unlimited)
	}
}

// Nobody shows a password by not showing it: what was proved four minutes ago is not proved anew by an enrolment.
func TestAnEnrolmentWithoutAPasswordProvesNothing(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		token := string(w.signIn(p).Token)
		for _, step := range []struct {
			after    time.Duration
			password tollkeeper.Password
			want     error
		}{
			{4 * time.Minute, "", nil}, {2 * time.Minute, "", tollkeeper.ErrNotRecent}, {0, password, nil}, {4 * time.Minute, "", nil},
		} {
			w.Advance(step.after)
			_, err := w.Auth.EnrolFactor(ctx, w.Identity(token), tollkeeper.FactorEnrolment{Password: step.password})
			w.want(err, step.want)
		}
	}, unlimited)
}

// A right code whose change the store does not take is no failure, however often.
func TestAStoreThatFailsCostsNoTries(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := w.EnrolFactor(p)
		w.Advance(time.Minute)
		res, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: w.signIn(p).Challenge, Code: tollkeeper.SecretText(w.FactorCode(f))})
		w.ok(err)
		remove := func() error {
			w.Advance(time.Minute)
			return w.Auth.RemoveFactor(ctx, w.Identity(string(res.Token)), tollkeeper.FactorRemoval{Password: password, Code: tollkeeper.SecretText(w.FactorCode(f))})
		}
		w.store.faults(failing("UpdateAccount"), nil)
		for range 6 {
			w.want(remove(), tollkeeper.ErrUnavailable)
		}
		w.store.faults(nil, nil)
		w.ok(remove())
	}, unlimited)
}

// Nor does a challenge whose account could not be looked up.
func TestAChallengeThatIsNotLookedUpCostsNoTries(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := w.EnrolFactor(p)
		w.Advance(time.Minute)
		challenge := w.signIn(p).Challenge
		end := func() error {
			return errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: challenge, Code: tollkeeper.SecretText(w.FactorCode(f))}))
		}
		w.store.faults(failing("FindAccount"), nil)
		for range 6 {
			w.want(end(), tollkeeper.ErrUnavailable)
		}
		w.store.faults(nil, nil)
		w.ok(end())
	}, unlimited)
}

// Where the second step ended is the session's network, and known from now on.
func TestTheSecondStepMakesItsNetworkKnown(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := w.EnrolFactor(p)
		for client, marked := range map[tollkeeper.Client]bool{{}: false, from("192.0.2.1"): true} {
			w.Advance(time.Minute)
			challenge := w.signIn(p).Challenge
			w.store.watch()
			res, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: challenge, Code: tollkeeper.SecretText(w.FactorCode(f)), Client: client})
			w.ok(err)
			made := w.store.session()
			if (len(made.Release.Marks) > 0) != marked || (made.Session.Network != "") != marked || res.Session != made.Session.ID {
				t.Errorf("from %q: %d marks, network %q", client.Addr, len(made.Release.Marks), made.Session.Network)
			}
		}
	}, unlimited)
}

func TestAChallengeIsGoodForFiveMinutes(t *testing.T) {
	k := authtest.New(t)
	x := enrol(k, k.Parent())
	k.Advance(time.Minute)
	c := x.challenge(k)
	k.Advance(5*time.Minute - time.Second)
	if _, err := verify(k, c, k.FactorCode(x.Factor)); err != nil {
		t.Error("a second before its end:", err)
	}
}

// What the first step showed counts once the second has ended it: how somebody came, and by which of their sign-ins.
func TestTheFirstStepIsRememberedByTheSecond(t *testing.T) {
	k, parent, i := googleKit(t)
	x := enrol(k, k.Child(parent))
	i["x"] = tollkeeper.IDToken{Subject: "g-9", Email: x.Email, EmailVerified: true}
	ways := map[string]func() (tollkeeper.SignInResult, error){
		"identity": func() (tollkeeper.SignInResult, error) { return google(k, parent, "x") },
		"code": func() (tollkeeper.SignInResult, error) {
			if err := k.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: x.Email, Scope: tollkeeper.Under(parent.ID), Client: home}); err != nil {
				return tollkeeper.SignInResult{}, err
			}
			code := k.LastCode(x.Email, tollkeeper.MailSignInCode)
			return k.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: x.Email, Code: tollkeeper.SecretText(code), Scope: tollkeeper.Under(parent.ID), Client: home})
		},
		"password": func() (tollkeeper.SignInResult, error) { return k.SignIn(x.Account), nil },
	}
	for method, way := range ways {
		k.Advance(time.Hour)
		first, err := way()
		if err != nil || first.Challenge == "" {
			t.Fatal(method, err)
		}
		k.Advance(time.Minute)
		res, err := verify(k, string(first.Challenge), k.FactorCode(x.Factor))
		if err != nil {
			t.Fatal(method, err)
		}
		if signed := k.Events(tollkeeper.EventSignIn); signed[len(signed)-1].Method != method {
			t.Errorf("by %s: %+v", method, signed[len(signed)-1])
		}
		if method != "identity" {
			continue
		}
		if list, err := k.Auth.Identities(ctx, k.Identity(string(res.Token))); err != nil || len(list) != 1 || !list[0].UsedAt.Equal(k.Now()) {
			t.Errorf("linked: %+v, %v", list, err)
		}
	}
}
