package token_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// What is refused here has a good signature, so that it is refused for what it says, at first sight and by the strict path.
func TestBothPathsRefuse(t *testing.T) {
	r := keyring(t)
	head := instanceHeader()
	body := payloadOf(t, sign(t, r.Instance(), claims()))
	header := func(from, to string) string { return handSigned(t, strings.Replace(head, from, to, 1), body) }
	claim := func(from, to string) string { return handSigned(t, head, strings.Replace(body, from, to, 1)) }
	date := fmt.Sprint(now.Unix())
	id := account.String()
	if !check(checker(r), handSigned(t, head, body), now) {
		t.Fatal("a good token is refused")
	}
	for name, text := range map[string]string{
		"alg none":               header(`"HS256"`, `"none"`),
		"alg HS384":              header(`"HS256"`, `"HS384"`),
		"alg in lower case":      header(`"HS256"`, `"hs256"`),
		"no alg":                 header(`"alg":"HS256",`, ""),
		"alg twice":              header(`{`, `{"alg":"HS256",`),
		"no typ":                 header(`,"typ":"JWT"`, ""),
		"another typ":            header(`"JWT"`, `"at+jwt"`),
		"no kid":                 header(instanceID, ""),
		"a long kid":             header(instanceID, strings.Repeat("A", 65)),
		"another kid":            header(instanceID, "A"+instanceID[1:]),
		"crit":                   header(`{`, `{"crit":["exp"],`),
		"empty crit":             header(`{`, `{"crit":[],`),
		"jku":                    header(`{`, `{"jku":"https://evil.example",`),
		"x5u":                    header(`{`, `{"x5u":"https://evil.example",`),
		"jwk":                    header(`{`, `{"jwk":{},`),
		"x5c":                    header(`{`, `{"x5c":[],`),
		"b64":                    header(`{`, `{"b64":false,`),
		"zip":                    header(`{`, `{"zip":"DEF",`),
		"enc":                    header(`{`, `{"enc":"A256GCM",`),
		"cty":                    header(`{`, `{"cty":"JWT",`),
		"x5t":                    header(`{`, `{"x5t":"AAAA",`),
		"crit null":              header(`{`, `{"crit":null,`),
		"an unknown field":       header(`{`, `{"new":[1],`),
		"an empty name":          header(`{`, `{"":"",`),
		"KID besides kid":        header(`{`, `{"KID":"x",`),
		"another for alg":        header(`"alg"`, `"new"`),
		"no fields":              handSigned(t, `{}`, body),
		"a header that is null":  handSigned(t, `null`, body),
		"a header that is text":  handSigned(t, `"x"`, body),
		"sub in capitals":        claim(`"sub":"`+id, `"sub":"`+strings.ToUpper(id)),
		"sub without dashes":     claim(`"sub":"`+id, `"sub":"`+strings.ReplaceAll(id, "-", "")),
		"sub as a URN":           claim(`"sub":"`+id, `"sub":"urn:uuid:`+id),
		"sub in braces":          claim(`"sub":"`+id, `"sub":"{`+id+`}`),
		"sub nobody":             claim(`"sub":"`+id, `"sub":"00000000-0000-0000-0000-000000000000`),
		"sid in capitals":        claim(`"sid":"`+session.String(), `"sid":"`+strings.ToUpper(session.String())),
		"no sid":                 claim(`"sid"`, `"sit"`),
		"exp twice":              claim(`{`, `{"exp":1800000001,`),
		"exp as text":            claim(`"exp":1800003600`, `"exp":"1800003600"`),
		"exp a fraction":         claim(`"exp":1800003600`, `"exp":1800003600.5`),
		"exp beyond 2^53":        claim(`"exp":1800003600`, `"exp":9007199254740993`),
		"exp beyond thirty days": claim(`"exp":1800003600`, fmt.Sprintf(`"exp":%d`, now.Unix()+30*86_400+1)),
		"exp now":                claim(`"exp":1800003600`, `"exp":`+date),
		"iat to come":            claim(`"iat":`+date, `"iat":1800000031`),
		"nbf to come":            claim(`"nbf":`+date, `"nbf":1800000031`),
		"no nbf":                 claim(`"nbf"`, `"nbg"`),
		"aud empty":              claim(`"v1"`, `""`),
		"aud a list":             claim(`"v1"`, `["v1"]`),
		"iss with a slash":       claim(issuer, issuer+"/"),
		"claims that are a list": handSigned(t, head, "["+body+"]"),
		"claims that are null":   handSigned(t, head, "null"),
		"claims and more":        handSigned(t, head, body+"{}"),
		"claims in capitals":     claim(`"aud"`, `"AUD"`),
		"sid nobody":             claim(`"sid":"`+session.String(), `"sid":"00000000-0000-0000-0000-000000000000`),
		"exp before iat":         claim(`"exp":1800003600,"iat":`+date, `"exp":1800000010,"iat":1800000020`),
		"exp at iat":             claim(`"exp":1800003600,"iat":`+date, `"exp":1800000010,"iat":1800000010`),
		"nbf of zero":            claim(`"nbf":`+date, `"nbf":0`),
		"nbf below zero":         claim(`"nbf":`+date, `"nbf":-1`),
		"a jti beyond 8 KiB":     claim(`"jti":"x"`, `"jti":"`+strings.Repeat("A", token.MaxBytes)+`"`),
		"more than 8 KiB":        claim(`{`, `{"x":"`+strings.Repeat("A", token.MaxBytes)+`",`),
	} {
		if fast, strict := verdicts(r, checker(r), text); fast != "refused" || strict != "refused" {
			t.Errorf("%s: fast %s, strict %s", name, fast, strict)
		}
	}
	for name, text := range map[string]string{
		"iat ahead by the leeway":  claim(`"iat":`+date, `"iat":1800000030`),
		"nbf ahead by the leeway":  claim(`"nbf":`+date, `"nbf":1800000030`),
		"nbf long ago":             claim(`"nbf":`+date, `"nbf":1`),
		"a claim of later times":   claim(`{`, `{"new":[1],`),
		"white space":              claim(`,`, ` , `),
		"thirty days":              claim(`"exp":1800003600`, fmt.Sprintf(`"exp":%d`, now.Add(token.MaxTTL).Unix())),
		"headers in another order": handSigned(t, `{"typ":"JWT","kid":"`+instanceID+`","alg":"HS256"}`, body),
	} {
		if fast, strict := verdicts(r, checker(r), text); fast == "refused" || fast != strict {
			t.Errorf("%s: fast %s, strict %s", name, fast, strict)
		}
	}
}

