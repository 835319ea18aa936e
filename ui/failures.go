package ui

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// failure is an error as a page tells it.
type failure struct {
	status int
	field  string // of the form; empty: none
	text   string
	after  time.Duration // when trying again may help; zero: unknown
	anew   bool          // what the form goes on with is over
	final  bool          // no form can mend it: there is nothing left to fill in
}

// mistake is an error of the core in the words of one page.
type mistake struct {
	error
	field string
	key   string // of the text; empty: that of the code
}

func (m mistake) Unwrap() error { return m.error }

// at names the field of the page that one error is about, and the text for it where key is not empty. Other errors stay
// as they are.
func at(err error, which *tollkeeper.Error, field, key string) error {
	if errors.Is(err, which) {
		return mistake{err, field, key}
	}
	return err
}

// need refuses a form in which one of these is empty, before anything is counted.
func (v *visit) need(fields ...string) error {
	for _, field := range fields {
		if v.r.PostForm.Get(field) == "" {
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

// failureOf says an error in the visitor's language. The cause of what is nobody's fault goes to the log.
func (v *visit) failureOf(err error) *failure {
	known, ok := errors.AsType[*tollkeeper.Error](err)
	if !ok || known == nil {
		known = tollkeeper.ErrInternal.WithCause(err)
	}
	f := &failure{status: family.StatusOf(known), field: known.Field, after: known.RetryAfter}
	switch f.status {
	case http.StatusBadRequest, http.StatusConflict:
		f.status = http.StatusUnprocessableEntity
	case http.StatusInternalServerError:
		v.log.Error("ui: request failed", "path", v.path, "error", known)
	}
	key := told[known.Code]
	if m, ok := errors.AsType[mistake](err); ok {
		f.field = m.field
		if m.key != "" {
			key = m.key
		}
	}
	f.anew = errors.Is(err, tollkeeper.ErrFactorState)
	for _, e := range ended {
		f.final = f.final || errors.Is(err, e)
	}
	switch {
	case known.Code == tollkeeper.ErrWeakPassword.Code:
		f.text = v.weak(known.Message)
	case known.Code == tollkeeper.ErrRefused.Code:
		f.text = known.Message // the host's own words
	case key != "":
		f.text = v.t(key, "{wait}", v.in(f.after))
	default:
		f.text = v.t("error.other")
	}
	return f
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
func (v *visit) weak(message string) string {
	if key, ok := weaknesses[message]; ok {
		return v.t(key)
	}
	if rest, ok := strings.CutPrefix(message, "Password must have at least "); ok {
		if n, ok := strings.CutSuffix(rest, " characters"); ok {
			return v.t("weak.short", "{n}", n)
		}
	}
	return message
}

// in says when to try again: "in 30 seconds".
func (v *visit) in(after time.Duration) string {
	switch {
	case after <= 0:
		return v.t("wait.later")
	case after <= time.Second:
		return v.t("wait.second")
	case after < time.Minute:
		return v.t("wait.seconds", "{n}", rounded(after, time.Second))
	case after <= time.Minute:
		return v.t("wait.minute")
	case after < time.Hour:
		return v.t("wait.minutes", "{n}", rounded(after, time.Minute))
	case after <= time.Hour:
		return v.t("wait.hour")
	}
	return v.t("wait.hours", "{n}", rounded(after, time.Hour))
}

// rounded counts units, the last one begun.
func rounded(d, unit time.Duration) string { return strconv.FormatInt(int64((d+unit-1)/unit), 10) }

// wait tells programs the same.
func (v *visit) wait(f *failure) {
	if f.after > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.after.Seconds()))))
	}
}
