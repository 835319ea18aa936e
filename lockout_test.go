package tollkeeper_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// guess signs in to p's account from an address.
func (w *world) guess(p authtest.Account, password, address string) error {
	r := attempt(p, password)
	r.Client = from(address)
	_, err := w.Auth.SignIn(ctx, r)
	return err
}

func retryAfter(err error) time.Duration {
	e, _ := errors.AsType[*tollkeeper.Error](err)
	if e == nil {
		return -1
	}
	return e.RetryAfter
}

// unlimited takes the rates of networks out of the way of what is tested.
func unlimited(c *tollkeeper.Config) {
	many := []tollkeeper.Limit{tollkeeper.Rate(10_000, time.Minute)}
	c.Limits.SignIn = map[tollkeeper.Audience][]tollkeeper.Limit{
		tollkeeper.AudienceOrganization: many, tollkeeper.AudiencePlatform: many, tollkeeper.AudienceHost: many, tollkeeper.AudienceV1: many,
		tollkeeper.AudienceApp: many,
	}
	c.Limits.SignUp, c.Limits.Links, c.Limits.CodeNetwork, c.Limits.Mail = many, many, many, many
	c.Limits.CodeTries = tollkeeper.Limit{Free: 10_000, Window: time.Minute}
}

// The fifth failure in a row locks 30 seconds, each further one twice as long, up to 15 minutes.
func TestLockDoublesFromTheFifthFailure(t *testing.T) {
	for _, known := range []bool{true, false} {
		t.Run(fmt.Sprintf("known account %t", known), func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				if !known {
					p = authtest.Account{Email: "nobody@example.com"}
				}
				wrong := func() error { return w.guess(p, "wrong", "192.0.2.1") }
				for range 5 {
					w.want(wrong(), tollkeeper.ErrInvalidCredentials)
				}
				for _, lock := range []time.Duration{30, 60, 120, 240, 480, 900, 900} {
					lock *= time.Second
					err := wrong()
					w.want(err, tollkeeper.ErrLocked)
					if retryAfter(err) != lock {
						w.Fatalf("locked for %v, want %v", retryAfter(err), lock)
					}
					w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
					w.Advance(lock - time.Second)
					if err := wrong(); retryAfter(err) != time.Second {
						w.Fatalf("a second before its end: %v", err)
					}
					w.Advance(time.Second)
					w.want(wrong(), tollkeeper.ErrInvalidCredentials)
				}
			}, unlimited, func(c *tollkeeper.Config) { c.Limits.PairCeiling = tollkeeper.Limit{Free: 1000, Window: time.Minute} })
		})
	}
}

func TestLockIsForgotten(t *testing.T) {
	fail := func(w *world, p authtest.Account, n int) {
		for range n {
			w.want(w.guess(p, "wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}
	}
	t.Run("by a success, exactly", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			for range 3 {
				fail(w, p, 4)
				w.ok(w.guess(p, password, "192.0.2.1"))
			}
			fail(w, p, 5)
			w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
		}, unlimited)
	})
	t.Run("by fifteen quiet minutes", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			fail(w, p, 4)
			w.Advance(15 * time.Minute)
			fail(w, p, 4)
			w.ok(w.guess(p, password, "192.0.2.1"))
		}, unlimited)
	})
	t.Run("not by fourteen", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			fail(w, p, 4)
			w.Advance(14 * time.Minute)
			fail(w, p, 1)
			w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
		}, unlimited)
	})
	t.Run("by a reset", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			fail(w, p, 5)
			w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: p.Email}))
			r := tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailReset)), Password: "another horse 9", Client: from("192.0.2.1")}
			w.ok(errOf(w.Auth.ResetPassword(ctx, r)))
			w.ok(w.guess(p, "another horse 9", "192.0.2.1"))
		}, unlimited)
	})
	t.Run("by a right password that an account's state refuses", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			c := w.child(p, "c@example.com")
			w.ok(w.Auth.SetStatus(ctx, p.Identity, c.ID, tollkeeper.StatusDisabled))
			for range 12 {
				w.want(w.guess(c, password, "192.0.2.1"), tollkeeper.ErrInactive)
			}
		}, unlimited)
	})
	t.Run("by a right password that nobody pays for", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			c := w.child(p, "c@example.com")
			w.drain(p)
			for range 12 {
				w.want(w.guess(c, password, "192.0.2.1"), tollkeeper.ErrInsufficientCredits)
			}
		}, unlimited)
	})
}

// Many successes never add up to anything.
func TestSuccessesDoNotCount(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for i := range 130 {
			w.ok(w.guess(p, password, fmt.Sprintf("192.0.%d.1", i%7)))
		}
	}, unlimited)
}

