package page

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
)

// typedCookie keeps what was typed into a form whose session had ended when it was sent, until the same page is shown
// again. It is in that browser only: no address has it, and no other origin can set it.
const typedCookie = "__Host-typed"

const (
	mostTyped = 3000    // bytes of the cookie: more is not kept
	typedAge  = 10 * 60 // seconds
)

// whoseField is that of every form that is shown to somebody: who that is. It decides nothing but whether what was
// typed is theirs.
const whoseField = "whose"

// typed is a form that was not taken. The zero typed is none.
type typed struct {
	Page   string            `json:"p"` // its address
	Whose  string            `json:"w"` // the account that it was shown to
	Do     string            `json:"d"`
	Values map[string]string `json:"v"`
}

func (t typed) form() url.Values {
	q := url.Values{}
	for name, value := range t.Values {
		q.Set(name, value)
	}
	return q
}

// SignInAgain is where a page leads that needs a session when there is none: to sign in, by whatever way, and back.
// What was typed into these fields of its form stands there again, to be sent by the person: nothing is done by it.
// Passwords and codes are no such fields.
func (v *Visit) SignInAgain(fields ...string) string {
	if v.R.Method != http.MethodPost {
		at := v.View()
		if !Here(at) {
			at = v.here()
		}
		return v.URL(v.SignIn) + "?" + url.Values{"next": {at}}.Encode()
	}
	t := typed{Page: v.here(), Whose: v.Value(whoseField), Do: v.Value("do"), Values: map[string]string{}}
	for _, name := range fields {
		if v.R.PostForm.Has(name) {
			t.Values[name] = v.R.PostForm.Get(name)
		}
	}
	if data, err := json.Marshal(t); err == nil && len(t.Values) > 0 && base64.RawURLEncoding.EncodedLen(len(data)) <= mostTyped {
		c := noTyped()
		c.Value, c.MaxAge = base64.RawURLEncoding.EncodeToString(data), typedAge
		http.SetCookie(v.W, c)
	}
	return v.URL(v.SignIn) + "?" + url.Values{"about": {"ended"}, "next": {v.Self()}}.Encode()
}

// takeTyped returns what the browser keeps of this page's form, and has it forget that. Who is not signed in is about
// to be led away, and it stays.
func (v *Visit) takeTyped() (t typed) {
	sent := v.R.CookiesNamed(typedCookie)
	if v.By == nil || v.R.Method != http.MethodGet || len(sent) != 1 {
		return typed{}
	}
	data, err := base64.RawURLEncoding.DecodeString(sent[0].Value)
	if err != nil || json.Unmarshal(data, &t) != nil || t.Page != v.here() {
		return typed{}
	}
	http.SetCookie(v.W, noTyped())
	if t.Whose != v.By.Account.String() {
		return typed{}
	}
	return t
}

func noTyped() *http.Cookie {
	return &http.Cookie{Name: typedCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}
