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

// fails signs in with wrong passwords, each from an address, until one is refused, and returns how many were looked at.
func (w *world) fails(p authtest.Account, n int, address func(i int) string) (looked int) {
	w.Helper()
	for i := range n {
		if errors.Is(w.guess(p, "wrong", address(i)), tollkeeper.ErrInvalidCredentials) {
			looked++
		}
	}
	return looked
}

func at(address string) func(int) string { return func(int) string { return address } }

func farAway(i int) string { return fmt.Sprintf("203.%d.%d.1", i/200, i%200) }

// resetFrom sets a new password by a mailed link.
func (w *world) resetFrom(p authtest.Account, address string) {
	w.Helper()
	w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: p.Email, Scope: keyed(p), Client: from(address)}))
	token := tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailReset))
	_, err := w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: token, Password: fresh, Client: from(address)})
	w.ok(err)
}

const fresh = "another horse 9"

// A completed reset lets its owner in, wherever and however they had failed before.
func TestResetOpensWhatFailuresClosed(t *testing.T) {
	const laptop, phone = "192.0.2.1", "198.51.100.9"
	child := func(w *world) authtest.Account { return w.child(w.parent("p@example.com"), "c@example.com") }
	t.Run("the laptop that locked itself, by a reset on the phone", func(t *testing.T) {
		story(t, func(w *world) {
			c := child(w)
			w.fails(c, 5, at(laptop))
			w.want(w.guess(c, password, laptop), tollkeeper.ErrLocked)
			w.resetFrom(c, phone)
			w.ok(w.guess(c, fresh, laptop))
		}, unlimited)
	})
	t.Run("twenty failures of strangers, on a new network", func(t *testing.T) {
		story(t, func(w *world) {
			c := child(w)
			w.fails(c, 20, farAway)
			w.want(w.guess(c, password, laptop), tollkeeper.ErrLocked)
			w.resetFrom(c, laptop)
			w.ok(w.guess(c, fresh, laptop))
			w.ok(w.guess(c, fresh, phone))
		}, unlimited)
	})
	t.Run("and it stays open there, whatever strangers do then", func(t *testing.T) {
		story(t, func(w *world) {
			c := child(w)
			w.resetFrom(c, laptop)
			w.Advance(time.Second)
			if n := w.fails(c, 40, farAway); n != 20 {
				t.Errorf("%d guesses, want 20", n)
			}
			w.ok(w.guess(c, fresh, laptop))
			w.want(w.guess(c, fresh, phone), tollkeeper.ErrLocked)
		}, unlimited)
	})
	t.Run("a hundred failures over all scopes", func(t *testing.T) {
		story(t, func(w *world) {
			c := child(w)
			for i := range 110 {
				other := authtest.Account{Email: c.Email, ParentKey: fmt.Sprintf("APK_%026d", i/19)}
				_ = w.guess(other, "wrong", farAway(i))
			}
			w.want(w.guess(c, password, laptop), tollkeeper.ErrLocked)
			w.resetFrom(c, phone)
			w.ok(w.guess(c, fresh, laptop))
		}, unlimited)
	})
	t.Run("a child who left the key out", func(t *testing.T) {
		story(t, func(w *world) {
			c := child(w)
			keyless := authtest.Account{Email: c.Email}
			w.fails(keyless, 5, at(laptop))
			w.want(w.guess(keyless, password, laptop), tollkeeper.ErrLocked)
			w.resetFrom(c, phone)
			w.want(w.guess(keyless, fresh, laptop), tollkeeper.ErrParentKeyNeeded)
		}, unlimited)
	})
	t.Run("a parent named by number or id", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			c := w.child(p, "c@example.com")
			spellings := []tollkeeper.Scope{tollkeeper.UnderKey(p.PublicKey), tollkeeper.UnderNumber(p.Number), tollkeeper.Under(p.ID)}
			try := func(where tollkeeper.Scope, secret tollkeeper.Password) error {
				_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: where, Email: c.Email, Password: secret, Client: from(laptop)})
				return err
			}
			for _, r := range spellings {
				for range 5 {
					w.want(try(r, "wrong"), tollkeeper.ErrInvalidCredentials)
				}
				w.want(try(r, password), tollkeeper.ErrLocked)
			}
			w.resetFrom(c, phone)
			for _, r := range spellings {
				w.ok(try(r, fresh))
			}
		}, unlimited)
	})
}