// whole encodes the text, filled up to whole groups of three bytes where it has %s: a decoder that goes on after an error
// has all of it, then.
func whole(format string) string {
	for n := 0; ; n++ {
		if text := fmt.Sprintf(format, strings.Repeat("x", n)); len(text)%3 == 0 {
			return b64.EncodeToString([]byte(text))
		}
	}
}

func TestNothingStandsBehindTheClaims(t *testing.T) {
	r := keyring(t)
	claims := strings.Replace(payloadOf(t, sign(t, r.Instance(), claims())), `"jti":"x"`, `"jti":"%s"`, 1)
	for behind, good := range map[string]bool{"": true, "A": false, "AA": false, "AAA": false} {
		signed := b64.EncodeToString([]byte(instanceHeader())) + "." + whole(claims) + behind
		sig, err := jwt.SigningMethodHS256.Sign(signed, instanceSecret)
		if err != nil {
			t.Fatal(err)
		}
		fast, strict := verdicts(r, checker(r), signed+"."+b64.EncodeToString(sig))
		if fast != strict || (fast != "refused") != good {
			t.Errorf("with %q behind them: fast %s, strict %s", behind, fast, strict)
		}
	}
}

func TestParseLooksAtTheShapeFirst(t *testing.T) {
	good := sign(t, keyring(t).Instance(), claims())
	parts := strings.Split(good, ".")
	for name, text := range map[string]string{
		"nothing": "", "dots": "..", "two parts": parts[0] + "." + parts[1], "four parts": good + ".", "no signature": parts[0] + "." + parts[1] + ".",
		"no claims": parts[0] + ".." + parts[2], "padding": good + "=", "a space": " " + good, "a line break": strings.Replace(good, ".", ".\n", 1),
		"a return": good + "\r", "another alphabet": strings.Replace(good, ".", ".+/", 1), "an umlaut": good + "ä", "broken UTF-8": good + "\xff",
		"long": good + strings.Repeat("A", token.MaxBytes), "an alias of the header": parts[0][:len(parts[0])-1] + "R." + parts[1] + "." + parts[2],
	} {
		if u, ok := token.Parse(text); ok || u != (token.Unverified{}) {
			t.Errorf("%s: %+v", name, u)
		}
	}
	exact := func(n int) string {
		return parts[0] + "." + strings.Repeat("A", n-len(parts[0])-len(parts[2])-2) + "." + parts[2]
	}
	if _, ok := token.Parse(exact(token.MaxBytes)); !ok {
		t.Error("a token of the most bytes is refused")
	}
	if _, ok := token.Parse(exact(token.MaxBytes + 1)); ok {
		t.Error("one byte more is taken")
	}
	if _, ok := token.Parse("." + parts[1] + "." + parts[2]); ok {
		t.Error("a token without a header is taken")
	}
	if _, ok := token.Parse(b64.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT","kid":"`+strings.Repeat("k", token.MaxKid)+`"}`)) + ".A.A"); !ok {
		t.Error("a kid of the most bytes is refused")
	}
	if _, ok := token.Parse(b64.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT","kid":"`+strings.Repeat("k", token.MaxKid+1)+`"}`)) + ".A.A"); ok {
		t.Error("a longer kid is read")
	}
	for name, header := range map[string]string{
		"no kid": `{"alg":"HS256","typ":"JWT"}`, "an empty kid": `{"alg":"HS256","kid":"","typ":"JWT"}`, "an empty alg": `{"alg":"","kid":"k","typ":"JWT"}`,
		"another typ": `{"alg":"HS256","kid":"k","typ":"at+jwt"}`, "no JSON": `{"alg":`,
		"crit": `{"alg":"HS256","kid":"k","typ":"JWT","crit":["exp"]}`, "jwk": `{"alg":"HS256","kid":"k","typ":"JWT","jwk":{}}`,
	} {
		if u, ok := token.Parse(b64.EncodeToString([]byte(header)) + ".A.A"); ok || u != (token.Unverified{}) {
			t.Errorf("a header with %s: %+v", name, u)
		}
	}
	if u, ok := token.Parse(whole(`{"alg":"HS256","kid":"k%s","typ":"JWT"}`) + "A.A.A"); ok {
		t.Errorf("a header with something behind it: %+v", u)
	}
	if u, ok := token.Parse(good); !ok || u.KeyID != instanceID {
		t.Errorf("a good one: %+v, %t", u, ok)
	}
}

// A token of a tenant serves whoever holds the tenant's secret alone, whatever version its id names.
func TestASharedKeyVerifiesItsTenantsTokens(t *testing.T) {
	r := keyring(t)
	k := tenantKey(t, r)
	u, ok := token.Parse(sign(t, k, claims()))
	if !ok {
		t.Fatal("no token")
	}
	c, ok := u.Verify(token.NewSharedKey(k.Text()))
	if !ok || c != claims() || !c.Good(issuer, now.Add(time.Minute)) {
		t.Errorf("%+v, %t", c, ok)
	}
	if c, ok := u.Verify(token.NewSharedKey(k.Text() + "x")); ok || c != (token.Claims{}) {
		t.Error("another secret verifies it")
	}
	if c, ok := u.Verify(r.Instance()); ok || c != (token.Claims{}) {
		t.Error("the instance's key verifies it")
	}
}
