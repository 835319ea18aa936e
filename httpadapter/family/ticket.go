package family

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// A browser on its way to an issuer keeps the ticket in a cookie of that way: ways that it goes side by side, in
// several tabs, all end. Nobody but the browser brings it back, so that no other site can have it end a way that it did
// not begin.

const (
	ticketPrefix = "__Host-issuer-"
	mostTickets  = 8 // of one browser: more cookies would make a header that proxies refuse
)

// ticketName is of one way. The state is known to whoever reads the address of the callback: its name gives nothing
// away.
func ticketName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return ticketPrefix + base64.RawURLEncoding.EncodeToString(sum[:9])
}

// KeptIssuer is what a browser keeps of a way to an issuer. Nobody is held to what stands beside the ticket: it only
// says what to do first. The zero KeptIssuer is nothing.
type KeptIssuer struct {
	Ticket   tollkeeper.SecretText
	Links    bool // the way is to link, which needs the session's cookie
	Remember bool // the session is to outlive the browser
	until    int64
}

func (k KeptIssuer) value() string {
	kind := "s"
	if k.Links {
		kind = "l"
	}
	return kind + kindOf(k.Remember) + "." + strconv.FormatInt(k.until, 10) + "." + string(k.Ticket)
}

// kindOf marks who wants to stay signed in.
func kindOf(remember bool) string {
	if remember {
		return "1"
	}
	return "0"
}

func parseTicket(value string) (k KeptIssuer, ok bool) {
	kind, rest, _ := strings.Cut(value, ".")
	until, ticket, found := strings.Cut(rest, ".")
	if !found || len(kind) != 2 {
		return k, false
	}
	n, err := strconv.ParseInt(until, 10, 64)
	return KeptIssuer{tollkeeper.SecretText(ticket), kind[0] == 'l', kind[1] == '1', n}, err == nil
}

func ticketCookie(name, value string, age time.Duration, posted bool) *http.Cookie {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if posted {
		c.SameSite = http.SameSiteNoneMode // the answer comes as a post of the issuer's page
	}
	return c
}

// IssuerCookies have a browser keep the ticket of a way to an issuer, whether it is to link, and whether the session is
// to outlive the browser. The oldest others that it keeps make room for it.
func IssuerCookies(r *http.Request, b tollkeeper.IssuerBegun, links, remember bool) (set []*http.Cookie) {
	until := map[string]int64{}
	for _, kept := range r.Cookies() {
		if strings.HasPrefix(kept.Name, ticketPrefix) {
			k, _ := parseTicket(kept.Value) // what is not ours goes first
			until[kept.Name] = k.until
		}
	}
	names := make([]string, 0, len(until))
	for name := range until {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(until[a], until[b]), strings.Compare(a, b)) })
	for _, name := range names[:max(0, len(names)-mostTickets+1)] {
		set = append(set, ticketCookie(name, "", -time.Second, false))
	}
	k := KeptIssuer{b.Ticket, links, remember, b.ExpiresAt.Unix()}
	return append(set, ticketCookie(ticketName(b.State), k.value(), ticketAge, b.FormPost))
}

const ticketAge = 10 * time.Minute

// IssuerFromCookie returns what the browser keeps of the way with that state. Two cookies of the name are none: one of
// them is not ours.
func IssuerFromCookie(r *http.Request, state string) KeptIssuer {
	if sent := r.CookiesNamed(ticketName(state)); len(sent) == 1 {
		k, _ := parseTicket(sent[0].Value)
		return k
	}
	return KeptIssuer{}
}

// NoIssuerCookie takes the ticket away from the browser: its way is over. Nil: it keeps none.
func NoIssuerCookie(r *http.Request, state string) *http.Cookie {
	if len(r.CookiesNamed(ticketName(state))) == 0 {
		return nil
	}
	return ticketCookie(ticketName(state), "", -time.Second, false)
}

// challengeCookie carries a sign-in between its two steps, as the session's cookie carries what comes of it: no script
// reads it, no other host sets it, no address has it.
const challengeCookie = "__Host-challenge"

// ChallengeCookie has a browser keep a challenge for as long as it is good, and whether the session is to outlive the
// browser. [ChallengeOf] is for answers in JSON.
func ChallengeCookie(s tollkeeper.SignInResult, remember bool) *http.Cookie {
	c := NoChallengeCookie()
	c.Value, c.MaxAge = kindOf(remember)+"."+string(s.Challenge), max(1, int(s.ExpiresIn/time.Second))
	return c
}

// NoChallengeCookie takes the cookie of a challenge away from a browser.
func NoChallengeCookie() *http.Cookie {
	return &http.Cookie{Name: challengeCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// ChallengeFromCookie returns what a [ChallengeCookie] has a browser keep. Empty: nothing. Two of them are none: one of
// them is not ours.
func ChallengeFromCookie(r *http.Request) (challenge tollkeeper.SecretText, remember bool) {
	sent := r.CookiesNamed(challengeCookie)
	if len(sent) != 1 {
		return "", false
	}
	kind, text, _ := strings.Cut(sent[0].Value, ".")
	return tollkeeper.SecretText(text), kind == kindOf(true)
}

// KeptChallenge returns the challenge that the browser keeps, for a page of the service. Empty: none.
func (c *Call) KeptChallenge() tollkeeper.SecretText {
	if c.cookies == nil || c.page != ownPage {
		return ""
	}
	challenge, remember := ChallengeFromCookie(c.Request)
	c.remember = c.remember || remember
	return challenge
}

// DropChallenge takes the kept challenge away from the browser, if there is one.
func (c *Call) DropChallenge() {
	if c.cookies != nil && len(c.Request.CookiesNamed(challengeCookie)) > 0 {
		c.SetCookie(NoChallengeCookie())
	}
}
