package httpadapter

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// A fourth family is this: a constructor, a table, a decoder and an encoder. Nothing else of the package knows it.

func fourth(auth *tollkeeper.Authenticator, o Options) (http.Handler, error) {
	return handler(func(Options) (family, error) {
		home := tollkeeper.Tenants
		return family{
			name: "fourth", home: &home, audience: "fourth", prefixes: []string{"/f"}, shape: plainText, credential: bearer,
			replies: append(append([]reply{}, platformReplies...), at(tollkeeper.ErrInvalidCredentials, 418, "TEAPOT", "no")),
			routes: []route{
				on("POST", "/f/in", fourthSignIn, signIn, func(_ *call, s tollkeeper.SignInResult) answer { return answer{body: string(s.Token)} }),
				on("GET", "/f/parents", noBody, whoAmI, platformStatus).asks(parentOnly),
				on("GET", "/f/admins", noBody, whoAmI, platformStatus).asks(adminOnly),
				on("GET", "/f/me", noBody, whoAmI, func(_ *call, id *tollkeeper.Identity) answer { return answer{body: id.Email} }).asks(signedIn),
			},
		}, nil
	}, auth, o)
}

func plainText(code, message string) []byte { return []byte(code + ": " + message) }

func fourthSignIn(c *call) (tollkeeper.SignInRequest, error) {
	b, err := body[struct{ U, P string }](c)
	return tollkeeper.SignInRequest{Email: b.U, Password: tollkeeper.Password(b.P)}, err
}

func TestFourthFamily(t *testing.T) {
	auth := newAuth(t)
	if _, err := auth.Host().CreateAccount(t.Context(), tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "a@b.example", Password: "Vexing.Quartz9"}); err != nil {
		t.Fatal(err)
	}
	h, err := fourth(auth, Options{})
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, path, body, token string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		h.ServeHTTP(w, r)
		return w
	}
	in := send("POST", "/f/in", `{"U":"a@b.example","P":"Vexing.Quartz9"}`, "")
	me := send("GET", "/f/me", "", strings.Trim(in.Body.String(), `"`))
	if in.Code != 200 || me.Code != 200 || me.Body.String() != `"a@b.example"` {
		t.Errorf("%d %s, %d %s", in.Code, in.Body, me.Code, me.Body)
	}
	if w := send("POST", "/f/in", `{"U":"a@b.example","P":"wrong"}`, ""); w.Code != 418 || w.Body.String() != "TEAPOT: no" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestProofs: what a route asks for holds by itself, whatever the operation behind it checks.
func TestProofs(t *testing.T) {
	for _, limited := range []bool{false, true} {
		auth := newAuthWith(t, tollkeeper.Config{Accounts: tollkeeper.Accounts{RequireVerified: limited}})
		h, err := fourth(auth, Options{})
		if err != nil {
			t.Fatal(err)
		}
		token := func(spec tollkeeper.SignUpRequest) string {
			spec.Email, spec.Password, spec.Audience = "a@b.example", "Vexing.Quartz9", "fourth"
			s, err := auth.SignUp(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			return string(s.Token)
		}
		admin, err := auth.Host().Bootstrap(t.Context(), tollkeeper.BootstrapRequest{Email: "admin@b.example", Password: "Vexing.Quartz9"})
		if err != nil {
			t.Fatal(err)
		}
		boss, err := auth.SignIn(t.Context(), tollkeeper.SignInRequest{Email: admin.Email, Password: "Vexing.Quartz9", Audience: "fourth"})
		if err != nil {
			t.Fatal(err)
		}
		parent, child := token(tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants}), token(tollkeeper.SignUpRequest{})
		open := map[bool]int{false: 200, true: 403}[limited]
		for _, c := range []struct {
			path, token string
			want        int
		}{
			{"/f/me", parent, 200}, {"/f/me", child, 200},
			{"/f/parents", parent, open}, {"/f/parents", child, 403}, {"/f/parents", string(boss.Token), 403},
			{"/f/admins", parent, 403}, {"/f/admins", child, 403}, {"/f/admins", string(boss.Token), 200},
		} {
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", c.path, nil)
			r.Header.Set("Authorization", "Bearer "+c.token)
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("limited %t, %s: %d, want %d (%s)", limited, c.path, w.Code, c.want, w.Body)
			}
		}
	}
}

