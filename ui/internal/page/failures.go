package page

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/language"
)

// Failure is an error as a page tells it.
type Failure struct {
	Status int
	Field  string // of the form; empty: none
	Text   string
	After  time.Duration // when trying again may help; zero: unknown
	Anew   bool          // what the form goes on with is over
	Final  bool          // no form can mend it: there is nothing left to fill in
}

// mistake is an error of the core in the words of one page.
type mistake struct {
	error
	field string
	key   string // of the text; empty: that of the code
}

func (m mistake) Unwrap() error { return m.error }

// At names the field of the page that one error is about, and the text for it where key is not empty. Other errors stay
// as they are.
func At(err error, which *tollkeeper.Error, field, key string) error {
	if errors.Is(err, which) {
		return mistake{err, field, key}
	}
	return err
}

// Need refuses a form in which one of these is empty, before anything is counted.
func (v *Visit) Need(fields ...string) error {
	for _, field := range fields {
		if v.R.PostForm.Get(field) == "" {
			return mistake{tollkeeper.ErrMissing, field, ""}
		}
	}
	return nil
}

// told are the texts of what people can do something about. Every other code is "error.other".
var told = map[tollkeeper.Code]string{
	tollkeeper.ErrMissing.Code:            "error.missing",
	tollkeeper.ErrInvalidEmail.Code:       "error.email",
	tollkeeper.ErrEmailTaken.Code:         "error.email-taken",
	tollkeeper.ErrInvalidCredentials.Code: "error.credentials",
	tollkeeper.ErrInvalidCode.Code:        "error.code",
	tollkeeper.ErrInvalidChallenge.Code:   "error.challenge",
	tollkeeper.ErrLocked.Code:             "error.locked",
	tollkeeper.ErrRateLimited.Code:        "error.rate",
	tollkeeper.ErrInactive.Code:           "error.inactive",
	tollkeeper.ErrSignUpClosed.Code:       "error.closed",
	tollkeeper.ErrNotRecent.Code:          "error.not-recent",
	tollkeeper.ErrInvalidLink.Code:        "error.link",
	tollkeeper.ErrLinkExpired.Code:        "error.link-expired",
	tollkeeper.ErrLinkUsed.Code:           "error.link-used",
	tollkeeper.ErrBusy.Code:               "error.busy",
	tollkeeper.ErrUnavailable.Code:        "error.busy",
	tollkeeper.ErrAlreadyVerified.Code:    "error.already",
	family.ErrCrossOrigin.Code:            "error.foreign",
}

// ended are the codes after which there is nothing left to fill in.
var ended = []*tollkeeper.Error{
	tollkeeper.ErrInvalidLink, tollkeeper.ErrLinkExpired, tollkeeper.ErrLinkUsed, tollkeeper.ErrInvalidChallenge, tollkeeper.ErrSignUpClosed,
}

// FailureOf says an error in the visitor's language. The cause of what is nobody's fault goes to the log.
func (v *Visit) FailureOf(err error) *Failure {
	known, ok := errors.AsType[*tollkeeper.Error](err)
	if !ok || known == nil {
		known = tollkeeper.ErrInternal.WithCause(err)
	}
	f := &Failure{Status: family.StatusOf(known), Field: known.Field, After: known.RetryAfter}
	switch f.Status {
	case http.StatusBadRequest, http.StatusConflict:
		f.Status = http.StatusUnprocessableEntity
	case http.StatusInternalServerError:
		v.Log.Error("ui: request failed", "path", v.Path, "error", known)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if known.Err != nil {
			v.Log.Warn("ui: request failed", "path", v.Path, "error", known)
		}
	}
	key := told[known.Code]
	if m, ok := errors.AsType[mistake](err); ok {
		f.Field = m.field
		if m.key != "" {
			key = m.key
		}
	}
	f.Anew = errors.Is(err, tollkeeper.ErrFactorState)
	for _, e := range ended {
		f.Final = f.Final || errors.Is(err, e)
	}
	switch {
	case known.Code == tollkeeper.ErrWeakPassword.Code:
		f.Text = v.weak(known.Message)
	case known.Code == tollkeeper.ErrRefused.Code:
		f.Text = known.Message // the host's own words
	case key != "":
		f.Text = v.T(key, "{wait}", language.Wait(v.lang.tag, f.After))
	default:
		f.Text = v.T("error.other")
	}
	return f
}

// Told says an error that an address names by its code. What the code does not tell is left out.
func (v *Visit) Told(code tollkeeper.Code) string {
	key, ok := told[code]
	if !ok {
		key = "error.other"
	}
	return v.T(key, "{wait}", language.Wait(v.lang.tag, 0))
}

// weaknesses are the texts of the core's own rules for passwords, by what it says of them. A policy of the host says
// its own.
var weaknesses = map[string]string{
	"Password must have at most 1,024 bytes":                                        "weak.long",
	"Password must be text":                                                         "weak.text",
	"Password is too common":                                                        "weak.common",
	"Password must not be only a repetition or a sequence":                          "weak.sequence",
	"Password must be more than a common word with digits or signs":                 "weak.word",
	"Password must not contain the name of this service":                            "weak.service",
	"Password must not contain your name or email address":                          "weak.name",
	"This password has appeared in a data breach; please choose another one":        "weak.breached",
	"Please choose a password that you have not used before":                        "weak.used",
	tollkeeper.ErrWeakPassword.Message /* of whoever says no more than the code */ : "weak.other",
}

// weak says why a password is refused.
func (v *Visit) weak(message string) string {
	if key, ok := weaknesses[message]; ok {
		return v.T(key)
	}
	if rest, ok := strings.CutPrefix(message, "Password must have at least "); ok {
		if n, ok := strings.CutSuffix(rest, " characters"); ok {
			return v.T("weak.short", "{n}", n)
		}
	}
	return message
}

// wait tells programs the same.
func (v *Visit) wait(f *Failure) {
	if f.After > 0 {
		v.W.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.After.Seconds()))))
	}
}
