package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// Whether a parent is shut out is not told to whoever asks for a link.
func TestLinkBelowADisabledParent(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		w.ok(w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled))
		w.ok(w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c), Client: home}))
	}, unlimited)
}

// What cannot be looked up or counted is not mailed.
func TestLinksAreNotMailedUncounted(t *testing.T) {
	for _, verb := range []string{"FindAccount", "Take"} {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			before := len(w.Mails(p.Email))
			w.store.faults(failing(verb), nil)
			w.want(w.Auth.RequestOwnVerification(ctx, p.Identity, "", home), tollkeeper.ErrUnavailable)
			w.store.faults(nil, nil)
			if after := len(w.Mails(p.Email)); after != before {
				t.Errorf("%s fails: %d mails", verb, after-before)
			}
		})
	}
}

// A password beside a link is a guess: it locks the network that guesses, and no other.
func TestPasswordsBesideALinkAreCounted(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", home))
		link := w.LastToken(p.Email, tollkeeper.MailVerify)
		open := func(password, address string) error {
			return errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{
				Token: tollkeeper.SecretText(link), Password: tollkeeper.Password(password), Client: from(address),
			}))
		}
		for range 5 {
			w.want(open("wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}
		w.want(open(password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.ok(open(password, "198.51.100.9"))
	})
}

// What a link did is in the log, with where it was opened.
func TestVerifiedEmailsAreLogged(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", home))
		link := tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailVerify))
		w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: link, Client: home})))
		w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: link, By: p.Identity, Client: home})))
		for _, name := range []tollkeeper.EventName{tollkeeper.EventEmailVerified, tollkeeper.EventEmailProven} {
			if list := w.Events(name); len(list) != 1 || list[0].Account != p.ID || list[0].Method != "link" || list[0].Network == "" {
				t.Errorf("%+v", list)
			}
		}
	}, unlimited)
}

// A link that proves the mailbox opens what failures closed, wherever they came from; one that does not come through
// opens nothing.
func TestAProvenLinkOpensWhatFailuresClosed(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for range 5 {
			w.want(w.guess(p, "wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}
		w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", home))
		prove := func() error {
			return errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{
				Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailVerify)), By: p.Identity, Client: home,
			}))
		}
		w.store.faults(failing("UpdateAccount"), nil)
		w.want(prove(), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.Advance(time.Second)
		w.ok(prove())
		w.Advance(time.Second)
		w.ok(w.guess(p, password, "192.0.2.1"))
	})
}

// A link that is still good proves nothing once the mailbox is proven, and takes nothing away.
func TestALinkToAProvenMailbox(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", home))
		link := tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailVerify))
		w.ok(errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{
			Email: p.Email, Code: tollkeeper.SecretText(w.mailCode(p)), By: p.Identity, Scope: keyed(p), Client: home,
		})))
		before := w.Balance(p)
		for _, by := range []*tollkeeper.Identity{nil, p.Identity} {
			w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: link, By: by, Client: home})), tollkeeper.ErrAlreadyVerified)
		}
		w.want(w.Auth.Disown(ctx, link, home), tollkeeper.ErrAlreadyVerified)
		w.signIn(p)
		if after := w.Balance(p); after.Verifications != before.Verifications {
			t.Errorf("%d were paid for", after.Verifications-before.Verifications)
		}
	}, unlimited)
}

// Who owns the mailbox of an account that is not theirs takes back that it was verified; the link serves no longer.
func TestDisownUnverifies(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", home))
		link := tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailVerify))
		w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: link, Client: home})))
		w.store.faults(failing("UpdateAccount"), nil)
		w.want(w.Auth.Disown(ctx, link, home), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		w.ok(w.Auth.Disown(ctx, link, home))
		s, err := w.Auth.Host().Account(ctx, p.ID)
		w.ok(err)
		if !s.Account.EmailVerifiedAt.IsZero() || s.Account.Password != "" {
			t.Errorf("verified at %v", s.Account.EmailVerifiedAt)
		}
		if list := w.Events(tollkeeper.EventEmailDisowned); len(list) != 1 || list[0].Account != p.ID || list[0].Method != "link" || list[0].Network == "" {
			t.Errorf("%+v", list)
		}
		w.want(w.Auth.Disown(ctx, link, home), tollkeeper.ErrLinkUsed)
		w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: link, Client: home})), tollkeeper.ErrInvalidLink)
	}, unlimited)
}

// The app's own users cost nothing, and nobody: their house has no books.
func TestVerifyingTheAppsOwnUsersIsFree(t *testing.T) {
	story(t, func(w *world) {
		u := w.user("u@example.com")
		w.ok(w.Auth.RequestOwnVerification(ctx, u.Identity, "", home))
		w.store.watch()
		w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(w.LastToken(u.Email, tollkeeper.MailVerify)), Client: home})))
		if c := w.store.change().Charge; c.Price != 0 || c.Key != "" {
			t.Errorf("%+v", c)
		}
	}, unlimited)
}