func TestTokensAreBoundedBeforeParsing(t *testing.T) {
	for n, want := range map[int]error{maxToken: nil, maxToken + 1: tollkeeper.ErrInvalidToken, 1 << 20: tollkeeper.ErrInvalidToken} {
		text := strings.Repeat("a", n)
		if _, err := bearer(http.Header{"Authorization": {"Bearer " + text}}); !errors.Is(err, want) {
			t.Errorf("bearer of %d bytes: %v", n, err)
		}
		if _, err := headerOrBearer(http.Header{"Token": {text}}); !errors.Is(err, want) {
			t.Errorf("token of %d bytes: %v", n, err)
		}
	}
}

func TestPlatformNames(t *testing.T) {
	number, key := tollkeeper.UnderNumber, tollkeeper.UnderKey
	for text, want := range map[string]tollkeeper.Scope{
		"1": number(1), "9007199254740992": number(1 << 53), "9007199254740993": key("9007199254740993"), "0": key("0"), "-1": key("-1"),
		"9223372036854775808": key("9223372036854775808"), "01": key("01"), "APK_X": key("APK_X"), "": key(noKey),
	} {
		if got := platformNamed(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestRetryAfterRoundsUp(t *testing.T) {
	for d, want := range map[time.Duration]int64{0: 1, -time.Second: 1, time.Nanosecond: 1, time.Second: 1, 1001 * time.Millisecond: 2, time.Hour: 3600} {
		if got := seconds(d); got != want {
			t.Errorf("%v: %d", d, got)
		}
	}
}

// TestChallengesCarryNoToken in any family (docs/WIRE.md section 4).
func TestChallengesCarryNoToken(t *testing.T) {
	s := tollkeeper.SignInResult{Challenge: "c", ExpiresIn: 5 * time.Minute}
	for want, a := range map[string]answer{
		`{"success":true,"data":{"mfaRequired":true,"challenge":"c","expiresIn":300}}`: organizationSession(nil, s),
		`{"challenge":"c"}`: v1LoggedIn(nil, s),
		`{"mfaRequired":true,"challenge":"c","expiresIn":300}`: platformSession(nil, s),
	} {
		got, err := json.Marshal(a.body)
		if err != nil || string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
		if v1 := want == `{"challenge":"c"}`; v1 != (a.status == 202) {
			t.Errorf("%s: status %d", want, a.status)
		}
	}
}

// TestDroppedIsSaid beside a session, a challenge and a new password, and only when something was (docs/WIRE.md section 4).
func TestDroppedIsSaid(t *testing.T) {
	d := tollkeeper.Dropped{Password: true, Identities: make([]tollkeeper.IssuedKey, 2)}
	for _, challenge := range []tollkeeper.SecretText{"", "c"} {
		for said, s := range map[bool]tollkeeper.SignInResult{true: {Challenge: challenge, Dropped: d}, false: {Challenge: challenge}} {
			reset := tollkeeper.Dropped{}
			if said {
				reset = d
			}
			for name, a := range map[string]answer{
				"organization": organizationSession(nil, s), "google": googleSession(nil, s), "v1": v1LoggedIn(nil, s), "platform": platformSession(nil, s),
				"organization's reset": organizationResetShown(nil, reset), "platform's reset": platformResetShown(nil, reset),
			} {
				got, err := json.Marshal(a.body)
				if err != nil || strings.Contains(string(got), `"dropped":{"password":true,"identities":2}`) != said || strings.Contains(string(got), "dropped") != said {
					t.Errorf("%s, %t: %s", name, said, got)
				}
			}
		}
	}
}
