package tollkeeper_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// The HMAC key of a tenant is what makes these forgeries good signatures: what is refused is refused for its content.
func TestTokenIsRefused(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		secret := w.signIn(p).TenantKey
		good := apart(t, p.Token, string(secret))
		w.Identity(good.token())

		alias := func(token string) string { // the last character has unused bits
			const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
			last := strings.IndexByte(alphabet, token[len(token)-1])
			return token[:len(token)-1] + string(alphabet[last^1])
		}
		raw := func(head, body string) string { return signed(head, body, []byte(secret)) }
		body, _ := json.Marshal(good.body)
		head, _ := json.Marshal(good.head)
		twice := func(claim, value string) string {
			return strings.TrimSuffix(string(body), "}") + `,"` + claim + `":` + value + "}"
		}
		parts := strings.Split(good.token(), ".")
		now := w.Now().Unix()
		for what, token := range map[string]string{
			"empty":                      "",
			"dots":                       "..",
			"two parts":                  parts[0] + "." + parts[1],
			"four parts":                 good.token() + ".",
			"no signature":               parts[0] + "." + parts[1] + ".",
			"an alias of the signature":  alias(good.token()),
			"a line break":               parts[0] + "." + parts[1] + ".\n" + parts[2],
			"a return at its end":        good.token() + "\r",
			"a space":                    " " + good.token(),
			"padding":                    good.token() + "=",
			"Bearer and all":             "Bearer " + good.token(),
			"alg none":                   good.header("alg", "none").token(),
			"alg none without signature": strings.TrimSuffix(good.header("alg", "none").token(), "."+strings.Split(good.header("alg", "none").token(), ".")[2]) + ".",
			"alg None":                   good.header("alg", "None").token(),
			"alg hs256":                  good.header("alg", "hs256").token(),
			"alg HS384":                  good.header("alg", "HS384").token(),
			"alg HS512":                  good.header("alg", "HS512").token(),
			"alg RS256":                  good.header("alg", "RS256").token(),
			"alg EdDSA":                  good.header("alg", "EdDSA").token(),
			"no alg":                     good.header("alg", nil).token(),
			"alg twice":                  raw(strings.TrimSuffix(string(head), "}")+`,"alg":"HS256"}`, string(body)),
			"no kid":                     good.header("kid", nil).token(),
			"a path as kid":              good.header("kid", "../../dev/null").token(),
			"SQL as kid":                 good.header("kid", "x' UNION SELECT 'k").token(),
			"a long kid":                 good.header("kid", strings.Repeat("A", 65)).token(),
			"a kid that is a number":     good.header("kid", 7).token(),
			"a list of kids":             good.header("kid", []string{"a"}).token(),
			"crit":                       good.header("crit", []string{"exp"}).token(),
			"crit of our own":            good.header("crit", []string{"b64"}).header("b64", false).token(),
			"empty crit":                 good.header("crit", []string{}).token(),
			"jku":                        good.header("jku", "https://evil.example/keys").token(),
			"x5u":                        good.header("x5u", "https://evil.example/cert").token(),
			"jwk":                        good.header("jwk", map[string]any{"kty": "oct", "k": "AAAA"}).token(),
			"x5c":                        good.header("x5c", []string{"AAAA"}).token(),
			"b64":                        good.header("b64", false).token(),
			"zip":                        good.header("zip", "DEF").token(),
			"a field of nobody's":        good.header("x", 1).token(),
			"typ at+jwt":                 good.header("typ", "at+jwt").token(),
			"typ jwt":                    good.header("typ", "jwt").token(),
			"no typ":                     good.header("typ", nil).token(),
			"no exp":                     good.with("exp", nil).token(),
			"no iat":                     good.with("iat", nil).token(),
			"no nbf":                     good.with("nbf", nil).token(),
			"exp null":                   raw(string(head), strings.Replace(string(body), `"exp":`+good.body["exp"].(json.Number).String(), `"exp":null`, 1)),
			"exp as text":                good.with("exp", fmt.Sprint(now+60)).token(),
			"exp 1e300":                  good.with("exp", json.Number("1e300")).token(),
			"exp 1e19":                   good.with("exp", json.Number("10000000000000000000")).token(),
			"exp 2^63":                   good.with("exp", json.Number("9223372036854775808")).token(),
			"exp beyond 2^53":            good.with("exp", int64(1)<<53+1).token(),
			"exp a fraction":             good.with("exp", json.Number(fmt.Sprintf("%d.5", now+60))).token(),
			"exp negative":               good.with("exp", -1).token(),
			"exp NaN":                    good.with("exp", "NaN").token(),
			"exp a list":                 good.with("exp", []int64{now + 60}).token(),
			"exp passed":                 good.with("exp", now).token(),
			"exp before iat":             good.with("exp", now+10).with("iat", now+20).with("nbf", now).token(),
			"exp beyond thirty days":     good.with("exp", now+31*86_400).token(),
			"iat in the future":          good.with("iat", now+60).token(),
			"nbf in the future":          good.with("nbf", now+60).token(),
			"exp twice":                  raw(string(head), twice("exp", fmt.Sprint(now+60))),
			"sub twice":                  raw(string(head), twice("sub", `"`+p.ID.String()+`"`)),
			"sid twice, escaped":         raw(string(head), twice(`s\u0069d`, `"`+p.Identity.Session.String()+`"`)),
			"aud a list":                 good.with("aud", []string{"organization"}).token(),
			"no aud":                     good.with("aud", nil).token(),
			"an empty aud":               good.with("aud", "").token(),
			"AUD":                        good.with("aud", nil).with("AUD", "organization").token(),
			"no iss":                     good.with("iss", nil).token(),
			"iss with a slash":           good.with("iss", "https://app.example/").token(),
			"no sub":                     good.with("sub", nil).token(),
			"sub an object":              good.with("sub", map[string]any{"$ne": ""}).token(),
			"claims that are a list":     raw(string(head), "[]"),
			"claims that are no JSON":    raw(string(head), "{"),
			"claims and more":            raw(string(head), string(body)+"{}"),
			"broken UTF-8":               raw(string(head), strings.Replace(string(body), "ROOT", "RO\xffT", 1)),
			"a deep claim":               raw(string(head), twice("x", strings.Repeat("[", 60)+strings.Repeat("]", 60))),
			"more than 8 KiB":            good.with("x", strings.Repeat("A", 8<<10)).token(),
		} {
			w.refuses(what, token)
		}
	})
}

