package tollkeeper

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/passhash"
	"github.com/tollkeeper/tollkeeper/internal/token"
)

// detach copies whatever the caller could still change: they may wipe their keys as soon as New has returned.
func (c *Config) detach() {
	c.Secrets = slices.Clone(c.Secrets)
	for i, k := range c.Secrets {
		c.Secrets[i] = slices.Clone(k)
	}
	c.Tokens.SigningKeys, c.Accounts.Labels, c.Factors.RequiredRoles = slices.Clone(c.Tokens.SigningKeys), slices.Clone(c.Accounts.Labels), slices.Clone(c.Factors.RequiredRoles)
	c.Passwords.Imported = slices.Clone(c.Passwords.Imported)
	c.Tokens.PerAudience, c.Social.Issuers = maps.Clone(c.Tokens.PerAudience), maps.Clone(c.Social.Issuers)
	c.Social.SharedClients, c.Social.App = slices.Clone(c.Social.SharedClients), slices.Clone(c.Social.App)
	c.Social.Names = maps.Clone(c.Social.Names)
	c.Passkeys.Origins = slices.Clone(c.Passkeys.Origins)
	c.Mail.Languages = slices.Clone(c.Mail.Languages)
	l := &c.Limits
	l.SignIn, l.Reset = cloneRates(l.SignIn), cloneRates(l.Reset)
	for _, rates := range []*[]Limit{&l.SignUp, &l.Links, &l.Lookups, &l.CodeNetwork, &l.CodeAddress, &l.Resend, &l.Mail} {
		*rates = slices.Clone(*rates)
	}
	if c.Credits != nil {
		credits := *c.Credits
		credits.Prices, credits.Packages = maps.Clone(credits.Prices), maps.Clone(credits.Packages)
		c.Credits = &credits
	}
}

func cloneRates(m map[Audience][]Limit) map[Audience][]Limit {
	m = maps.Clone(m)
	for audience, rates := range m {
		m[audience] = slices.Clone(rates)
	}
	return m
}

func (c Config) checkSecrets() error {
	if len(c.Secrets) == 0 {
		return bad("Secrets", "needs at least one master key")
	}
	seen := map[string]bool{}
	for _, k := range c.Secrets {
		if len(k) < 32 {
			return bad("Secrets", "has a master key of less than 32 bytes")
		}
		if token.Guessable(k) {
			return bad("Secrets", "has a master key that is made of a constant, which everybody knows: see NewMasterKey")
		}
		if seen[string(k)] {
			return bad("Secrets", "has the same master key twice")
		}
		seen[string(k)] = true
	}
	return nil
}

func (c Config) checkTimes() error {
	ttl := func(d time.Duration) bool { return d >= time.Second && d <= maxTTL }
	if !ttl(c.Tokens.TTL) {
		return bad("Tokens.TTL", "must be between 1 second and 30 days")
	}
	for _, d := range c.Tokens.PerAudience {
		if !ttl(d) {
			return bad("Tokens.PerAudience", "must be between 1 second and 30 days")
		}
	}
	if c.Tokens.Most < 1 || c.Tokens.Most > 10_000 {
		return bad("Tokens.Most", "must be between 1 and 10,000")
	}
	if c.Tokens.Idle != 0 && c.Tokens.Idle < time.Minute {
		return bad("Tokens.Idle", "must be at least a minute")
	}
	if c.Refresh.Idle < 0 || c.Refresh.Idle > 0 && c.Refresh.Absolute < c.Refresh.Idle {
		return bad("Refresh", "must have Idle not above Absolute")
	}
	if c.Refresh.Grace > time.Minute {
		return bad("Refresh.Grace", "must be at most a minute")
	}
	if c.Passwords.History < 0 || c.Passwords.History > maxHistory {
		return bad("Passwords.History", "must be between 0 and 24")
	}
	if c.Hooks.Wait < 0 || c.Hooks.Wait > time.Minute {
		return bad("Hooks.Wait", "must be between 0 and a minute")
	}
	if c.Passwords.Expiry < 0 {
		return bad("Passwords.Expiry", "must not be negative")
	}
	if c.Tokens.Staleness < 0 || c.Tokens.Staleness > 5*time.Minute {
		return bad("Tokens.Staleness", "must be between 0 and 5 minutes")
	}
	return nil
}

