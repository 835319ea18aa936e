package passhash_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// The parameters and the first answer are the example of Firebase's published
// scrypt utility.
const (
	firebaseSalt      = "42xEC+ixf3L2lw=="
	firebaseSeparator = "Bw=="
	firebaseKey       = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
	firebaseHash      = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
)

func firebaseText(params, hash string) string {
	return "$firebase-scrypt$" + strings.Join([]string{params, firebaseSalt, firebaseSeparator, firebaseKey, hash}, "$")
}

func TestFirebaseVectors(t *testing.T) {
	checkVectors(t, "firebase-scrypt", []vector{
		{"published", "user1password", firebaseText("v=1,n=14,r=8", firebaseHash)},
		// node: scryptSync(password, salt+separator, 32, {N: 16, r: 8, p: 1}) as
		// the key of createCipheriv("aes-256-ctr", key, Buffer.alloc(16))
		{"UTF-8", "pässwörd", firebaseText("v=1,n=4,r=8", "awu1j0U3E/4Ex9zBI4sRnMHoK82QEy2veN7+5ps2Ay0PQ6pAGAvKs6DFvlhkSL0zwxbufcInJ4vnn1P32QOqPw==")},
		{"sample", samplePassword, samples["firebase-scrypt"]},
	})
}

func TestFirebaseNeedsEveryPart(t *testing.T) {
	good := samples["firebase-scrypt"]
	for _, part := range []struct{ name, from, to string }{
		{"salt", firebaseSalt, "52xEC+ixf3L2lw=="},
		{"separator", "$" + firebaseSeparator + "$", "$Cw==$"},
		{"empty separator", "$" + firebaseSeparator + "$", "$$"},
		{"signer key", firebaseKey, "k" + firebaseKey[1:]},
		{"memory cost", "n=4", "n=5"},
		{"rounds", "r=8", "r=7"},
	} {
		t.Run(part.name, func(t *testing.T) {
			changed := strings.Replace(good, part.from, part.to, 1)
			if changed == good {
				t.Fatal("nothing was changed")
			}
			if parse(t, changed).Verify(samplePassword) {
				t.Error("verifies with another " + part.name)
			}
		})
	}
}

func TestParseRefusesFirebase(t *testing.T) {
	checkRefusals(t, []refusal{
		{"version 2", firebaseText("v=2,n=14,r=8", firebaseHash), passhash.ErrBounds},
		{"memory cost 0", firebaseText("v=1,n=0,r=8", firebaseHash), passhash.ErrBounds},
		{"memory cost 21", firebaseText("v=1,n=21,r=1", firebaseHash), passhash.ErrBounds},
		{"rounds 33", firebaseText("v=1,n=4,r=33", firebaseHash), passhash.ErrBounds},
		{"over 1 GiB", firebaseText("v=1,n=20,r=9", firebaseHash), passhash.ErrBounds},
		{"hash shorter than the key", firebaseText("v=1,n=4,r=8", "MDEy"), passhash.ErrBounds},
		{"URL-safe base64", firebaseText("v=1,n=4,r=8", strings.ReplaceAll(firebaseHash, "/", "_")), passhash.ErrMalformed},
		{"unpadded", firebaseText("v=1,n=4,r=8", strings.TrimRight(firebaseHash, "=")), passhash.ErrMalformed},
		{"no hash", strings.TrimSuffix(firebaseText("v=1,n=4,r=8", ""), "$"), passhash.ErrMalformed},
		{"no signer key", "$firebase-scrypt$v=1,n=4,r=8$MDEy$Bw==$$", passhash.ErrBounds},
		{"no salt", "$firebase-scrypt$v=1,n=4,r=8$$Bw==$" + firebaseKey + "$" + firebaseHash, passhash.ErrBounds},
	})
}