// R49: dates are read with 30 seconds of grace for clocks of other machines, exp with none.
func TestTokenTimes(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		good := apart(t, p.Token, string(w.signIn(p).TenantKey))
		now := w.Now().Unix()
		w.Identity(good.with("iat", now+29).with("nbf", now+29).token())
		short := good.with("exp", now+1).token()
		w.Identity(short)
		w.Advance(time.Second)
		w.refuses("a remembered token after its end", short)
		w.Advance(24*time.Hour - 2*time.Second)
		w.Identity(p.Token)
		w.Advance(time.Second)
		w.refuses("after its end", p.Token)
	})
}

// R57: what is too long is refused before anything is decoded.
func TestHugeTokenCostsNothing(t *testing.T) {
	alone(t, func(w *world) {
		for what, token := range map[string]string{
			"dots": strings.Repeat(".", 1<<20), "text": strings.Repeat("A", 1<<20), "three parts": strings.Repeat("A", 1<<19) + "." + strings.Repeat("A", 1<<19) + ".A",
		} {
			if n := testing.AllocsPerRun(10, func() { w.refuses(what, token) }); n > 10 {
				t.Errorf("%s: %v allocations", what, n)
			}
		}
	})
}

// A token of one family says which; Authenticate hands it on, so that the adapter can refuse it elsewhere.
func TestEveryFamilyHasItsAudienceAndKey(t *testing.T) {
	families := constants[tollkeeper.Audience](t, "store", "Audience")
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		instance := w.instanceSecret()
		for _, of := range families {
			r := attempt(p, password)
			r.Audience = of
			res, err := w.Auth.SignIn(ctx, r)
			w.ok(err)
			if id := w.Identity(string(res.Token)); id.Audience != of {
				t.Errorf("a token of %s is of %s", of, id.Audience)
			}
			key := instance
			if of == tollkeeper.AudienceOrganization {
				key = string(w.signIn(p).TenantKey)
			}
			f := apart(t, string(res.Token), key)
			w.Identity(f.token())
			for _, to := range families {
				if to != of {
					w.refuses(fmt.Sprintf("%s as %s", of, to), f.with("aud", string(to)).token())
				}
			}
			if of == tollkeeper.AudienceOrganization {
				f.key = []byte(instance)
				w.refuses("an organization's session under the instance key", f.header("kid", w.keys().Instance().ID()).token())
			}
		}
	})
}

// With refresh tokens a session outlives its access tokens: no claim makes one of them good for longer than the row says.
func TestClaimsDoNotOutliveTheRow(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := apart(t, p.Token, string(w.signIn(p).TenantKey))
		w.Advance(24 * time.Hour)
		now := w.Now().Unix()
		w.refuses("a later exp", f.with("iat", now).with("nbf", now).with("exp", now+3600).token())
		if _, err := w.Auth.Refresh(ctx, tollkeeper.SecretText(p.Refresh), tollkeeper.Client{}); err != nil {
			w.Fatalf("the session is over: %v", err)
		}
	}, func(c *tollkeeper.Config) { c.Refresh.Idle = 7 * 24 * time.Hour })
}