// A mailed code is a proof of the mailbox as well; a password, or half of two factors, is not.
func TestMailedCodePardons(t *testing.T) {
	story(t, func(w *world) {
		c := w.child(w.parent("p@example.com"), "c@example.com")
		w.confirmed(c)
		w.Advance(time.Second) // what counts at the moment of a proof is pardoned by it
		w.fails(c, 5, at("192.0.2.1"))
		w.fails(c, 20, farAway)
		w.want(w.guess(c, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.want(w.guess(c, password, "192.0.2.77"), tollkeeper.ErrLocked)
		_, err := w.verify(c, w.mailCode(c))
		w.ok(err)
		w.ok(w.guess(c, password, "192.0.2.1"))
		w.ok(w.guess(c, password, "192.0.2.77"))
	}, unlimited)
}

func TestFirstFactorAloneOpensNothing(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := w.EnrolFactor(p)
		w.Advance(time.Minute)
		w.fails(p, 4, at("192.0.2.1"))
		w.ok(w.guess(p, password, "192.0.2.1"))
		w.want(w.guess(p, "wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.Advance(30 * time.Second)
		r := attempt(p, password)
		r.Client = from("192.0.2.1")
		res, err := w.Auth.SignIn(ctx, r)
		w.ok(err)
		_, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: res.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f)), Client: r.Client})
		w.ok(err)
		if n := w.fails(p, 9, at("192.0.2.1")); n != 5 {
			t.Errorf("%d failures after both factors, want 5", n)
		}
	}, unlimited)
}

// A right password is no failure, however many of them come at once.
func TestRightPasswordsAtOnceDoNotLock(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for range 3 {
			if got := tally(atOnce(8, func(int) error { return w.guess(p, password, "192.0.2.1") })); got["ok"] != 8 {
				w.Fatal(got)
			}
		}
		if n := w.fails(p, 9, at("192.0.2.1")); n != 5 {
			t.Errorf("%d failures are looked at after that, want 5", n)
		}
	}, unlimited)
}

// Nor is an attempt that the server had no time for, or that its caller gave up.
func TestWhatWasNotLookedAtIsNoFailure(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.store.faults(failing("FindAccount"), nil)
		for range 12 {
			w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrUnavailable)
		}
		w.store.faults(nil, nil)
		if n := w.fails(p, 9, at("192.0.2.1")); n != 5 {
			t.Errorf("%d failures are looked at after that, want 5", n)
		}
	}, unlimited)
}

// A hasher that has no time is no failure either, however often.
func TestABusyHasherIsNoFailure(t *testing.T) {
	story(t, func(w *world) {
		var crowd [12]authtest.Account
		var busy, looked [len(crowd)]int
		for i := range crowd {
			crowd[i] = w.parent(fmt.Sprintf("p%d@example.com", i))
		}
		for range 8 { // in each the hasher has time for two or three
			for i, err := range atOnce(len(crowd), func(i int) error { return w.guess(crowd[i], "wrong", "192.0.2.1") }) {
				switch {
				case errors.Is(err, tollkeeper.ErrBusy):
					busy[i]++
				case errors.Is(err, tollkeeper.ErrInvalidCredentials):
					looked[i]++
				}
			}
		}
		tried := 0
		for i, p := range crowd {
			if busy[i] < 5 || looked[i] > 4 {
				continue
			}
			tried++
			if n := looked[i] + w.fails(p, 9, at("192.0.2.1")); n != 5 {
				t.Errorf("%d failures are looked at, besides %d for which there was no time; want 5", n, busy[i])
			}
		}
		if tried == 0 {
			t.Fatalf("busy only %v times", busy)
		}
	}, unlimited, func(c *tollkeeper.Config) {
		c.Passwords.Hash.Parallel, c.Passwords.Hash.Queue, c.Passwords.Hash.Memory = 1, 1, 4096
	})
}

// A thousand guesses at once from as many networks: what a ceiling lets through is exact.
func TestGuessesAtOnceStopAtTheCeiling(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		got := tally(atOnce(1000, func(i int) error { return w.guess(p, "wrong", farAway(i)) }))
		if got["invalid_credentials"] != 20 || got["locked"]+got["busy"] != 980 {
			w.Fatal(got)
		}
	}, unlimited)
}

