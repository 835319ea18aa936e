package tollkeeper_test

import (
	"bytes"
	"image/png"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"

	"github.com/tollkeeper/tollkeeper"
)

// RFC 4226 appendix D, whose counters are steps here.
func TestHOTPVectors(t *testing.T) {
	seed := []byte("12345678901234567890")
	for i, code := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		counter := int64(i)
		step, ok := tollkeeper.MatchTOTP(seed, code, -1, time.Unix(counter*30, 0))
		if !ok || step != counter {
			t.Errorf("%d: step %d, %t", counter, step, ok)
		}
	}
}

// plainURI has nothing but what every reader of URIs reads alike: no "+", which is a space to some and a plus to others
// (RFC 3986 2.3).
var plainURI = regexp.MustCompile(`^otpauth://totp/(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+:(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+\?(?:[a-z]+=(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+&?)+$`)

// The URIs are those of Google Authenticator's "Key URI Format": the issuer stands before the label and as a parameter,
// and both are what the product is called.
func TestKeyURI(t *testing.T) {
	for _, product := range []string{
		"Acme", "ACME Co", "Müller & Söhne", "日本の会社", "日本:会社", "A:B", "A: B", "50% off", "a+b", "a&b=c", "a/b", "a//b", "a?b#c", "😀 App", `say "hi"`, "<b>x</b>",
		"Acme%3AEvil", "Acme%20", "Foo;Bar", "Foo@Bar", "back\\slash", "per%cent%", "a'b", "a`b", "[x]", "{x}", "x|y", "~", "..", "//evil", "Acme, Inc.", "Acme=", "Acme  Two", "+", "&issuer=Evil",
	} {
		story(t, func(w *world) {
			emails := []string{
				"ada@mail.example", "o'brien+tag@mail.example", "a%b@mail.example", "a/b?c#d=e&f@mail.example", "{|}~^`@mail.example", "a%3Ab@mail.example", "=?utf-8?q?x?=@mail.example", "Upper.Case@Mail.Example",
			}
			for _, email := range emails {
				e := w.Auth.Enrolment(tollkeeper.Account{Email: email}, []byte("12345678901234567890"))
				text := string(e.URL)
				u, err := url.Parse(text)
				if err != nil || !plainURI.MatchString(text) {
					w.Fatalf("%s: %v", text, err)
				}
				label, err := url.PathUnescape(strings.TrimPrefix(u.EscapedPath(), "/"))
				w.ok(err)
				issuer, account, _ := strings.Cut(label, ":")
				query, err := url.ParseQuery(u.RawQuery)
				w.ok(err)
				parameter, err := url.PathUnescape(regexp.MustCompile(`issuer=([^&]*)`).FindStringSubmatch(u.RawQuery)[1])
				w.ok(err)
				want := strings.ReplaceAll(product, ":", " ")
				if issuer != want || parameter != want || query.Get("issuer") != want || account != email {
					w.Errorf("%q, %q: %s", product, email, text)
				}
				if query.Get("secret") != string(e.Seed) || e.Seed != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" || query.Get("digits") != "6" || query.Get("period") != "30" || query.Get("algorithm") != "SHA1" {
					w.Errorf("%s, seed %s", text, string(e.Seed))
				}
			}
		}, func(c *tollkeeper.Config) { c.Product = product })
	}
}

// The longest URL is within what a QR code of the size holds.
func TestPictures(t *testing.T) {
	product, email := strings.Repeat("日", 21)+"%", strings.Repeat("%", 64)+"@"+strings.Repeat("a.", 90)+"example"
	story(t, func(w *world) {
		e := w.Auth.Enrolment(tollkeeper.Account{Email: email}, []byte("12345678901234567890"))
		img, err := png.Decode(bytes.NewReader(e.PNG()))
		w.ok(err)
		if size := img.Bounds().Size(); size.X != 256 || size.Y != 256 {
			t.Error(size)
		}
	}, func(c *tollkeeper.Config) { c.Product = product })
	for name, url := range map[string]tollkeeper.SecretText{"a short one": "otpauth://totp/a?secret=b", "none": "%"} {
		key, err := otp.NewKeyFromURL(string(url))
		if b := (tollkeeper.Enrolment{URL: url}).PNG(); err != nil {
			if b != nil {
				t.Errorf("%s has a picture", name)
			}
			continue
		} else if !samePoints(t, b, key) {
			t.Errorf("%s has the picture of another", name)
		}
	}
	if b := (tollkeeper.Enrolment{URL: "otpauth://totp/" + tollkeeper.SecretText(strings.Repeat("a", 5000))}).PNG(); b != nil {
		t.Error("a URL that no QR code holds has a picture")
	}
}

// samePoints reports whether a picture shows the key, point by point.
func samePoints(t *testing.T, picture []byte, key *otp.Key) bool {
	t.Helper()
	got, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	want, err := key.Image(256, 256)
	if err != nil || got.Bounds() != want.Bounds() {
		t.Fatal(got.Bounds(), err)
	}
	for i := range 256 * 256 {
		a, _, _, _ := got.At(i%256, i/256).RGBA()
		if b, _, _, _ := want.At(i%256, i/256).RGBA(); a != b {
			return false
		}
	}
	return true
}

// Two steps of this seed, one after the other, have the same code. Used once it is used for both: nobody who looked on
// comes in by it half a minute later (RFC 6238 5.2).
func TestACodeOfTwoStepsIsGoodOnce(t *testing.T) {
	seed, at := []byte("12345678901234567890"), time.Unix(910737*30, 0)
	step, ok := tollkeeper.MatchTOTP(seed, "911617", 0, at)
	if !ok || step != 910738 {
		t.Errorf("step %d, %t", step, ok)
	}
	if _, ok := tollkeeper.MatchTOTP(seed, "911617", step, at.Add(30*time.Second)); ok {
		t.Error("accepted again")
	}
}

// RFC 6238 appendix B, SHA-1, the last six of its eight digits.
func TestTOTPVectors(t *testing.T) {
	seed := []byte("12345678901234567890")
	for unix, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		at := time.Unix(unix, 0)
		step, ok := tollkeeper.MatchTOTP(seed, code, 0, at)
		if !ok || step != unix/30 {
			t.Errorf("%d: step %d, %t; want %d", unix, step, ok, unix/30)
		}
		if _, ok := tollkeeper.MatchTOTP(seed, code, unix/30, at); ok {
			t.Errorf("%d: accepted again", unix)
		}
		for _, away := range []time.Duration{-60 * time.Second, 60 * time.Second} {
			if _, ok := tollkeeper.MatchTOTP(seed, code, 0, at.Add(away)); ok && unix > 60 {
				t.Errorf("%d: accepted %v away", unix, away)
			}
		}
		for _, away := range []time.Duration{-30 * time.Second, 30 * time.Second} {
			if _, ok := tollkeeper.MatchTOTP(seed, code, 0, at.Add(away)); !ok {
				t.Errorf("%d: refused one step away", unix)
			}
		}
	}
}

// Recovery codes say in the store since when they are good.
func TestRecoveryCodesAreDated(t *testing.T) {
	story(t, func(w *world) {
		w.EnrolFactor(w.parent("p@example.com"))
		secrets := w.store.change().Secrets
		if len(secrets) != 10 {
			t.Fatalf("%d codes", len(secrets))
		}
		for _, s := range secrets {
			if !s.CreatedAt.Equal(w.Now()) {
				t.Errorf("made at %v, now it is %v", s.CreatedAt, w.Now())
			}
		}
	})
}
