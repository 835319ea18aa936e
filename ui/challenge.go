package ui

import (
	"net/http"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// challengeCookie carries a sign-in between its two steps, as the session's cookie carries what comes of it: no script
// reads it, no other host sets it, no address has it.
const challengeCookie = "__Host-challenge"

// remembered marks the challenge of who wants to stay signed in.
const remembered, forgotten = "1.", "0."

// setChallenge keeps the challenge in the browser for as long as it is good.
func (v *visit) setChallenge(s tollkeeper.SignInResult, remember bool) {
	c := noChallenge()
	c.Value, c.MaxAge = forgotten+string(s.Challenge), max(1, int(s.ExpiresIn/time.Second))
	if remember {
		c.Value = remembered + string(s.Challenge)
	}
	http.SetCookie(v.w, c)
}

// challenge returns what the browser keeps. Empty: nothing.
func (v *visit) challenge() (challenge tollkeeper.SecretText, remember bool) {
	sent := v.r.CookiesNamed(challengeCookie)
	if len(sent) != 1 {
		return "", false
	}
	if text, ok := strings.CutPrefix(sent[0].Value, remembered); ok {
		return tollkeeper.SecretText(text), true
	}
	text, _ := strings.CutPrefix(sent[0].Value, forgotten)
	return tollkeeper.SecretText(text), false
}

// noChallenge takes the cookie away.
func noChallenge() *http.Cookie {
	return &http.Cookie{Name: challengeCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}