// Marks of an account that is gone, or of somebody else, spare nobody.
func TestMarksDieWithTheirAccount(t *testing.T) {
	story(t, func(w *world) {
		victim := w.parent("victim@example.com")
		thief := w.parent("thief@example.com")
		own := w.child(thief, "victim@example.com")
		for i := range 60 {
			w.ok(w.guess(own, password, farAway(i)))
		}
		w.ok(w.Auth.Host().DeleteAccount(ctx, own.ID))
		through := authtest.Account{Email: victim.Email, ParentKey: thief.PublicKey} // the widget's way to the victim
		got := tally(atOnce(600, func(i int) error { return w.guess(through, "wrong", farAway(i%60)) }))
		if got["invalid_credentials"] != 20 {
			w.Fatal(got)
		}
	}, unlimited)
}

// Without an address nobody locks anybody else out; a device is recognised.
func TestClientsWithoutAddressShareNoLock(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		try := func(p authtest.Account, secret, device string) error {
			r := attempt(p, secret)
			r.Client = tollkeeper.Client{Device: device}
			_, err := w.Auth.SignIn(ctx, r)
			return err
		}
		w.ok(try(p, password, "laptop"))
		looked := 0
		for range 40 {
			if errors.Is(try(p, "wrong", ""), tollkeeper.ErrInvalidCredentials) {
				looked++
			}
		}
		if looked != 20 {
			t.Errorf("%d guesses without an address, want those of the ceiling", looked)
		}
		w.want(try(p, password, "another"), tollkeeper.ErrLocked)
		w.ok(try(p, password, "laptop"))
		w.ok(try(q, password, ""))
	}, unlimited)
}

// Wrong codes of an app do not stop recovery codes, nor the other way round (R41).
func TestAppAndRecoveryCodesDoNotStopEachOther(t *testing.T) {
	for _, first := range []string{"app", "recovery"} {
		t.Run(first, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				f := w.EnrolFactor(p)
				w.Advance(time.Minute)
				challenge := w.signIn(p).Challenge
				prove := func(code string) error {
					_, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: challenge, Code: tollkeeper.SecretText(code)})
					return err
				}
				wrong := map[string]string{"app": not(w.FactorCode(f)), "recovery": "aaaa-aaaa-aaaa-aaaa"}[first]
				for range 5 {
					w.want(prove(wrong), tollkeeper.ErrInvalidCode)
				}
				w.want(prove(wrong), tollkeeper.ErrRateLimited)
				right := map[string]string{"app": string(f.Recovery[0]), "recovery": w.FactorCode(f)}[first]
				w.ok(prove(right))
			}, unlimited)
		})
	}
}

// One request with a clock that is 90 days ahead: nobody is refused longer than the longest wait afterwards.
func TestClockAheadForAMoment(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.Advance(90 * 24 * time.Hour)
		w.fails(p, 5, at("192.0.2.1"))
		w.Advance(-90 * 24 * time.Hour)
		if err := w.guess(p, password, "192.0.2.1"); retryAfter(err) > 15*time.Minute {
			w.Fatalf("refused for %v", retryAfter(err))
		}
		w.Advance(15 * time.Minute)
		w.ok(w.guess(p, password, "192.0.2.1"))
	}, unlimited)
}

// Nothing counts that could not be released: every way to prove something, every spelling of a scope, every outcome.
func TestWhateverCountsCanBeReleased(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		for _, x := range []authtest.Account{p, c} {
			s, err := w.store.FindAccount(ctx, store.Lookup{ID: x.ID})
			w.ok(err)
			missing, buckets := tollkeeper.Unreleased(w.Auth, s, from("192.0.2.1"), from("198.51.100.1"))
			for _, m := range missing {
				t.Error(m)
			}
			if want := 10 * len(tollkeeper.Spellings(s)); buckets != want {
				t.Errorf("%d buckets, want %d", buckets, want)
			}
			without, fewer := tollkeeper.Unreleased(w.Auth, s, tollkeeper.Client{}, from("198.51.100.1"))
			if len(without) > 0 || fewer != 7*len(tollkeeper.Spellings(s)) {
				t.Errorf("without an address: %d buckets, %v", fewer, without)
			}
		}
	})
}

// The ceilings forgive a success its own attempt and nothing more.
func TestSuccessForgetsNoCeiling(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for range 5 {
			w.fails(p, 4, at("192.0.2.1"))
			if err := w.guess(p, password, "192.0.2.1"); err != nil && !errors.Is(err, tollkeeper.ErrLocked) {
				w.Fatal(err)
			}
		}
		w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.want(w.guess(p, password, "198.51.100.1"), tollkeeper.ErrLocked)
	}, unlimited)
}
