package tollkeeper_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func TestSignInFromANewNetworkIsTold(t *testing.T) {
	from := func(addr string) func(*tollkeeper.SignInRequest) {
		return func(r *tollkeeper.SignInRequest) { r.Client.Addr = netip.MustParseAddr(addr) }
	}
	told := func(k *authtest.Kit, a authtest.Account) (n int) {
		for _, m := range k.Mails(a.Email) {
			if strings.Contains(string(m.Text), "a network that we have not seen before") {
				n++
			}
		}
		return n
	}
	t.Run("once per network, and not for the one that signed up", func(t *testing.T) {
		k := authtest.New(t)
		res, err := k.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ada@home.example", Password: authtest.Password, Client: tollkeeper.Client{Addr: netip.MustParseAddr("192.0.2.7")}})
		if err != nil {
			t.Fatal(err)
		}
		a := authtest.Account{ID: res.Subject.Account.ID, Email: "ada@home.example", Password: authtest.Password}
		for _, step := range []struct {
			addr string
			want int
		}{{"192.0.2.7", 0}, {"192.0.2.200", 0}, {"203.0.113.5", 1}, {"203.0.113.5", 1}, {"2001:db8::1", 2}, {"192.0.2.7", 2}} {
			k.SignIn(a, from(step.addr))
			if got := told(k, a); got != step.want {
				t.Fatalf("after %s: %d notices, want %d", step.addr, got, step.want)
			}
		}
		k.Advance(31 * 24 * time.Hour)
		k.SignIn(a, from("203.0.113.5"))
		if got := told(k, a); got != 3 {
			t.Fatalf("a network that was away for a month: %d notices, want 3", got)
		}
	})
	t.Run("unless it is turned off", func(t *testing.T) {
		for name, off := range map[string]tollkeeper.Notices{"all": {Off: true}, "this one": {NewNetworkOff: true}} {
			k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Mail.Notices = off }))
			a := k.Parent()
			k.SignIn(a, from("203.0.113.5"))
			if got := told(k, a); got != 0 {
				t.Errorf("%s: %d notices", name, got)
			}
		}
	})
}
