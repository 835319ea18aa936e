package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
)

type firebaseUser struct {
	LocalID          string `json:"localId"`
	Email            string `json:"email"`
	EmailVerified    bool   `json:"emailVerified"`
	PasswordHash     string `json:"passwordHash"`
	Salt             string `json:"salt"`
	DisplayName      string `json:"displayName"`
	PhotoURL         string `json:"photoUrl"`
	PhoneNumber      string `json:"phoneNumber"`
	CreatedAt        text   `json:"createdAt"` // milliseconds
	Disabled         bool   `json:"disabled"`
	CustomAttributes string `json:"customAttributes"` // JSON
	ProviderUserInfo []struct {
		ProviderID string `json:"providerId"`
		RawID      text   `json:"rawId"`
		Email      string `json:"email"`
	} `json:"providerUserInfo"`
}

// firebaseParameters are those that all hashes of a project have in common.
type firebaseParameters struct{ signerKey, saltSeparator, rounds, memCost string }

func firebase(flags *flag.FlagSet) converter {
	file := flags.String("hash-config", "", "a `file` with what the console shows as password hash parameters: hash_config { … }")
	return func(in io.Reader, o *output) error {
		var p *firebaseParameters
		if *file != "" {
			shown, err := os.ReadFile(*file)
			if err != nil {
				return err
			}
			if p, err = parseHashConfig(string(shown)); err != nil {
				return err
			}
		}
		return eachIn(in, "users", o, func(n int, u firebaseUser) error {
			if u.LocalID == "" {
				return o.foreign(n, "localId")
			}
			return o.write(u.account(o, p))
		})
	}
}

var hashConfig = regexp.MustCompile(`(\w+):\s*([^\s,}]+)`)

// parseHashConfig reads the text of the console.
func parseHashConfig(shown string) (*firebaseParameters, error) {
	values := map[string]string{}
	for _, m := range hashConfig.FindAllStringSubmatch(shown, -1) {
		values[m[1]] = m[2]
	}
	p := &firebaseParameters{values["base64_signer_key"], values["base64_salt_separator"], values["rounds"], values["mem_cost"]}
	if values["algorithm"] != "SCRYPT" || p.signerKey == "" || p.rounds == "" || p.memCost == "" {
		return nil, errors.New("the file of -hash-config wants algorithm: SCRYPT, base64_signer_key, base64_salt_separator, rounds and mem_cost")
	}
	return p, nil
}

func (u *firebaseUser) account(o *output, p *firebaseParameters) *account {
	a := accountOf(u.LocalID)
	a.Email, a.EmailVerified, a.Name, a.Disabled = u.Email, u.EmailVerified, u.DisplayName, u.Disabled
	a.CreatedAt = o.at(a, string(u.CreatedAt))
	if u.PasswordHash != "" && p == nil {
		o.note(a.who, "the password stays behind without -hash-config")
	} else if u.PasswordHash != "" {
		a.PasswordHash = fmt.Sprintf("$firebase-scrypt$v=1,n=%s,r=%s$%s$%s$%s$%s", p.memCost, p.rounds, u.Salt, p.saltSeparator, p.signerKey, u.PasswordHash)
	}
	for _, i := range u.ProviderUserInfo {
		if i.ProviderID != "password" && i.ProviderID != "phone" {
			o.link(a, i.ProviderID, string(i.RawID), i.Email)
		}
	}
	a.keep("phoneNumber", u.PhoneNumber)
	a.keep("photoUrl", u.PhotoURL)
	if json.Valid([]byte(u.CustomAttributes)) {
		a.keep("customAttributes", json.RawMessage(u.CustomAttributes))
	} else {
		a.keep("customAttributes", u.CustomAttributes)
	}
	return a
}
