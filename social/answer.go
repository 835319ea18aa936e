package social

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// plain sets what every answer has: nobody keeps it, and the next page does not learn the address, which has a code in
// it.
func plain(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}

func reply(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	plain(w)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the client may have left
}

// deliver hands the session to the page.
func (f *flow) deliver(w http.ResponseWriter, o tollkeeper.Organization, path string, s tollkeeper.SignInResult) {
	if f.Deliver == JSON {
		reply(w, http.StatusOK, signedIn(s))
		return
	}
	target, err := url.Parse(o.AuthURLs.Successful)
	if err != nil {
		reply(w, http.StatusInternalServerError, failure("INTERNAL_SERVER_ERROR", "Internal server error"))
		return
	}
	if path != "" {
		target = &url.URL{Scheme: target.Scheme, Host: target.Host, Path: path}
	}
	name, value := "token", s.Token
	if s.Challenge != "" {
		name, value = "challenge", s.Challenge
	}
	seconds := strconv.FormatInt(int64(s.ExpiresIn/time.Second), 10)
	if f.Deliver == FormPost {
		post(w, target, name, string(value), seconds)
		return
	}
	target.Fragment, target.RawFragment = "", ""
	plain(w)
	w.Header().Set("Location", target.String()+"#"+url.Values{name: {string(value)}, "expiresIn": {seconds}}.Encode())
	w.WriteHeader(http.StatusSeeOther)
}

const submit = `document.forms[0].submit()`

var form = template.Must(template.New("form").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Signing in</title>
<form method="post" action="{{.Target}}"><input type="hidden" name="{{.Name}}" value="{{.Value}}"><input type="hidden" name="expiresIn" value="{{.Seconds}}">
<noscript><button>Continue</button></noscript></form><script>` + submit + `</script></html>
`))

func post(w http.ResponseWriter, target *url.URL, name, value, seconds string) {
	sum := sha256.Sum256([]byte(submit))
	plain(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action "+
		target.Scheme+"://"+target.Host+"; script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	_ = form.Execute(w, struct{ Target, Name, Value, Seconds string }{target.String(), name, value, seconds}) // the client may have left
}

// user is an account as this sign-in shows it (docs/WIRE.md 1.6).
type user struct {
	UserID      uuid.UUID `json:"userID"`
	Email       string    `json:"email"`
	Username    string    `json:"username"`
	AccountType string    `json:"accountType"`
	Parent      string    `json:"parentAccount"`
	PublicKey   string    `json:"publicKey"`
}

// signedIn is the answer of POST /auth/google, or the challenge of every sign-in of the organization family
// (docs/WIRE.md 4).
func signedIn(s tollkeeper.SignInResult) any {
	if s.Challenge != "" {
		type challenge struct {
			Required  bool   `json:"mfaRequired"`
			Challenge string `json:"challenge"`
			ExpiresIn int64  `json:"expiresIn"`
		}
		return struct {
			Success bool      `json:"success"`
			Data    challenge `json:"data"`
		}{true, challenge{true, string(s.Challenge), int64(s.ExpiresIn / time.Second)}}
	}
	a := s.Subject.Account
	u := user{UserID: a.ID, Email: a.Email, Username: a.Username, AccountType: "child", PublicKey: a.PublicKey}
	if s.Subject.Parent != nil {
		u.Parent = s.Subject.Parent.PublicKey
	}
	return struct {
		Success bool   `json:"success"`
		Token   string `json:"token"`
		Refresh string `json:"refreshToken,omitempty"` // where the host has turned it on
		User    user   `json:"user"`
	}{true, string(s.Token), string(s.Refresh), u}
}

func failure(code, message string) any {
	type fault struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	return struct {
		Success bool  `json:"success"`
		Error   fault `json:"error"`
	}{false, fault{code, message}}
}

// refusals are the codes that this flow can meet, as the organization family answers them.
var refusals = map[tollkeeper.Code]struct {
	status int
	code   string
}{
	tollkeeper.ErrInvalidInput.Code:        {400, "INVALID_REQUEST"},
	tollkeeper.ErrParentKeyNeeded.Code:     {400, "MISSING_PARENT_PUBLIC_KEY"},
	tollkeeper.ErrParentKeyFormat.Code:     {400, "INVALID_PARENT_PUBLIC_KEY"},
	tollkeeper.ErrUnknownParent.Code:       {400, "INVALID_PARENT_PUBLIC_KEY"},
	tollkeeper.ErrForbidden.Code:           {403, "FORBIDDEN"},
	tollkeeper.ErrNoOrganization.Code:      {400, "PARENT_NO_ORGANIZATION"},
	tollkeeper.ErrInvalidChallenge.Code:    {401, "SIGN_IN_NOT_COMPLETED"},
	tollkeeper.ErrInvalidCredentials.Code:  {401, "INVALID_CREDENTIALS"},
	tollkeeper.ErrSignUpClosed.Code:        {403, "SIGNUP_CLOSED"},
	tollkeeper.ErrRefused.Code:             {403, "REFUSED"},
	tollkeeper.ErrInactive.Code:            {403, "ACCOUNT_INACTIVE"},
	tollkeeper.ErrUnverified.Code:          {403, "EMAIL_NOT_VERIFIED"},
	tollkeeper.ErrLocked.Code:              {403, "ACCOUNT_LOCKED"},
	tollkeeper.ErrInsufficientCredits.Code: {403, "PARENT_ACCOUNT_INACTIVE"},
	tollkeeper.ErrParentInactive.Code:      {403, "PARENT_INACTIVE"},
	tollkeeper.ErrAccountGone.Code:         {404, "USER_NOT_FOUND"},
	tollkeeper.ErrParentGone.Code:          {404, "PARENT_NOT_FOUND"},
	tollkeeper.ErrNotFound.Code:            {404, "NOT_FOUND"},
	tollkeeper.ErrDisabled.Code:            {404, "NOT_FOUND"},
	tollkeeper.ErrEmailTaken.Code:          {409, "ORGANIZATION_SCOPE_CONFLICT"},
	tollkeeper.ErrConflict.Code:            {409, "CONFLICT"},
	tollkeeper.ErrRateLimited.Code:         {429, "RATE_LIMIT_EXCEEDED"},
	tollkeeper.ErrBusy.Code:                {503, "SERVICE_UNAVAILABLE"},
	tollkeeper.ErrUnavailable.Code:         {503, "SERVICE_UNAVAILABLE"},
	tollkeeper.ErrUpstream.Code:            {503, "SERVICE_UNAVAILABLE"},
}

// refuse returns an error in the organization family's shape. The cause goes to the log where it is the service's.
func (f *flow) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*tollkeeper.Error](err)
	if !ok && r.Context().Err() != nil {
		e, ok = tollkeeper.ErrUpstream, true
	}
	if !ok {
		e = tollkeeper.ErrInternal
	}
	known, ok := refusals[e.Code]
	if !ok {
		known.status, known.code, e = http.StatusInternalServerError, "INTERNAL_SERVER_ERROR", because(tollkeeper.ErrInternal, err)
	}
	if known.status >= http.StatusInternalServerError {
		f.Logger.Error("social: sign-in failed", "code", string(e.Code), "cause", e.Err)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((e.RetryAfter+time.Second-1)/time.Second), 10))
	}
	message := e.Error()
	switch e.Code {
	case tollkeeper.ErrInvalidCredentials.Code:
		message = "The sign-in was refused"
	case tollkeeper.ErrUnavailable.Code:
		message = tollkeeper.ErrUnavailable.Message // its own may say what the operator has to mend
	}
	reply(w, known.status, failure(known.code, message))
}
