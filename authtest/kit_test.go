package authtest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func TestAccounts(t *testing.T) {
	kit := authtest.New(t)
	first, user := kit.FirstAdmin(), kit.User()
	if again := kit.FirstAdmin(); again != first || user.Scope() != (tollkeeper.Scope{}) {
		t.Errorf("the first admin is %v, then %v; a user lives in %v", first, again, user.Scope())
	}
	parent := kit.Parent()
	tests := map[string]struct {
		account authtest.Account
		parent  authtest.Account
		role    tollkeeper.Role
	}{
		"parent":      {account: parent, role: tollkeeper.RoleUser},
		"child":       {kit.Child(parent), parent, tollkeeper.RoleUser},
		"admin":       {kit.Admin(parent), parent, tollkeeper.RoleAdmin},
		"first admin": {first, authtest.Account{ID: user.Parent}, tollkeeper.RoleAdmin},
		"user":        {user, authtest.Account{ID: user.Parent}, tollkeeper.RoleUser},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := kit.SignIn(tt.account, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceV1 })
			id := kit.Identity(string(res.Token))
			if id.Account != tt.account.ID || id.Parent != tt.parent.ID || id.Role != tt.role || id.Audience != tollkeeper.AudienceV1 || !id.Verified {
				t.Errorf("the token speaks for %+v", id)
			}
		})
	}
	b, err := kit.Store.Balance(t.Context(), parent.ID)
	if err != nil || b.Credits != 3000-3 || b.Children != 2 {
		t.Errorf("the parent has %+v, %v; want the initial credits less three sign-ins", b, err)
	}
}

func TestSignUpSignsIn(t *testing.T) {
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Refresh.Idle = time.Hour }))
	parent := kit.SignUp("owner@shop.example", "copper-Lantern-5")
	child := kit.SignUpBelow(parent, "Ada@home.example", "copper-Lantern-6", func(r *tollkeeper.SignUpRequest) { r.Audience = tollkeeper.AudienceV1 })
	if id := child.Identity; id.Account != child.ID || id.Parent != parent.ID || id.Audience != tollkeeper.AudienceV1 || id.Verified {
		t.Errorf("the child is %+v", id)
	}
	if id := parent.Identity; !id.IsParent() || parent.ParentKey != "" || child.ParentKey != parent.PublicKey {
		t.Errorf("the parent is %+v, its key %q at the child", id, child.ParentKey)
	}
	if kit.Identity(child.Token).Session != child.Identity.Session {
		t.Error("the token is another session's")
	}
	if _, err := kit.Auth.Refresh(t.Context(), tollkeeper.SecretText(child.Refresh), tollkeeper.Client{}); err != nil {
		t.Error(err)
	}
}

func TestSignedInActs(t *testing.T) {
	kit := authtest.New(t)
	parent := kit.Parent()
	child := kit.Child(parent)
	if err := kit.Auth.SetStatus(t.Context(), kit.SignedIn(kit.Admin(parent)), child.ID, tollkeeper.StatusDisabled); err != nil {
		t.Error(err)
	}
}

func TestMailsAreComplete(t *testing.T) {
	kit := authtest.New(t)
	parent := kit.Parent()
	other := kit.Parent()
	if n := len(kit.Mails(parent.Email)); n != 0 {
		t.Fatalf("%d mails before any was asked for", n)
	}
	codes := map[string]bool{}
	for i := range 3 {
		ask(t, kit, parent.Email)
		codes[kit.LastCode(strings.ToUpper(parent.Email))] = true
		if n := len(kit.Mails(parent.Email)); n != i+1 {
			t.Errorf("%d mails, want %d", n, i+1)
		}
	}
	if len(codes) < 2 {
		t.Error("LastCode answers an old code")
	}
	ask(t, kit, parent.Email) // beyond the rate of an address: silence
	if n := len(kit.Mails(parent.Email)); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}
	if n := len(kit.Mails(other.Email)); n != 0 {
		t.Errorf("%d mails to somebody else", n)
	}
}

func TestMailsOfOneKind(t *testing.T) {
	kit := authtest.New(t)
	parent := kit.Parent()
	if err := kit.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: parent.Email}); err != nil {
		t.Fatal(err)
	}
	kit.Mails(parent.Email)
	ask(t, kit, parent.Email)
	if m := kit.LastMail(parent.Email); m.Kind != tollkeeper.MailSignInCode {
		t.Errorf("the last mail is of kind %s", m.Kind)
	}
	if m := kit.LastMail(parent.Email, tollkeeper.MailReset); m.Kind != tollkeeper.MailReset || !strings.Contains(string(m.Text), kit.LastToken(parent.Email)) {
		t.Errorf("the last reset is of kind %s", m.Kind)
	}
	if n := len(kit.Mails(parent.Email, tollkeeper.MailVerify, tollkeeper.MailReset)); n != 1 {
		t.Errorf("%d mails of two kinds, want 1", n)
	}
}

