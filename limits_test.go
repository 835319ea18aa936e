package tollkeeper_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// R24: callers without an address do not starve each other as one network would.
func TestCallersWithoutAddressShareALargeBucket(t *testing.T) {
	story(t, func(w *world) {
		for i := range 400 {
			_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: fmt.Sprintf("n%d@example.com", i), Password: "wrong"})
			w.want(err, tollkeeper.ErrInvalidCredentials)
		}
	})
}

// The platform family's ways in share one rate of five a minute; the other families have 30.
func TestRatesOfFamilies(t *testing.T) {
	story(t, func(w *world) {
		at := from("192.0.2.1")
		_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: "a@example.com", Password: "x", Audience: tollkeeper.AudiencePlatform, Client: at})
		w.want(err, tollkeeper.ErrInvalidCredentials)
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: "a@example.com", Audience: tollkeeper.AudiencePlatform, Client: at}))
		_, err = w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Scope: tollkeeper.Tenants, Email: "a@example.com", Code: "000000", Audience: tollkeeper.AudiencePlatform, Client: at})
		w.want(err, tollkeeper.ErrInvalidCredentials)
		w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: "a@example.com", Audience: tollkeeper.AudiencePlatform, Client: at}))
		reset := tollkeeper.ResetRequest{Token: tollkeeper.SecretText(strings.Repeat("A", 43)), Password: password, Audience: tollkeeper.AudiencePlatform, Client: at}
		w.want(errOf(w.Auth.ResetPassword(ctx, reset)), tollkeeper.ErrInvalidLink)
		w.want(errOf(w.Auth.ResetPassword(ctx, reset)), tollkeeper.ErrRateLimited)
		_, err = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: "a@example.com", Password: "x", Client: at})
		w.want(err, tollkeeper.ErrInvalidCredentials)
		w.Advance(12 * time.Second)
		w.want(errOf(w.Auth.ResetPassword(ctx, reset)), tollkeeper.ErrInvalidLink)
	})
}

func TestCodesPerAddressHoweverThePlatformIsSpelt(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		for i := range 4 {
			c4 := from(fmt.Sprintf("10.0.0.%d", i+1))
			for _, r := range []tollkeeper.MailRequest{{Scope: tollkeeper.UnderKey(p.PublicKey)}, {Scope: tollkeeper.UnderNumber(p.Number)}, {Scope: tollkeeper.Under(p.ID)}} {
				r.Email, r.Audience, r.Client = c.Email, tollkeeper.AudiencePlatform, c4
				w.ok(w.Auth.RequestCode(ctx, r))
			}
		}
		if n := len(w.Mails(c.Email, tollkeeper.MailSignInCode)); n != 3 {
			t.Errorf("%d codes within 15 minutes, want 3", n)
		}
	})
}

func TestResetsPerAddressHoweverThePlatformIsSpelt(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		var errs []error
		for i := range 6 {
			r := []tollkeeper.MailRequest{{Scope: tollkeeper.UnderKey(p.PublicKey)}, {Scope: tollkeeper.UnderNumber(p.Number)}}[i%2]
			r.Email, r.Audience, r.Client = c.Email, tollkeeper.AudiencePlatform, from(fmt.Sprintf("10.0.0.%d", i+1))
			errs = append(errs, w.Auth.RequestReset(ctx, r))
		}
		if n := tally(errs); n["ok"] != 3 || n["rate_limited"] != 3 {
			t.Errorf("%v within an hour, want 3", n)
		}
	})
}

// Whoever guesses at the codes of an address all day has ten tries, and stops nobody who asked for a code.
func TestStrangersGuessesDoNotStopTheOwnersCode(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		away := from("10.8.0.1")
		in := func(at tollkeeper.Client) error {
			w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c), Client: at}))
			_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: c.Email, Code: tollkeeper.SecretText(w.LastCode(c.Email)), Scope: keyed(c), Client: at})
			return err
		}
		w.ok(in(home))
		guesses := 0
		for i := range 100 {
			_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: c.Email, Code: "000000", Scope: keyed(c), Client: from(fmt.Sprintf("10.0.%d.1", i))})
			if err == nil {
				t.Fatal("guessed")
			}
			if errors.Is(err, tollkeeper.ErrInvalidCredentials) {
				guesses++
			}
		}
		if guesses != 10 {
			t.Errorf("%d guesses of strangers, want 10", guesses)
		}
		w.ok(in(away))
		w.ok(in(home))
	})
}

func TestStolenSessionGuessesPasswordsFromManyNetworks(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		asked := 0
		for i := range 400 {
			err := w.Auth.Reauthenticate(ctx, p.Identity, tollkeeper.Confirmation{Password: tollkeeper.Password(fmt.Sprint("guess ", i)), Client: from(fmt.Sprintf("10.%d.%d.1", i/250, i%250))})
			if codeOf(err) == "invalid_credentials" {
				asked++
			}
		}
		if asked > 100 {
			t.Errorf("%d guesses of one account's password within a moment", asked)
		}
	})
}

// TestResetRatesAreOfTheirFamily: what one family counted does not decide in another, which has other limits.
func TestResetRatesAreOfTheirFamily(t *testing.T) {
	k := authtest.New(t)
	ask := func(a tollkeeper.Audience) error {
		return k.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: "somebody@shop.example", Audience: a})
	}
	for range 3 { // 3 an hour
		if err := ask(tollkeeper.AudiencePlatform); err != nil {
			t.Fatal(err)
		}
		k.Advance(2 * time.Minute)
	}
	if err := ask(tollkeeper.AudiencePlatform); !errors.Is(err, tollkeeper.ErrRateLimited) {
		t.Errorf("the fourth of the platform family: %v", err)
	}
	if err := ask(tollkeeper.AudienceOrganization); err != nil { // 1 a minute
		t.Errorf("the first of the organization family: %v", err)
	}
	if err := ask(tollkeeper.AudienceOrganization); !errors.Is(err, tollkeeper.ErrRateLimited) {
		t.Errorf("the second of the organization family: %v", err)
	}
}

// R26: three at once and one more every five minutes; ten at once and ten more a day. Beyond that silence, known or not.
func TestCodesToOneAddressAreFew(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for day := 1; day <= 5; day++ {
			for range 8 * 24 {
				w.ok(w.requestCode(p))
				w.Advance(time.Hour / 8)
				w.Mails(p.Email)
			}
			if n := len(w.Mails(p.Email, tollkeeper.MailSignInCode)); n > 10+day*10 {
				t.Errorf("%d codes after day %d", n, day)
			}
		}
	}, unlimited)
	t.Run("three at once", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			for range 6 {
				w.ok(w.requestCode(p))
			}
			if n := len(w.Mails(p.Email, tollkeeper.MailSignInCode)); n != 3 {
				t.Errorf("%d codes", n)
			}
		}, unlimited)
	})
	t.Run("ten an hour from one network, loudly", func(t *testing.T) {
		story(t, func(w *world) {
			for i := range 10 {
				r := tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: fmt.Sprintf("n%d@example.com", i), Client: from("192.0.2.1")}
				w.ok(w.Auth.RequestCode(ctx, r))
			}
			r := tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: "p@example.com", Client: from("192.0.2.1")}
			w.want(w.Auth.RequestCode(ctx, r), tollkeeper.ErrRateLimited)
		})
	})
}