func (c Config) checkNames() error {
	for _, l := range c.Accounts.Labels {
		if !labelPattern.MatchString(string(l)) {
			return bad("Accounts.Labels", "must be lower-case words of up to 32 letters, digits, '-' and '_'")
		}
	}
	for _, m := range []SignUpMode{c.Accounts.SignUp.App, c.Accounts.SignUp.Tenants, c.Accounts.SignUp.Children} {
		if m != SignUpOpen && m != SignUpInvitation && m != SignUpClosed {
			return bad("Accounts.SignUp", "must be open, invitation or closed")
		}
	}
	if len(c.Product) > 64 || canon.HasControl(c.Product) {
		return bad("Product", "must be at most 64 bytes without control characters")
	}
	if canon.HasControl(c.Tokens.Issuer) {
		return bad("Tokens.Issuer", "must not have control characters")
	}
	return nil
}

func (c Config) checkSocial() error {
	for name, v := range c.Social.Issuers {
		if name == "" || v == nil || !canon.ValidLine(name, 256) {
			return bad("Social.Issuers", "has an issuer without name or verifier")
		}
	}
	if !validIssuers(c.Social.App) {
		return bad("Social.App", "names an issuer twice, too many, or one without name or client id")
	}
	for _, s := range c.Social.App {
		if c.Social.Issuers[s.Issuer] == nil {
			return bad("Social.App", "names the issuer "+s.Issuer+", which is not in Social.Issuers: there are "+strings.Join(slices.Sorted(maps.Keys(c.Social.Issuers)), ", "))
		}
		if s.ClientID == "" {
			return bad("Social.App", "names the issuer "+s.Issuer+" without a client id")
		}
		if _, begins := c.Social.Issuers[s.Issuer].(Issuer); begins && s.Enabled && c.Social.name(s.Issuer) == "" {
			return bad("Social.Names", "needs a name for "+s.Issuer+", by which addresses call it: no page could lead there")
		}
	}
	named := map[string]string{}
	for issuer := range c.Social.Issuers {
		name := c.Social.name(issuer)
		if name == "" && c.Social.Names[issuer] == "" {
			continue // no address calls it
		}
		if !issuerNamePattern.MatchString(name) {
			return bad("Social.Names", "has "+name+", which is not of 1 to 64 lower-case letters, digits and hyphens")
		}
		if other, taken := named[name]; taken {
			return bad("Social.Names", "needs another name than "+name+" for "+min(issuer, other)+" or "+max(issuer, other))
		}
		named[name] = issuer
	}
	for issuer := range c.Social.Names {
		if c.Social.Issuers[issuer] == nil {
			return bad("Social.Names", "names the issuer "+issuer+", which is not in Social.Issuers")
		}
	}
	return nil
}

var issuerNamePattern = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

func (c Config) checkCredits() error {
	if c.Credits == nil {
		return nil
	}
	const most = 1 << 40
	for op, price := range c.Credits.Prices {
		if op == "" || price < 0 || price > most {
			return bad("Credits.Prices", "must be between 0 and 2^40 credits")
		}
	}
	if c.Credits.InitialCredits > most || c.Credits.InitialFreeUsers > most {
		return bad("Credits", "gives more than 2^40 at the start")
	}
	for name, p := range c.Credits.Packages {
		if p.Type != name || p.Credits <= 0 || p.Credits > most || p.FreeUsers < 0 || p.FreeUsers > most || p.PriceCents < 0 {
			return bad("Credits.Packages", "has a package "+name+" that is not of that Type or has figures out of range")
		}
	}
	return nil
}

func (h Hash) check() error {
	p := passhash.Params{Memory: h.Memory, Time: h.Time, Threads: h.Threads}
	if err := p.Validate(!h.UnsafeForTests); err != nil {
		return bad("Passwords.Hash", "is too weak or too strong: "+err.Error())
	}
	if h.Parallel < 1 || h.Queue < 0 || h.Wait < 0 {
		return bad("Passwords.Hash", "must have Parallel above zero, Queue and Wait not below")
	}
	if h.UnsafeForTests {
		return nil
	}
	if err := passhash.Derive(h.Derive).Check(); err != nil {
		return bad("Passwords.Hash", "computes its hashes otherwise than argon2id: "+err.Error())
	}
	return nil
}

func (m Mail) checkLinks() error {
	if err := m.Links.check("Mail.Links"); err != nil {
		return err
	}
	for scope, l := range m.ScopeLinks {
		if _, known := scope.ID(); !known {
			return bad("Mail.ScopeLinks", "must be of the app's own users, of tenants or below a parent named by its id")
		}
		if err := l.check("Mail.ScopeLinks"); err != nil {
			return err
		}
	}
	return nil
}

func (l Links) check(field string) error {
	for _, path := range []string{l.Verify, l.Reset, l.ChangeEmail, l.SignIn, l.SignInLink} {
		if !canon.ValidPath(path) {
			return bad(field, "must be paths of letters, digits, '/', '-' and '_'")
		}
	}
	return nil
}
