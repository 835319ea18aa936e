package tollkeeper

import (
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Limits are the throttles of SECURITY.md section 4 and docs/WIRE.md section 4. Zero of each field means its documented
// default. Attempts against a rate are never given back.
type Limits struct {
	// SignIn are the rates of sign-in attempts per network and audience. Zero: 30 per minute and 300 per hour, for
	// [AudiencePlatform] 5 per minute, which it shares with its codes and resets.
	SignIn map[Audience][]Limit

	Lock           Limit   // per (scope, email or username, network). Zero: from the 5th failure in a row 30 s, doubling to 15 min, forgotten after 15 min
	PairCeiling    Limit   // per (email or username, network) over all scopes. Zero: 20 failures per 15 minutes
	AccountCeiling Limit   // per (scope as it was spelled, email or username) over unrecognised networks. Zero: 20 failures per hour
	EmailCeiling   Limit   // per email over unrecognised networks and all scopes. Zero: 100 failures per hour
	SignUp         []Limit // per network. Zero: 10 per hour
	Links          []Limit // of links per network. Zero: 30 per minute
	Lookups        []Limit // of look-ups by a public key, per network and origin of the page. Zero: 300 per minute
	CodeNetwork    []Limit // of mailed codes per network. Zero: 10 per hour
	CodeAddress    []Limit // of mailed codes per address, and apart from them of neutral sign-ups, silent beyond. Zero: 3 per 15 minutes and 10 per day
	CodeTries      Limit   // of wrong codes for one address by networks that did not ask for one. Zero: 10 per day
	Resend         []Limit // of verification mails per (scope, email). Zero: 1 per minute

	// Mail is what one address gets at most, over all scopes and all kinds of mail that a stranger can cause, silent
	// beyond: codes, resets, links, sign-ups that were tried, and notices of accounts whose mailbox is not proven.
	// Requests count for unknown addresses, too. Whoever has proven the mailbox of an account is not shut out by what
	// others asked for: beyond, the account gets one mail of each kind each half hour, the life of a reset. Notices to
	// proven owners count apart, per account. Zero: 10 per hour and 25 per day, which are at most 20 in any hour and
	// 50 in any day.
	Mail []Limit

	Factor        Limit // of second-factor tries per account. Zero: 5 per 15 minutes
	FactorCeiling Limit // consecutive ones; beyond, only a recovery code opens. Zero: 100

	// Attempts is where they are counted, such as store/redis; ask its Check at the start. Nil: the store.
	Attempts store.AttemptStore

	// Reset are the rates of reset mails per (scope, email) and audience. Zero: 1 per minute, for [AudiencePlatform] 3
	// per hour.
	Reset map[Audience][]Limit
}

// Rate is a Limit of n attempts per period. New refuses one of no attempts.
func Rate(n int, per time.Duration) Limit {
	if n < 1 {
		return Limit{}
	}
	return Limit{Every: (per / time.Duration(n)).Truncate(time.Millisecond), Burst: n}
}

func (l Limits) withDefaults() Limits {
	def := func(v *[]Limit, limits ...Limit) {
		if *v == nil {
			*v = limits
		}
	}
	setZero(&l.Lock, Limit{Free: 5, Base: 30 * time.Second, Max: 15 * time.Minute, Window: 15 * time.Minute})
	setZero(&l.PairCeiling, Limit{Free: 20, Window: 15 * time.Minute})
	setZero(&l.AccountCeiling, Limit{Free: 20, Window: time.Hour})
	setZero(&l.EmailCeiling, Limit{Free: 100, Window: time.Hour})
	setZero(&l.Factor, Limit{Free: 5, Window: 15 * time.Minute})
	setZero(&l.FactorCeiling, Limit{Free: 100, Window: longest})
	def(&l.SignUp, Rate(10, time.Hour))
	def(&l.Links, Rate(30, time.Minute))
	def(&l.Lookups, Rate(300, time.Minute))
	def(&l.CodeNetwork, Rate(10, time.Hour))
	def(&l.CodeAddress, Rate(3, 15*time.Minute), Rate(10, 24*time.Hour))
	setZero(&l.CodeTries, Limit{Free: 10, Window: 24 * time.Hour})
	def(&l.Resend, Rate(1, time.Minute))
	def(&l.Mail, Rate(10, time.Hour), Rate(25, 24*time.Hour))
	return l
}

// signIn returns the network rates of an audience.
func (l Limits) signIn(a Audience) []Limit {
	if r, ok := l.SignIn[a]; ok {
		return r
	}
	if a == AudiencePlatform {
		return []Limit{Rate(5, time.Minute)}
	}
	return []Limit{Rate(30, time.Minute), Rate(300, time.Hour)}
}

// reset returns the mail rates of an audience.
func (l Limits) reset(a Audience) []Limit {
	if r, ok := l.Reset[a]; ok {
		return r
	}
	if a == AudiencePlatform {
		return []Limit{Rate(3, time.Hour)}
	}
	return []Limit{Rate(1, time.Minute)}
}

// longest keeps the arithmetic of Limit far from overflow, in Go as in SQL and Lua.
const longest = 10 * 365 * 24 * time.Hour

func (l Limits) check() error {
	rates := slices.Concat(l.SignUp, l.Links, l.Lookups, l.CodeNetwork, l.CodeAddress, l.Resend, l.Mail)
	for _, r := range l.SignIn {
		rates = append(rates, r...)
	}
	for _, r := range l.Reset {
		rates = append(rates, r...)
	}
	for _, r := range rates {
		if !isRate(r) {
			return bad("Limits", "has a rate without Every and Burst, not in whole milliseconds, or longer than ten years")
		}
	}
	if k := l.Lock; k.Free < 1 || k.Base < time.Millisecond || k.Base > time.Hour || k.Max < k.Base || k.Max > longest || k.Window <= 0 || k.Window > longest || k.Every != 0 || !wholeMillis(k.Base, k.Max, k.Window) {
		return bad("Limits.Lock", "must have Free, Base of at most an hour, Max and Window in whole milliseconds, and no Every")
	}
	for _, c := range []Limit{l.PairCeiling, l.AccountCeiling, l.EmailCeiling, l.CodeTries, l.Factor, l.FactorCeiling} {
		if c.Free < 1 || c.Window < time.Millisecond || c.Window > longest || c.Every != 0 || c.Base != 0 || !wholeMillis(c.Window) {
			return bad("Limits", "has a ceiling without Free and Window, or with more than these")
		}
	}
	return nil
}

// isRate reports whether it is a rate that stores can count.
func isRate(l Limit) bool {
	return l.Every >= time.Millisecond && l.Burst >= 1 && wholeMillis(l.Every) && l.Every <= longest/time.Duration(l.Burst)
}

func wholeMillis(ds ...time.Duration) bool {
	return !slices.ContainsFunc(ds, func(d time.Duration) bool { return d%time.Millisecond != 0 })
}
