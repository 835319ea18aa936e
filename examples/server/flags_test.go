package main

import (
	"errors"
	"flag"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	defaults := options{
		addr: "127.0.0.1:8080", store: "sqlite:tollkeeper.db", secrets: "tollkeeper.secrets", credits: 3000,
		admin: "admin@localhost.localdomain",
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
		"unknown":      {"-nope", options{}, "not defined: -nope"},
		"argument":     {"now", options{}, `unexpected argument "now"`},
		"no port":      {"-addr localhost", options{}, "must be host:port"},
		"port name":    {"-addr :http", options{}, "port must be a number"},
		"large port":   {"-addr :65536", options{}, "port must be a number"},
		"below zero":   {"-credits -1", options{}, "between 0 and 2^40"},
		"no number":    {"-credits x", options{}, "invalid value"},
		"staleness":    {"-staleness 90s", with(func(o *options) { o.stale = 90 * time.Second }), ""},
		"too stale":    {"-staleness 1h", options{}, "between 0 and 5m"},
		"stale before": {"-staleness -1s", options{}, "between 0 and 5m"},
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
	for _, name := range []string{"addr", "store", "attempts", "secrets", "mail-dir", "base-url", "credits", "admin", "trusted-proxies", "staleness"} {
		if !strings.Contains(out.String(), "-"+name) {
			t.Errorf("-%s is not in %s", name, out.String())
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
