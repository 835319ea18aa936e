package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	defaults := options{
		addr: "127.0.0.1:8080", store: "sqlite:tollkeeper.db", secrets: "tollkeeper.secrets", credits: 3000,
		admin: "admin@localhost.localdomain", googleIssuer: "https://accounts.google.com",
	}
	with := func(edit func(*options)) options {
		o := defaults
		edit(&o)
		return o
	}
	tests := map[string]struct {
		args string
		want options
		err  string
	}{
		"none":         {"", defaults, ""},
		"port 0":       {"-addr :0", with(func(o *options) { o.addr = ":0" }), ""},
		"no credits":   {"-credits=0", with(func(o *options) { o.credits = 0 }), ""},
		"proxies":      {"-trusted-proxies 10.0.0.0/8,::1", with(func(o *options) { o.proxies = prefixes("10.0.0.0/8", "::1/128") }), ""},
		"redis":        {"-attempts rediss://h", with(func(o *options) { o.attempts = "rediss://h" }), ""},
		"unknown":      {"-nope", options{}, "not defined: -nope; -help lists all"},
		"port":         {"-port 8080", options{}, "not defined: -port; did you mean -addr :PORT? -help lists all"},
		"database":     {"--DB x", options{}, "did you mean -store?"},
		"argument":     {"now", options{}, `unexpected argument "now"`},
		"no port":      {"-addr localhost", options{}, "must be host:port"},
		"port name":    {"-addr :http", options{}, "port must be a number"},
		"large port":   {"-addr :65536", options{}, "port must be a number"},
		"below zero":   {"-credits -1", options{}, "between 0 and 2^40"},
		"no number":    {"-credits x", options{}, "invalid value"},
		"staleness":    {"-staleness 90s", with(func(o *options) { o.stale = 90 * time.Second }), ""},
		"too stale":    {"-staleness 1h", options{}, "between 0 and 5m"},
		"stale before": {"-staleness -1s", options{}, "between 0 and 5m"},
		"refresh":      {"-refresh 48h", with(func(o *options) { o.refresh = 48 * time.Hour }), ""},
		"refresh days": {"-refresh 14d", with(func(o *options) { o.refresh = 336 * time.Hour }), ""},
		"refresh both": {"-refresh 1d12h", with(func(o *options) { o.refresh = 36 * time.Hour }), ""},
		"refresh none": {"-refresh 0", defaults, ""},
		"refresh long": {"-refresh 31d", options{}, "-refresh 31d: must be between 0 and 30d"},
		"refresh much": {"-refresh 721h", options{}, "-refresh 721h0m0s: must be between 0 and 30d"},
		"refresh past": {"-refresh=-1s", options{}, "between 0 and 30d"},
		"no days":      {"-refresh d", options{}, "must be as 14d, 36h or 90s"},
		"days below":   {"-refresh=-1d", options{}, "must be as 14d"},
		"days of days": {"-refresh 1d2d", options{}, "must be as 14d"},
		"part of days": {"-refresh 1.5d", options{}, "must be as 14d"},
		"many days":    {"-refresh 70000d", options{}, "must be as 14d"},
		"days less":    {"-refresh 2d-1h", options{}, "must be as 14d"},
		"cookie":       {"-cookie", with(func(o *options) { o.cookie = true }), ""},
		"signing key":  {"-signing-key k.pem", with(func(o *options) { o.signingKey = "k.pem" }), ""},
		"breached":     {"-breached b.tkb", with(func(o *options) { o.breached = "b.tkb" }), ""},
		"smtp":         {"-smtp smtp://h -mail-dir m", with(func(o *options) { o.smtp, o.mailDir = "smtp://h", "m" }), ""},
		"google":       {"-google", with(func(o *options) { o.google = true }), ""},
		"other issuer": {"-google -google-issuer https://id.example", with(func(o *options) { o.google, o.googleIssuer = true, "https://id.example" }), ""},
		"issuer alone": {"-google-issuer https://id.example", options{}, "need -google"},
		"fragment":     {"-google -google-fragment", with(func(o *options) { o.google, o.googleFragment = true, true }), ""},
		"its fragment": {"-google-fragment", options{}, "need -google"},
		"all proxies":  {"-trusted-proxies 0.0.0.0/0", options{}, "trusts every address"},
		"no secrets":   {"-secrets=", options{}, "-secrets"},
		"bad attempts": {"-attempts localhost", options{}, "redis://"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			o, err := parse(strings.Fields(tt.args), &out)
			switch {
			case tt.err != "":
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
			case err != nil || !reflect.DeepEqual(o, tt.want):
				t.Errorf("%+v, %v; want %+v", o, err, tt.want)
			}
			if out.Len() > 0 {
				t.Errorf("prints %q", out.String())
			}
		})
	}
}

func TestHelpListsEveryFlag(t *testing.T) {
	var out strings.Builder
	if _, err := parse([]string{"-help"}, &out); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "as 14d; 30d at most") {
		t.Errorf("days are not in %s", out.String())
	}
	for _, variable := range []string{"TOLLKEEPER_ADMIN_PASSWORD", "TOLLKEEPER_SMTP_PASSWORD", "TOLLKEEPER_GOOGLE_CLIENT_SECRET"} {
		if !strings.Contains(out.String(), variable) {
			t.Errorf("%s is not in %s", variable, out.String())
		}
	}
	for _, name := range []string{"addr", "store", "attempts", "secrets", "mail-dir", "base-url", "credits", "admin", "trusted-proxies", "staleness", "refresh", "cookie", "signing-key", "breached", "smtp", "google", "google-issuer", "google-fragment", "version"} {
		if !strings.Contains(out.String(), "-"+name) {
			t.Errorf("-%s is not in %s", name, out.String())
		}
	}
}

func TestVersionIsPrinted(t *testing.T) {
	var out bytes.Buffer
	if _, err := parse([]string{"-version"}, &out); !errors.Is(err, flag.ErrHelp) || !strings.HasPrefix(out.String(), "tollkeeper ") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%v, printed %q", err, out.String())
	}
}

// What a flag cannot be is said before anything is made.
func TestBaseURLIsLookedAtFirst(t *testing.T) {
	for at, good := range map[string]bool{
		"": true, "https://app.example/auth": true, "http://localhost:8080": true,
		"app.example": false, "http://app.example": false, "https://app.example/?a=b": false, "https://app.example/#a": false,
	} {
		if _, err := parse([]string{"-base-url=" + at}, io.Discard); (err == nil) != good || !good && !strings.Contains(err.Error(), "-base-url "+at) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func TestURLs(t *testing.T) {
	tests := []struct{ listen, base, mail string }{
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080", "localhost"},
		{"http://[::]:8080", "http://localhost:8080", "localhost"},
		{"http://0.0.0.0:80", "http://localhost:80", "localhost"},
		{"http://[::1]:8080", "http://[::1]:8080", "localhost"},
	}
	for _, tt := range tests {
		if got := localURL(tt.listen); got != tt.base || mailDomain(got) != tt.mail {
			t.Errorf("%s: base URL %s, mail from %s", tt.listen, got, mailDomain(got))
		}
	}
	if got := mailDomain("https://auth.app.example:8443"); got != "auth.app.example" {
		t.Errorf("mail from %s", got)
	}
}
