package tollkeeper_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// R26: however many codes an address has and from wherever they are tried, no day sees more than fifty tries.
func TestCodesAreTriedFewTimesADay(t *testing.T) {
	k := authtest.New(t)
	a := k.Parent()
	tried := 0
	for minute := range 24 * 60 {
		from := tollkeeper.Client{Addr: netip.MustParseAddr(fmt.Sprintf("198.51.%d.%d", minute/250, minute%250))}
		for _, email := range []string{a.Email, "nobody@home.example"} {
			_, err := k.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: email, Code: "000000", Client: from})
			switch {
			case errors.Is(err, tollkeeper.ErrInvalidCredentials):
				tried++
			case !errors.Is(err, tollkeeper.ErrRateLimited):
				t.Fatal(err)
			}
		}
		k.Advance(time.Minute)
	}
	if tried == 0 || tried > 2*50 {
		t.Fatalf("%d tries in a day for two addresses, one of them unknown; want at most 50 each", tried)
	}
	k.Advance(2 * time.Hour)
	if err := k.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: a.Email}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: a.Email, Code: tollkeeper.SecretText(k.LastCode(a.Email))}); err != nil {
		t.Fatal("the owner is back after an hour:", err)
	}
}