func TestEventsInOrder(t *testing.T) {
	var told atomic.Int32
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Events = func(tollkeeper.Event) { told.Add(1) } }))
	parent := kit.SignUp("owner@shop.example", "copper-Lantern-5")
	ask(t, kit, parent.Email)
	if err := kit.Auth.SignOut(t.Context(), parent.Identity); err != nil {
		t.Fatal(err)
	}
	var names []tollkeeper.EventName
	for _, e := range kit.Events(tollkeeper.EventSignUp, tollkeeper.EventSignOut) {
		names = append(names, e.Name)
	}
	if want := []tollkeeper.EventName{tollkeeper.EventSignUp, tollkeeper.EventSignOut}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
	if len(kit.Events(tollkeeper.EventMailSent)) != 1 {
		t.Error("the mail that was due is not among the events")
	}
	if all := len(kit.Events()); all != int(told.Load()) {
		t.Errorf("%d events, the host's own function was told %d", all, told.Load())
	}
}

func TestSecondFactor(t *testing.T) {
	kit := authtest.New(t)
	ada := kit.Parent()
	f := kit.EnrolFactor(ada)
	kit.Advance(time.Minute) // the code of before has confirmed the factor
	for _, code := range []string{kit.FactorCode(f), f.Recovery[0]} {
		in := kit.SignIn(ada)
		if in.Token != "" || in.Challenge == "" {
			t.Fatal("a password alone signs in")
		}
		done, err := kit.Auth.SignInWithFactor(t.Context(), tollkeeper.FactorRequest{Challenge: in.Challenge, Code: tollkeeper.SecretText(code)})
		if err != nil || kit.Identity(string(done.Token)).Account != ada.ID {
			t.Errorf("the code %s: %v", code, err)
		}
	}
}

func TestBooks(t *testing.T) {
	kit := authtest.New(t)
	parent := kit.Parent()
	kit.SignIn(kit.Child(parent))
	if b := kit.Balance(parent); b.Credits != 2999 || b.SignIns != 1 {
		t.Errorf("the balance is %+v", b)
	}
	if rows := kit.Ledger(parent); len(rows) != 2 || rows[0].Amount != 3000 || rows[1].Operation != tollkeeper.OpSignIn {
		t.Errorf("the ledger is %+v", rows)
	}
}

func TestLinks(t *testing.T) {
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true }))
	ada := kit.SignUp("ada@home.example", "copper-Lantern-5")
	if l := kit.LastLink(ada.Email); !strings.HasPrefix(l, authtest.BaseURL+"/auth/confirm-email?token=") || !strings.HasSuffix(l, kit.LastToken(ada.Email)) {
		t.Errorf("the link is %s, its token %s", l, kit.LastToken(ada.Email))
	}
	if _, err := kit.Auth.VerifyEmail(t.Context(), tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(kit.LastToken(ada.Email))}); err != nil {
		t.Error(err)
	}
}

func TestClockStandsStillUntilItIsMoved(t *testing.T) {
	kit := authtest.New(t)
	start := kit.Now()
	time.Sleep(2 * time.Millisecond)
	if !kit.Now().Equal(start) {
		t.Error("the clock runs")
	}
	kit.Advance(time.Hour)
	if got := kit.Now().Sub(start); got != time.Hour {
		t.Errorf("an hour later it is %v later", got)
	}
}

func TestKitInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Now = time.Now }))
		parent := kit.Parent()
		ask(t, kit, parent.Email)
		code := kit.LastCode(parent.Email)
		time.Sleep(tollkeeper.CodeTTL)
		_, err := kit.Auth.SignInWithCode(t.Context(), tollkeeper.CodeRequest{Scope: tollkeeper.Tenants, Email: parent.Email, Code: tollkeeper.SecretText(code)})
		if !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
			t.Errorf("an expired code answers %v", err)
		}
		kit.Advance(time.Hour)
		if got := time.Until(kit.Now()); got != time.Hour {
			t.Errorf("the clock is %v ahead", got)
		}
	})
}

func TestMailerOfTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		flaky := tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error {
			if calls.Add(1) == 1 {
				return errors.New("mail server is away")
			}
			return nil
		})
		kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Mail.Mailer = flaky }))
		parent := kit.Parent()
		ask(t, kit, parent.Email)
		if n := len(kit.Mails(parent.Email)); n != 0 {
			t.Errorf("%d mails, though the first try failed", n)
		}
		kit.Advance(time.Minute)
		kit.LastCode(parent.Email)
	})
}

