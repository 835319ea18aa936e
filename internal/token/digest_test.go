package token_test

import (
	"encoding/hex"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// Codes, locks and marks of earlier versions are found by these digests.
func TestDigestsAreThoseOfTheFirstVersion(t *testing.T) {
	r := keyring(t)
	secret, bucket := r.Secret("sign-in", "a@example.com", "123456"), r.Bucket("lock", "a", "b")
	for got, want := range map[string]string{
		hex.EncodeToString(secret[:]): "b092eac8f741e2257a4ac7b3b50e6fd97bade431694a5d63f9fcbf07802141a8",
		hex.EncodeToString(bucket[:]): "d411422fe6863641f5e4418dbef26422629ea9209b1a0a4aef3f13b4540ed322",
		r.SessionName(account):        "f87b7f64b7fea4d6",
	} {
		if got != want {
			t.Errorf("a digest is %s, want %s", got, want)
		}
	}
}

func TestPartsDoNotRunTogether(t *testing.T) {
	r := keyring(t)
	seen := map[token.Digest][]string{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"ab", ""}, {"", "ab"}} {
		d := r.Bucket(parts...)
		if other, twice := seen[d]; twice {
			t.Errorf("%q and %q have one digest", parts, other)
		}
		seen[d] = parts
	}
}

// A new master key in front forgets nothing that was counted or mailed.
func TestDigestsOutliveANewMasterKey(t *testing.T) {
	before, err := token.NewKeyring([][]byte{oldest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	after := keyring(t)
	if before.Secret("reset", "", "x") != after.Secret("reset", "", "x") || before.Bucket("x") != after.Bucket("x") || before.SessionName(session) != after.SessionName(session) {
		t.Error("digests changed")
	}
}
