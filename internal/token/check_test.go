package token_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// seen stands for what a caller remembers with a token.
type seen struct{ n int }

func checker(r *token.Keyring) *token.Checker[seen] {
	return token.NewChecker[seen](r, issuer, "organization", "v1")
}

// check is a check at that time, and reports whether the token is good.
func check(c *token.Checker[seen], text string, at time.Time) bool {
	_, _, ok := c.Check(text, at, new(token.Genuine))
	return ok
}

func TestATokenIsRememberedFromItsSecondSightOn(t *testing.T) {
	r := keyring(t)
	c := checker(r)
	for _, key := range []*token.Key{r.Instance(), tenantKey(t, r)} {
		text := sign(t, key, claims())
		var fresh token.Genuine
		g, place, ok := c.Check(text, now, &fresh)
		want := claims()
		want.ID, want.Parent = g.Claims.ID, g.Claims.Parent // which the hot path does not read
		if !ok || g != &fresh || g.Claims != want || g.Key.ID() != key.ID() || place != nil {
			t.Fatalf("at first sight: %+v, %t", g.Claims, ok)
		}
		second, place, ok := c.Check(text, now, &fresh)
		if !ok || second == &fresh || second.Claims != want || second.Key != g.Key || place == nil || place.Load() != nil {
			t.Fatalf("at second sight: %+v, %t", second.Claims, ok)
		}
		place.Store(&seen{7})
		third, again, ok := c.Check(strings.Clone(text), now, &fresh)
		if !ok || third != second || again.Load().n != 7 {
			t.Error("it is not remembered")
		}
		if n := testing.AllocsPerRun(200, func() { c.Check(text, now, &fresh) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		if check(c, text, now.Add(time.Hour)) {
			t.Error("memory outlives the token")
		}
		if check(c, text, now.Add(-31*time.Second)) {
			t.Error("memory knows the token before it was made")
		}
	}
}

// Whoever mints tokens and shows each of them once pushes nothing out.
func TestTokensThatAreSeenOncePushNothingOut(t *testing.T) {
	r := keyring(t)
	c := checker(r)
	own := sign(t, r.Instance(), claims())
	check(c, own, now)
	check(c, own, now)
	before := c.RememberedBytes()
	for i := range 40_000 { // 32 MB would hold some 25,000
		claims := claims()
		claims.ExpiresAt += int64(i + 1)
		if !check(c, sign(t, r.Instance(), claims), now) {
			t.Fatal("refused")
		}
	}
	if after := c.RememberedBytes(); before == 0 || after != before {
		t.Errorf("%d bytes remembered, %d before", after, before)
	}
}

// What the hot path does not read it leaves to the strict one, so that only its speed tells: this is what it reads.
func TestTheHotPathReadsClaimsAsTheyAreSigned(t *testing.T) {
	r := keyring(t)
	good := payloadOf(t, sign(t, r.Instance(), claims()))
	c, ok := token.ScanClaims(good, issuer, "organization", "v1")
	want := claims()
	want.ID, want.Parent = "", ""
	if !ok || c != want {
		t.Fatalf("read %+v, %t, want %+v", c, ok, want)
	}
	if c, ok := token.ScanClaims(good, issuer); !ok || c != want {
		t.Errorf("an audience that is not a usual one: %+v, %t", c, ok)
	}
	change := func(from, to string) string {
		if !strings.Contains(good, from) {
			t.Fatalf("no %s in %s", from, good)
		}
		return strings.Replace(good, from, to, 1)
	}
	for name, text := range map[string]string{
		"audience of all plain letters": change(`"v1"`, `" !#~"`),
		"a date of sixteen digits":      change(fmt.Sprint(now.Unix()+3600), "9007199254740992"),
		"a date of one digit":           change(fmt.Sprint(now.Unix()+3600), "9"),
	} {
		if _, ok := token.ScanClaims(text, issuer); !ok {
			t.Errorf("%s is not read: %s", name, text)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "half": good[:len(good)/2], "no end": good[:len(good)-1], "more": good + " ", "another end": good[:len(good)-1] + "]",
		"another issuer": change(issuer, issuer+"/"), "another first name": change(`"aud"`, `"aux"`), "an escape": change(`"v1"`, `"v\u0031"`),
		"a control": change(`"v1"`, "\"v\x1f\""), "a byte of 7F": change(`"v1"`, "\"v\x7f\""), "an umlaut": change(`"v1"`, `"ü"`),
		"no date": change(fmt.Sprint(now.Unix()+3600), ""), "a date of zero": change(fmt.Sprint(now.Unix()+3600), "0"),
		"a date that begins with zero": change(fmt.Sprint(now.Unix()+3600), "01"), "a negative date": change(fmt.Sprint(now.Unix()+3600), "-1"),
		"a date of seventeen digits": change(fmt.Sprint(now.Unix()+3600), "10000000000000000"), "a date that is text": change(fmt.Sprint(now.Unix()+3600), "1a"),
		"a date just above digits": change(fmt.Sprint(now.Unix()+3600), "1:"), "a date just below digits": change(fmt.Sprint(now.Unix()+3600), "1/"),
		"subject in capitals": change(account.String(), strings.ToUpper(account.String())), "a short session": change(session.String(), session.String()[1:]),
		"session in capitals": change(session.String(), strings.ToUpper(session.String())), "a short subject": change(account.String(), account.String()[1:]),
	} {
		if c, ok := token.ScanClaims(text, issuer); ok {
			t.Errorf("%s is read as %+v: %s", name, c, text)
		}
	}
}

// A signature is checked once, and a tenant's key derived once: what is remembered has its cost, so that memory is
// bounded, and tells what was remembered.
func TestWhatIsRememberedHasItsCost(t *testing.T) {
	const entry = 1 << 10
	r := keyring(t)
	c := checker(r)
	own, tenant := sign(t, r.Instance(), claims()), sign(t, tenantKey(t, r), claims())
	head := len(tenant[:strings.Index(tenant, ".")])
	want := 0
	expect := func(after string, more int) {
		t.Helper()
		want += more
		if got := c.RememberedBytes(); got != want {
			t.Errorf("after %s %d bytes are remembered, want %d", after, got, want)
		}
	}
	expect("nothing", 0)
	check(c, own, now)
	expect("the first sight of a token", 0)
	check(c, own, now)
	expect("the second", len(own)+entry)
	check(c, tenant, now)
	expect("a tenant's first token, its key", head+entry)
	check(c, tenant, now)
	expect("its second sight", len(tenant)+entry)
	check(c, tenant, now)
	c.Named(tenantKey(t, r).ID())
	expect("the same again", 0)
	c.Tenant(r.CurrentMaster(), account, 2)
	expect("a key that was asked for by name", head+entry)
	c.Named(instanceID)
	expect("the instance's key, which is always known", 0)
	body := payloadOf(t, own)
	reordered := handSigned(t, `{"typ":"JWT","kid":"`+instanceID+`","alg":"HS256"}`, body)
	check(c, reordered, now)
	check(c, reordered, now)
	expect("a token whose header is written otherwise", len(reordered)+entry)
	third, ok := r.Tenant(r.CurrentMaster(), account, 3)
	if !ok {
		t.Fatal("no tenant key")
	}
	head64 := b64.EncodeToString([]byte(`{"typ":"JWT","kid":"` + third.ID() + `","alg":"HS256"}`))
	signed := head64 + "." + b64.EncodeToString([]byte(body))
	sig, err := jwt.SigningMethodHS256.Sign(signed, []byte(third.Text()))
	if err != nil {
		t.Fatal(err)
	}
	reordered = signed + "." + b64.EncodeToString(sig)
	check(c, reordered, now)
	check(c, reordered, now)
	expect("a tenant's whose header is written otherwise, without its key", len(reordered)+entry)
}

// The hot path exists for its speed, which its verdicts do not tell: a token that it knows how to read costs less than
// half of what the strict path takes. Keys that were derived once are kept.
func TestTheHotPathIsTakenForOurOwnTokens(t *testing.T) {
	if raceDetector {
		t.Skip("allocations are counted without the race detector: go test -run HotPath ./internal/token")
	}
	_, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := keyring(t, newKey(t, ed, nil))
	master := keyring(t).Instance()
	for name, key := range map[string]*token.Key{"master": master, "tenant": tenantKey(t, r), "signing": r.Instance()} {
		c := checker(r)
		texts := make([]string, 60)
		for i := range texts {
			claims := claims()
			claims.ExpiresAt += int64(i)
			texts[i] = sign(t, key, claims)
		}
		check(c, texts[0], now) // the key has been seen
		i := 0
		hot := testing.AllocsPerRun(50, func() {
			i++
			check(c, texts[i], now)
		})
		strict := testing.AllocsPerRun(50, func() { r.Check(texts[0], issuer, now) })
		if hot >= strict/2 {
			t.Errorf("%s: %v allocations, the strict path has %v", name, hot, strict)
		}
	}
	c := checker(r)
	first, ok := c.Named(tenantKey(t, r).ID())
	if again, _ := c.Tenant(r.CurrentMaster(), account, 1); !ok || again != first {
		t.Error("a tenant's key is derived again")
	}
}

// The longest token that is read has MaxBytes, whatever makes it long. Not each key can make one of each length.
func TestTokensHaveALength(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := keyring(t, newKey(t, ed, nil))
	c := checker(r)
	lengths := map[int]bool{}
	for _, key := range []*token.Key{keyring(t).Instance(), r.Instance(), tenantKey(t, r)} {
		for n := range 400 {
			claims := claims()
			claims.ID = strings.Repeat("x", token.MaxBytes*3/4-500+n)
			text := sign(t, key, claims)
			lengths[len(text)] = true
			if ok := check(c, text, now); ok != (len(text) <= token.MaxBytes) {
				t.Fatalf("%d bytes: %t", len(text), ok)
			}
		}
	}
	if !lengths[token.MaxBytes] || !lengths[token.MaxBytes+1] {
		t.Error("no length at the bound was tried")
	}
}

// Three bytes are four characters, so that such a signature decodes whole before what is wrong behind it.
func TestNothingStandsBehindASignature(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, private, nil)
	r := keyring(t, key)
	text := sign(t, key, claims())
	if fast, strict := verdicts(r, checker(r), text); fast == "refused" || fast != strict {
		t.Fatalf("fast %s, strict %s", fast, strict)
	}
	for _, behind := range []string{"A", "!", "AA", "=", strings.Repeat("A", 171), strings.Repeat("A", 172), strings.Repeat("A", 500)} {
		if fast, strict := verdicts(r, checker(r), text+behind); fast != "refused" || strict != "refused" {
			t.Errorf("with %q behind it: fast %s, strict %s", behind, fast, strict)
		}
	}
}

func TestFirstSightOfATokenAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("allocations are counted without the race detector: go test -run Allocates ./internal/token")
	}
	r := keyring(t)
	for _, key := range []*token.Key{r.Instance(), tenantKey(t, r)} {
		c := checker(r)
		texts := make([]string, 120)
		for i := range texts {
			claims := claims()
			claims.ExpiresAt += int64(i)
			texts[i] = sign(t, key, claims)
		}
		check(c, texts[0], now) // the key has been seen
		i := 0
		if n := testing.AllocsPerRun(100, func() {
			i++
			if !check(c, texts[i], now) {
				t.Fatal("refused")
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", key.ID(), n)
		}
	}
}

func TestBadTokensAreNotRemembered(t *testing.T) {
	r := keyring(t)
	c := checker(r)
	text := sign(t, tenantKey(t, r), claims())
	for range 2 { // remembered from the second sight on
		if !check(c, text, now) {
			t.Fatal("refused")
		}
	}
	before := c.RememberedBytes()
	parts := strings.Split(text, ".")
	for i := range 2000 {
		forged := parts[0] + "." + b64.EncodeToString(fmt.Appendf(nil, `{"aud":"%d"}`, i)) + "." + parts[2]
		for range 2 {
			if check(c, forged, now) {
				t.Fatal("a forged token is taken")
			}
		}
	}
	if after := c.RememberedBytes(); after != before {
		t.Errorf("%d bytes remembered, %d before", after, before)
	}
}

func TestNamedKeysAreTheKeyringsOwn(t *testing.T) {
	r := keyring(t)
	c := checker(r)
	want := tenantKey(t, r)
	for range 2 { // derived, then from memory
		k, ok := c.Tenant(r.CurrentMaster(), account, 1)
		if !ok || k.ID() != want.ID() || k.Text() != want.Text() {
			t.Error("another tenant's key")
		}
		if k, ok := c.Named(want.ID()); !ok || k.Text() != want.Text() {
			t.Error("another key of that name")
		}
		if k, ok := c.Named(instanceID); !ok || k != r.Instance() {
			t.Error("another key of the instance's name")
		}
	}
	version := func(v string) string { // of the key id, whose last four bytes it is
		id, err := b64.DecodeString(want.ID())
		if err != nil {
			t.Fatal(err)
		}
		return b64.EncodeToString(append(id[:24], v...))
	}
	if k, ok := c.Named(version("\x7f\xff\xff\xff")); !ok || !k.IsTenantOf(r.CurrentMaster(), account, 1<<31-1) {
		t.Error("the last version is no key")
	}
	for _, kid := range []string{"", "x", instanceID + "A", want.ID()[:37] + "B", strings.Repeat("A", 38), want.ID() + "\n",
		version("\x00\x00\x00\x00"), version("\x80\x00\x00\x00"), version("\x00\x00\x00")} {
		if _, ok := c.Named(kid); ok {
			t.Errorf("%q names a key", kid)
		}
	}
	if _, ok := c.Tenant(r.CurrentMaster(), account, 0); ok {
		t.Error("version 0 is a key")
	}
}
