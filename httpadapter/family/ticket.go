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

// keptTicket is what the cookie has. Nobody is held to links, remember and until: they only say what to do first.
type keptTicket struct {
	ticket   tollkeeper.SecretText
	links    bool // the way is to link, which needs the session's cookie
	remember bool // the session is to outlive the browser
	until    int64
}

func (k keptTicket) String() string {
	kind := "s"
	if k.links {
		kind = "l"
	}
	return kind + kindOf(k.remember) + "." + strconv.FormatInt(k.until, 10) + "." + string(k.ticket)
}

// kindOf marks who wants to stay signed in.
func kindOf(remember bool) string {
	if remember {
		return "1"
	}
	return "0"
}

func parseTicket(value string) (k keptTicket, ok bool) {
	kind, rest, _ := strings.Cut(value, ".")
	until, ticket, found := strings.Cut(rest, ".")
	if !found || len(kind) != 2 {
		return k, false
	}
	n, err := strconv.ParseInt(until, 10, 64)
	return keptTicket{tollkeeper.SecretText(ticket), kind[0] == 'l', kind[1] == '1', n}, err == nil
}

func ticketCookie(name, value string, age time.Duration, posted bool) *http.Cookie {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if posted {
		c.SameSite = http.SameSiteNoneMode // the answer comes as a post of the issuer's page
	}
	return c
}

// keepTicket has the browser keep the ticket of a way. The oldest others make room for it.
func (c *Call) keepTicket(b tollkeeper.IssuerBegun, links bool) {
	until := map[string]int64{}
	for _, kept := range c.Request.Cookies() {
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
		c.SetCookie(ticketCookie(name, "", -time.Second, false))
	}
	k := keptTicket{b.Ticket, links, c.remember, b.ExpiresAt.Unix()}
	c.SetCookie(ticketCookie(ticketName(b.State), k.String(), ticketAge, b.FormPost))
}

const ticketAge = 10 * time.Minute

// ticketOf returns the ticket of the way with that state. Two cookies of the name are none: one of them is not ours.
func (c *Call) ticketOf(state string) keptTicket {
	if sent := c.Request.CookiesNamed(ticketName(state)); len(sent) == 1 {
		k, _ := parseTicket(sent[0].Value)
		return k
	}
	return keptTicket{}
}

// dropTicket takes the ticket away from the browser: its way is over.
func (c *Call) dropTicket(state string) {
	if len(c.Request.CookiesNamed(ticketName(state))) > 0 {
		c.SetCookie(ticketCookie(ticketName(state), "", -time.Second, false))
	}
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