// Nor do those with a second factor.
func TestSuccessesWithSecondFactorDoNotCount(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := w.EnrolFactor(p)
		for range 45 {
			w.Advance(31 * time.Second) // no code is good twice
			res, err := w.try(p, password)
			w.ok(err)
			_, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: res.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f))})
			w.ok(err)
		}
	}, unlimited)
}

// R20: guesses do not multiply by tenants, spellings or families: 20 per address and network.
func TestPairCeilingHoldsOverScopes(t *testing.T) {
	story(t, func(w *world) {
		refused := 0
		for i := range 26 {
			p := w.parent(fmt.Sprintf("p%d@example.com", i))
			r := tollkeeper.SignInRequest{Email: "victim@example.com", Password: "wrong", Scope: tollkeeper.UnderKey(p.PublicKey), Client: from("192.0.2.1")}
			r.Audience = []tollkeeper.Audience{tollkeeper.AudienceOrganization, tollkeeper.AudienceV1, tollkeeper.AudiencePlatform}[i%3]
			_, err := w.Auth.SignIn(ctx, r)
			if errors.Is(err, tollkeeper.ErrLocked) {
				refused++
				if retryAfter(err) > 15*time.Minute {
					w.Fatal(retryAfter(err))
				}
			}
		}
		if refused != 6 {
			w.Fatalf("%d of 26 refused", refused)
		}
	}, unlimited)
}

// Lockout by owning an account: a success of one's own child with the victim's address frees nothing but itself.
func TestOwnChildWithTheVictimsAddressClearsNothing(t *testing.T) {
	story(t, func(w *world) {
		victim := w.child(w.parent("p@example.com"), "victim@example.com")
		own := w.child(w.parent("thief@example.com"), "victim@example.com")
		guesses := 0
		for range 60 {
			if err := w.guess(victim, "wrong", "192.0.2.1"); errors.Is(err, tollkeeper.ErrInvalidCredentials) {
				guesses++
			}
			if err := w.guess(own, password, "192.0.2.1"); err != nil && !errors.Is(err, tollkeeper.ErrLocked) {
				w.Fatal(err)
			}
		}
		if guesses != 5 {
			w.Fatalf("%d guesses came through", guesses)
		}
	}, unlimited)
}

// Nor does it make a network a recognised one of the victim's.
func TestOwnChildMarksNoNetworkForTheVictim(t *testing.T) {
	story(t, func(w *world) {
		victim := w.child(w.parent("p@example.com"), "victim@example.com")
		own := w.child(w.parent("thief@example.com"), "victim@example.com")
		guesses := 0
		for i := range 60 {
			network := fmt.Sprintf("203.0.%d.1", i)
			_ = w.guess(own, password, network)
			if err := w.guess(victim, "wrong", network); errors.Is(err, tollkeeper.ErrInvalidCredentials) {
				guesses++
			}
		}
		if guesses != 20 {
			w.Fatalf("%d guesses came through", guesses)
		}
	}, unlimited)
}

// Nothing that is counted over all networks may stop the owner where they have signed in before (R18).
func TestCeilingsSpareRecognisedNetworks(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.guess(p, password, "198.51.100.7"))
		through := 0
		for i := range 40 {
			if err := w.guess(p, "wrong", fmt.Sprintf("203.0.%d.1", i)); errors.Is(err, tollkeeper.ErrInvalidCredentials) {
				through++
			}
		}
		if through != 20 {
			t.Errorf("%d guesses over all networks, want 20", through)
		}
		w.want(w.guess(p, password, "192.0.2.9"), tollkeeper.ErrLocked)
		w.ok(w.guess(p, password, "198.51.100.7"))
		w.ok(w.guess(p, password, "198.51.100.200")) // the same /24
		w.Advance(time.Hour)
		w.ok(w.guess(p, password, "192.0.2.9"))
	}, unlimited)
	t.Run("for thirty days", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.ok(w.guess(p, password, "198.51.100.7"))
			w.Advance(31*24*time.Hour + time.Second) // a day longer than promised, and no more
			for i := range 20 {
				w.want(w.guess(p, "wrong", fmt.Sprintf("203.0.%d.1", i)), tollkeeper.ErrInvalidCredentials)
			}
			w.want(w.guess(p, password, "198.51.100.7"), tollkeeper.ErrLocked)
		}, unlimited)
	})
}

// One address at 100 failures an hour over all tenants and networks.
func TestEmailCeilingHoldsOverScopesAndNetworks(t *testing.T) {
	story(t, func(w *world) {
		var parents []authtest.Account
		for i := range 10 {
			parents = append(parents, w.parent(fmt.Sprintf("p%d@example.com", i)))
		}
		through := 0
		for i := range 180 {
			p := authtest.Account{Email: "victim@example.com", ParentKey: parents[i%10].PublicKey}
			if err := w.guess(p, "wrong", fmt.Sprintf("203.0.%d.1", i)); errors.Is(err, tollkeeper.ErrInvalidCredentials) {
				through++
			}
		}
		if through != 100 {
			w.Fatalf("%d of 180 came through", through)
		}
	}, unlimited)
}

