package tollkeeper_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func minimal() tollkeeper.Config {
	return tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "https://app.example",
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil }),
		},
		Passwords: tollkeeper.Passwords{Hash: tollkeeper.Hash{Memory: 64, Time: 1, UnsafeForTests: true}},
	}
}

// New refuses what could only fail later, and names the field.
func TestConfigIsChecked(t *testing.T) {
	same := tollkeeper.NewMasterKey()
	for name, c := range map[string]struct {
		field  string
		change func(*tollkeeper.Config)
	}{
		"no secrets":        {"Secrets", func(c *tollkeeper.Config) { c.Secrets = nil }},
		"a short secret":    {"Secrets", func(c *tollkeeper.Config) { c.Secrets = append(c.Secrets, make([]byte, 31)) }},
		"a secret of zeros": {"Secrets", func(c *tollkeeper.Config) { c.Secrets = []tollkeeper.MasterKey{make(tollkeeper.MasterKey, 32)} }},
		"a secret of one letter": {"Secrets", func(c *tollkeeper.Config) {
			c.Secrets = []tollkeeper.MasterKey{tollkeeper.NewMasterKey(), tollkeeper.MasterKey(strings.Repeat("k", 40))}
		}},
		"a secret twice":         {"Secrets", func(c *tollkeeper.Config) { c.Secrets = []tollkeeper.MasterKey{same, same} }},
		"no mailer":              {"Mail.Mailer", func(c *tollkeeper.Config) { c.Mail.Mailer = nil }},
		"no base":                {"BaseURL", func(c *tollkeeper.Config) { c.BaseURL = "" }},
		"a plain base":           {"BaseURL", func(c *tollkeeper.Config) { c.BaseURL = "http://app.example" }},
		"a base with a query":    {"BaseURL", func(c *tollkeeper.Config) { c.BaseURL += "?x=1" }},
		"a base with a user":     {"BaseURL", func(c *tollkeeper.Config) { c.BaseURL = "https://u:p@app.example" }},
		"a base with a break":    {"BaseURL", func(c *tollkeeper.Config) { c.BaseURL += "/\r\nX: y" }},
		"a short life":           {"Tokens.TTL", func(c *tollkeeper.Config) { c.Tokens.TTL = time.Millisecond }},
		"a long life":            {"Tokens.TTL", func(c *tollkeeper.Config) { c.Tokens.TTL = 31 * 24 * time.Hour }},
		"a negative life":        {"Tokens.TTL", func(c *tollkeeper.Config) { c.Tokens.TTL = -1 }},
		"a family's long life":   {"Tokens.PerAudience", func(c *tollkeeper.Config) { c.Tokens.PerAudience = map[tollkeeper.Audience]time.Duration{"v1": 1e18} }},
		"refresh beyond its end": {"Refresh", func(c *tollkeeper.Config) { c.Refresh.Idle, c.Refresh.Absolute = time.Hour, time.Minute }},
		"a negative refresh":     {"Refresh", func(c *tollkeeper.Config) { c.Refresh.Idle = -1 }},
		"a long grace":           {"Refresh.Grace", func(c *tollkeeper.Config) { c.Refresh.Idle, c.Refresh.Grace = time.Hour, time.Hour }},
		"an empty signing key":   {"Tokens.SigningKeys", func(c *tollkeeper.Config) { c.Tokens.SigningKeys = make([]tollkeeper.SigningKey, 1) }},
		"a label in capitals":    {"Accounts.Labels", func(c *tollkeeper.Config) { c.Accounts.Labels = []tollkeeper.Role{"Editor"} }},
		"a mode of sign-up":      {"Accounts.SignUp", func(c *tollkeeper.Config) { c.Accounts.SignUp.Children = "Open" }},
		"an app's issuer that nobody verifies": {"Social.App", func(c *tollkeeper.Config) {
			c.Social.App = []tollkeeper.IssuerSettings{{Issuer: "https://none.example", Enabled: true, ClientID: "c"}}
		}},
		"an app's issuer without client":    {"Social.App", appAt(tollkeeper.IssuerSettings{Issuer: tollkeeper.IssuerGoogle})},
		"an app's issuer on without client": {"Social.App", appAt(tollkeeper.IssuerSettings{Issuer: tollkeeper.IssuerGoogle, Enabled: true})},
		"an app's issuer twice": {"Social.App", appAt(
			tollkeeper.IssuerSettings{Issuer: tollkeeper.IssuerGoogle, ClientID: "c"}, tollkeeper.IssuerSettings{Issuer: tollkeeper.IssuerGoogle, ClientID: "d"},
		)},
		"a name of no issuer":          {"Social.Names", func(c *tollkeeper.Config) { c.Social.Names = map[string]string{"https://none.example": "none"} }},
		"an issuer's name in capitals": {"Social.Names", googleNamed("Google")},
		"an issuer's name in a path":   {"Social.Names", googleNamed("a/b")},
		"two issuers of one name": {"Social.Names", func(c *tollkeeper.Config) {
			c.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: issuer{}, "https://other.example": issuer{}}
			c.Social.Names = map[string]string{"https://other.example": "google"}
		}},
		"a weak hash":       {"Passwords.Hash", func(c *tollkeeper.Config) { c.Passwords.Hash.UnsafeForTests = false }},
		"a hash of nothing": {"Passwords.Imported", func(c *tollkeeper.Config) { c.Passwords.Imported = []tollkeeper.SecretText{""} }},
		"a hash of days": {"Passwords.Imported", func(c *tollkeeper.Config) {
			c.Passwords.Imported = []tollkeeper.SecretText{"$2y$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}
		}},
		"a hash of its own": {"Passwords.Hash", func(c *tollkeeper.Config) {
			c.Passwords.Hash = tollkeeper.Hash{Derive: func(_, _ []byte, _, _ uint32, _ uint8, size uint32) []byte { return make([]byte, size) }}
		}},
		"a hash that panics": {"Passwords.Hash", func(c *tollkeeper.Config) {
			c.Passwords.Hash = tollkeeper.Hash{Derive: func(_, _ []byte, _, _ uint32, _ uint8, _ uint32) []byte { panic("no") }}
		}},
		"no place to hash":      {"Passwords.Hash", func(c *tollkeeper.Config) { c.Passwords.Hash.Parallel = -1 }},
		"a hash of a terabyte":  {"Passwords.Hash", func(c *tollkeeper.Config) { c.Passwords.Hash.Memory = 1 << 30 }},
		"a rate of nothing":     {"Limits", func(c *tollkeeper.Config) { c.Limits.SignUp = []tollkeeper.Limit{{}} }},
		"look-ups of nothing":   {"Limits", func(c *tollkeeper.Config) { c.Limits.Lookups = []tollkeeper.Limit{{}} }},
		"a rate of none":        {"Limits", func(c *tollkeeper.Config) { c.Limits.SignUp = []tollkeeper.Limit{tollkeeper.Rate(0, time.Minute)} }},
		"a lock that is a rate": {"Limits.Lock", func(c *tollkeeper.Config) { c.Limits.Lock = tollkeeper.Rate(1, time.Minute) }},
		"a ceiling of nothing":  {"Limits", func(c *tollkeeper.Config) { c.Limits.PairCeiling = tollkeeper.Limit{Free: 1} }},
		"a hook that may hang":  {"Hooks.Wait", func(c *tollkeeper.Config) { c.Hooks.Wait = time.Hour }},
		"a negative wait":       {"Hooks.Wait", func(c *tollkeeper.Config) { c.Hooks.Wait = -1 }},
		"negative expiry":       {"Passwords.Expiry", func(c *tollkeeper.Config) { c.Passwords.Expiry = -1 }},
		"stale for an hour":     {"Tokens.Staleness", func(c *tollkeeper.Config) { c.Tokens.Staleness = time.Hour }},
		"a page elsewhere":      {"Mail.Links", func(c *tollkeeper.Config) { c.Mail.Links.Reset = "//evil.example" }},
		"a scope's elsewhere": {"Mail.ScopeLinks", func(c *tollkeeper.Config) {
			c.Mail.ScopeLinks = map[tollkeeper.Scope]tollkeeper.Links{tollkeeper.Tenants: {Reset: "//evil.example"}}
		}},
		"a scope by its key": {"Mail.ScopeLinks", func(c *tollkeeper.Config) {
			c.Mail.ScopeLinks = map[tollkeeper.Scope]tollkeeper.Links{tollkeeper.UnderNumber(7): {}}
		}},
		"a price below zero": {"Credits.Prices", func(c *tollkeeper.Config) {
			c.Credits = &tollkeeper.Credits{Prices: map[tollkeeper.Operation]int64{"x": -1}}
		}},
		"a huge start": {"Credits", func(c *tollkeeper.Config) { c.Credits = &tollkeeper.Credits{InitialCredits: 1 << 62} }},
		"a package of another": {"Credits.Packages", func(c *tollkeeper.Config) {
			c.Credits = &tollkeeper.Credits{Packages: map[string]tollkeeper.Package{"A": {Type: "B", Credits: 1}}}
		}},
		"a product of two lines": {"Product", func(c *tollkeeper.Config) { c.Product = "a\nb" }},
		"an issuer of two lines": {"Tokens.Issuer", func(c *tollkeeper.Config) { c.Tokens.Issuer = "a\nb" }},
	} {
		t.Run(name, func(t *testing.T) {
			config := minimal()
			c.change(&config)
			a, err := tollkeeper.New(memory.New(), config)
			e, ok := errors.AsType[*tollkeeper.Error](err)
			if a != nil || !ok || e.Code != tollkeeper.ErrInvalidInput.Code || e.Field != "Config."+c.field || !strings.Contains(e.Message, c.field) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := tollkeeper.New(nil, minimal()); err == nil {
		t.Error("New took no store")
	}
}

// New copies: whoever wipes or changes their Config afterwards changes nothing, and races with nobody.
func TestConfigIsCopied(t *testing.T) {
	key := tollkeeper.NewMasterKey()
	ttl := map[tollkeeper.Audience]time.Duration{tollkeeper.AudienceV1: time.Hour}
	prices, packages := map[tollkeeper.Operation]int64{tollkeeper.OpSignIn: 2}, tollkeeper.DefaultPackages()
	rates := map[tollkeeper.Audience][]tollkeeper.Limit{tollkeeper.AudienceV1: {tollkeeper.Rate(1000, time.Minute)}}
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		secret := w.signIn(p).TenantKey
		clear(key)
		clear(prices)
		clear(packages)
		rates[tollkeeper.AudienceV1][0] = tollkeeper.Limit{}
		clear(ttl)
		w.Identity(p.Token)
		if again := w.signIn(p).TenantKey; again != secret {
			t.Error("the tenant's secret changed with the caller's memory")
		}
		r := attempt(p, password)
		r.Audience = tollkeeper.AudienceV1
		for range 3 {
			res, err := w.Auth.SignIn(ctx, r)
			w.ok(err)
			if res.ExpiresIn != time.Hour {
				t.Errorf("a life of %v", res.ExpiresIn)
			}
		}
		if b := w.Balance(p); b.Used != 2*5 {
			t.Errorf("%+v", b)
		}
		_, err := w.Auth.Host().GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: "STARTER", TransactionID: "tx"})
		w.ok(err)
	}, func(c *tollkeeper.Config) {
		c.Secrets, c.Tokens.PerAudience, c.Limits.SignIn = []tollkeeper.MasterKey{key}, ttl, rates
		c.Credits.Prices, c.Credits.Packages = prices, packages
	})
}

// appAt turns issuers on for the app's own users; Google is known.
func appAt(app ...tollkeeper.IssuerSettings) func(*tollkeeper.Config) {
	return func(c *tollkeeper.Config) {
		c.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: issuer{}}
		c.Social.App = app
	}
}

func googleNamed(name string) func(*tollkeeper.Config) {
	return func(c *tollkeeper.Config) {
		appAt()(c)
		c.Social.Names = map[string]string{tollkeeper.IssuerGoogle: name}
	}
}
