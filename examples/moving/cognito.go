package main

import (
	"cmp"
	"encoding/json"
	"io"
	"strings"
)

type cognitoUser struct {
	Username   string            `json:"Username"`
	Attributes []cognitoPair     `json:"Attributes"`
	Created    text              `json:"UserCreateDate"`
	Enabled    *bool             `json:"Enabled"`
	Status     string            `json:"UserStatus"`
	MFA        []json.RawMessage `json:"MFAOptions"`
}

type cognitoPair struct{ Name, Value string }

// cognitoIdentity is one of those in the attribute identities, a text of JSON.
type cognitoIdentity struct {
	UserID       text   `json:"userId"`
	ProviderName string `json:"providerName"`
}

// cognito writes accounts without passwords: Cognito gives its hashes to nobody.
func cognito(in io.Reader, o *output) error {
	return eachIn(in, "Users", o, func(n int, u cognitoUser) error {
		if u.Username == "" {
			return o.foreign(n, "Username")
		}
		about := map[string]string{}
		for _, p := range u.Attributes {
			about[p.Name] = p.Value
		}
		a := accountOf(cmp.Or(about["sub"], u.Username))
		a.Email, a.EmailVerified = about["email"], about["email_verified"] == "true"
		a.Name = cmp.Or(about["name"], strings.TrimSpace(about["given_name"]+" "+about["family_name"]))
		a.Locale = strings.ReplaceAll(about["locale"], "_", "-")
		a.Disabled = u.Enabled != nil && !*u.Enabled
		a.CreatedAt = o.at(a, string(u.Created))
		if a.Username = about["preferred_username"]; a.Username == "" && u.Username != about["sub"] && u.Status != "EXTERNAL_PROVIDER" {
			a.Username = u.Username
		}
		var identities []cognitoIdentity
		if text := about["identities"]; text != "" && json.Unmarshal([]byte(text), &identities) != nil {
			o.note(a.who, "the attribute identities cannot be read, and stays behind")
		}
		for _, i := range identities {
			o.link(a, i.ProviderName, string(i.UserID), "")
		}
		if len(u.MFA) > 0 {
			o.note(a.who, "a second factor by SMS stays behind")
		}
		if u.Status != "CONFIRMED" && u.Status != "EXTERNAL_PROVIDER" {
			a.keep("UserStatus", u.Status)
		}
		for name, value := range about {
			if !cognitoTaken[name] {
				a.keep(name, value)
			}
		}
		return o.write(a)
	})
}

// cognitoTaken are the attributes with a place in an account. Others, custom ones too, go into the metadata.
var cognitoTaken = map[string]bool{
	"sub": true, "email": true, "email_verified": true, "name": true, "given_name": true, "family_name": true, "locale": true,
	"preferred_username": true, "identities": true,
}