// Whoever owns a tenant may have an account with the victim's address there. Signing in to it, however often, gives back
// nothing of what was counted against the address.
func TestAnAccountOfTheAttackersOwnForgetsNoFailures(t *testing.T) {
	story(t, func(w *world) {
		var parents []authtest.Account
		for i := range 10 {
			parents = append(parents, w.parent(fmt.Sprintf("p%d@example.com", i)))
		}
		own := w.child(parents[9], "victim@example.com")
		through := 0
		for i := range 180 {
			p := authtest.Account{Email: "victim@example.com", ParentKey: parents[i%9].PublicKey}
			if errors.Is(w.guess(p, "wrong", fmt.Sprintf("203.0.%d.1", i)), tollkeeper.ErrInvalidCredentials) {
				through++
			}
			if i%10 == 5 {
				w.ok(w.guess(own, password, "192.0.2.1"))
			}
		}
		if through != 100 {
			w.Fatalf("%d of 180 came through", through)
		}
	}, unlimited)
}

// Passwords beside a link are guesses like any other: five from a network, and then it waits there.
func TestPasswordsBesideALinkAreCountedByNetwork(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		w.ok(w.Auth.RequestEmailChange(ctx, w.Identity(p.Token), tollkeeper.EmailChange{Password: password, Email: "new@example.com"}))
		w.Advance(time.Second) // the proof of the mailbox pardons what is not after it
		link := tollkeeper.SecretText(w.LastToken("new@example.com", tollkeeper.MailChangeEmail))
		follow := func(secret tollkeeper.Password, address string) error {
			return w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: link, Password: secret, Client: from(address)})
		}
		for range 5 {
			w.want(follow("wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}
		w.want(follow(password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.ok(follow(password, "198.51.100.9"))
	}, unlimited)
}

// A lock is told before a rate, and both with a time to wait.
func TestLockIsToldBeforeRate(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for range 5 {
			w.want(w.guess(p, "wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}
		for i := range 25 {
			w.want(w.guess(authtest.Account{Email: fmt.Sprintf("n%d@example.com", i)}, "wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}
		err := w.guess(authtest.Account{Email: "other@example.com"}, "wrong", "192.0.2.1")
		w.want(err, tollkeeper.ErrRateLimited)
		if wait := retryAfter(err); wait < time.Second || wait > 2*time.Second {
			t.Errorf("wait %v for the next of 30 a minute", wait)
		}
		w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.want(w.guess(authtest.Account{Email: "other@example.com"}, "wrong", "192.0.2.2"), tollkeeper.ErrInvalidCredentials)
	})
}

// R20: what is counted is what was submitted, in its one canonical form.
func TestSpellingsShareOneLock(t *testing.T) {
	spellings := []string{"Victim@example.com", "VICTIM@EXAMPLE.COM", "victim@Example.Com", " vICTIM@example.com", "victim@example.com\u00a0\n"}
	story(t, func(w *world) {
		p := w.parent("victim@example.com")
		for _, email := range spellings {
			w.want(w.guess(authtest.Account{Email: email}, "wrong", "::ffff:192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}
		w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
		// What is none of its spellings is refused, and never reaches the account.
		for _, email := range []string{"v ictim@example.com", "victim@ example.com", "victim@example.com\x00", "v\u0131ctim@example.com", "victim@example.com.", "victim\u200b@example.com"} {
			w.want(w.guess(authtest.Account{Email: email}, password, "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}
	}, unlimited)
	t.Run("one IPv6 network is a /64", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("victim@example.com")
			for i := range 5 {
				w.want(w.guess(p, "wrong", fmt.Sprintf("2001:db8::%x", i+1)), tollkeeper.ErrInvalidCredentials)
			}
			w.want(w.guess(p, password, "2001:db8::ffff"), tollkeeper.ErrLocked)
			w.ok(w.guess(p, password, "2001:db8:0:1::1"))
		}, unlimited)
	})
}

// R17: the limit holds in a race: what the throttle lets through is exact, and only that reaches the hasher.
func TestParallelGuessesStopAtTheLimit(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		got := tally(atOnce(200, func(int) error { return w.guess(p, "wrong", "192.0.2.1") }))
		if got["invalid_credentials"] != 5 || got["locked"] != 195 {
			w.Fatal(got)
		}
	}, unlimited)
}

// R21: a place that nobody could settle, because everything after it failed, is a failure.
func TestCountSurvivesAFailingStore(t *testing.T) {
	for _, verb := range []string{"FindAccount", "CreateSession"} {
		t.Run(verb, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				w.store.faults(failing(verb, "Release"), nil)
				for range 5 {
					w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrUnavailable)
				}
				w.store.faults(nil, nil)
				w.Advance(store.HeldFor)
				w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
			}, unlimited)
		})
	}
}
