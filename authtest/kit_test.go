package authtest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func TestAccounts(t *testing.T) {
	kit := authtest.New(t)
	house, first := kit.House()
	again, _ := kit.House()
	if house.ID != tollkeeper.HouseID("") || again != house {
		t.Errorf("the house is %v, then %v", house, again)
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
		"house admin": {first, house, tollkeeper.RoleAdmin},
		"house user":  {kit.Child(house), house, tollkeeper.RoleUser},
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

func TestSignUpAnswersALiveToken(t *testing.T) {
	kit := authtest.New(t)
	parent := kit.SignUp("owner@shop.example", "copper-Lantern-5")
	child := kit.SignUpBelow(parent, "Ada@home.example", "copper-Lantern-6")
	if id := kit.Identity(child.Token); id.Parent != parent.ID || id.Email != "Ada@home.example" || id.Verified {
		t.Errorf("the child is %+v", id)
	}
	if id := kit.Identity(parent.Token); !id.IsParent() {
		t.Errorf("the parent is %+v", id)
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

func TestLinks(t *testing.T) {
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true }))
	ada := kit.SignUp("ada@home.example", "copper-Lantern-5")
	if l := kit.LastLink(ada.Email); !strings.HasPrefix(l, authtest.BaseURL+"/auth/confirm-email?token=") || !strings.HasSuffix(l, kit.LastToken(ada.Email)) {
		t.Errorf("the link is %s, its token %s", l, kit.LastToken(ada.Email))
	}
	if err := kit.Auth.VerifyEmail(t.Context(), tollkeeper.SecretText(kit.LastToken(ada.Email)), tollkeeper.Client{}); err != nil {
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
		_, err := kit.Auth.SignInWithCode(t.Context(), tollkeeper.CodeRequest{Email: parent.Email, Code: tollkeeper.SecretText(code)})
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

func TestTwoKitsOnOneStore(t *testing.T) {
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
		"wrong password":   {do: func(k *authtest.Kit) { k.SignIn(authtest.Account{Email: "a@b.example", Password: "x"}) }, want: "sign in a@b.example: Invalid email or password"},
		"bad token":        {do: func(k *authtest.Kit) { k.Identity("x") }, want: "authenticate: Invalid or expired token"},
		"weak password":    {do: func(k *authtest.Kit) { k.SignUp("a@b.example", "password") }, want: "sign up a@b.example: Password is too common"},
		"bad config":       {options: []authtest.Option{authtest.WithConfig(func(c *tollkeeper.Config) { c.Secrets = nil })}, want: "Config.Secrets"},
		"parent is absent": {do: func(k *authtest.Kit) { k.Child(authtest.Account{ID: tollkeeper.HouseID("none")}) }, want: "make a child: "},
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
	if err := kit.Auth.RequestCode(t.Context(), tollkeeper.MailRequest{Email: email}); err != nil {
		t.Fatal(err)
	}
}