func TestAnotherProcess(t *testing.T) {
	one := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Product = "Shop" }))
	two := one.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Credits.InitialCredits = 5 }))
	parent := one.Parent()
	token := string(two.SignIn(parent).Token)
	one.Identity(token)
	ask(t, one, parent.Email)
	if one.LastCode(parent.Email) != two.LastCode(parent.Email) {
		t.Error("the mailboxes differ")
	}
	if b := two.Balance(two.Parent()); b.Credits != 5 {
		t.Errorf("a new parent has %d credits, want the other Config's 5", b.Credits)
	}
	if b := one.Balance(one.Parent()); b.Credits != 3000 {
		t.Errorf("a new parent has %d credits: the edit reached the first Kit", b.Credits)
	}
	two.Advance(time.Hour)
	if ahead := two.Now().Sub(one.Now()); ahead != time.Hour {
		t.Errorf("the other clock is %v ahead", ahead)
	}
	if one.Advance(time.Minute); two.Now().Sub(one.Now()) != time.Hour {
		t.Error("the clocks run apart")
	}
}

func TestTwoServicesOnOneStore(t *testing.T) {
	one := authtest.New(t)
	two := authtest.New(t, authtest.WithStore(one.Store))
	parent := one.Parent()
	token := two.SignIn(parent).Token
	if _, err := one.Auth.Authenticate(t.Context(), token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Errorf("another instance's key: %v", err)
	}
	ask(t, one, parent.Email)
	if one.LastCode(parent.Email) != two.LastCode(parent.Email) {
		t.Error("the mailboxes differ")
	}
}

// TestMessages: what cannot be done ends the test and says why.
func TestMessages(t *testing.T) {
	kits := map[string]struct {
		options []authtest.Option
		do      func(*authtest.Kit)
		want    string
	}{
		"no mail":          {do: func(k *authtest.Kit) { k.LastCode("nobody@home.example") }, want: "no mail to nobody@home.example has a one-time code; of 0 mails"},
		"no reset":         {do: func(k *authtest.Kit) { k.LastMail("nobody@home.example", tollkeeper.MailReset) }, want: "no mail of [reset] to nobody@home.example"},
		"wrong password":   {do: func(k *authtest.Kit) { k.SignIn(authtest.Account{Email: "a@b.example", Password: "x"}) }, want: "sign in a@b.example: Invalid email or password"},
		"bad token":        {do: func(k *authtest.Kit) { k.Identity("x") }, want: "authenticate: Invalid or expired token"},
		"weak password":    {do: func(k *authtest.Kit) { k.SignUp("a@b.example", "password") }, want: "sign up a@b.example: Password is too common"},
		"nobody's balance": {do: func(k *authtest.Kit) { k.Balance(authtest.Account{Email: "a@b.example"}) }, want: "read the balance of a@b.example: "},
		"bad config":       {options: []authtest.Option{authtest.WithConfig(func(c *tollkeeper.Config) { c.Secrets = nil })}, want: "Config.Secrets"},
		"parent is nobody": {do: func(k *authtest.Kit) { k.Child(authtest.Account{}) }, want: "make a child: tollkeeper: the scope names no parent"},
		"parent is absent": {do: func(k *authtest.Kit) { k.Child(authtest.Account{ID: uuid.New()}) }, want: "make a child: "},
	}
	for name, tt := range kits {
		t.Run(name, func(t *testing.T) {
			inner := &ending{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				kit := authtest.New(inner, tt.options...)
				tt.do(kit)
			}()
			<-done
			if !strings.Contains(inner.message, tt.want) {
				t.Errorf("the test ends with %q, want %q", inner.message, tt.want)
			}
		})
	}
}

// ending is a test that notes how it was ended.
type ending struct {
	testing.TB
	message string
}

func (e *ending) Fatalf(format string, args ...any) {
	e.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func ask(t *testing.T, kit *authtest.Kit, email string) {
	t.Helper()
	if err := kit.Auth.RequestCode(t.Context(), tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: email}); err != nil {
		t.Fatal(err)
	}
}

// A clock that jumps while mail is on its way has it sent once.
func TestAdvanceSendsNothingTwice(t *testing.T) {
	k := authtest.New(t, authtest.WithStore(late{memory.New()}))
	a := k.SignUp("ada@example.com", "correct horse 1")
	for range 10 {
		if err := k.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Email: a.Email, Scope: a.Scope()}); err != nil {
			t.Fatal(err)
		}
		k.Advance(time.Hour) // which the next request has the worker look at
	}
	if n := len(k.Mails(a.Email, tollkeeper.MailReset)); n != 10 {
		t.Fatalf("%d mails after 10 requests", n)
	}
}

// late is a store that takes its time to note that a mail was sent.
type late struct{ store.Store }

func (s late) FinishMail(ctx context.Context, d store.Delivery) error {
	time.Sleep(10 * time.Millisecond)
	return s.Store.FinishMail(ctx, d)
}
