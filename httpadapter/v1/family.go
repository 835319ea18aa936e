// Package v1 is the API for a service that wants users, roles and sessions (docs/WIRE.md section 2): a table of routes,
// the bodies that they read and write, and a table of errors. What a route does is an operation of package family.
package v1

import (
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// API are the options of the family. The zero API is the documented one, over the app's own users.
type API struct {
	// Scope is where the users live: zero, the app's own, or [tollkeeper.Under] a parent. [tollkeeper.Tenants] are
	// refused: they are the accounts of the organization family.
	Scope tollkeeper.Scope

	// PasswordRegex adds the rule ^[a-zA-Z0-9!@#$%^&*]{8,}$ to new passwords.
	PasswordRegex bool
}

// Family returns the table. It refuses a Scope whose id it cannot know, to which tokens are held.
func (o API) Family() (family.Family, error) {
	home, err := family.HomeOf("v1.API.Scope", o.Scope)
	if err != nil {
		return family.Family{}, err
	}
	f := family.Family{
		Name: "v1", Title: "Users, roles and sessions, version 1", Audience: tollkeeper.AudienceV1, Prefixes: []string{"/authentiq/v1"},
		Routes: routes, Replies: replies, Shape: family.Shape{Body: failure}, Home: home, Closed: true,
	}
	if o.PasswordRegex {
		f.Password = family.PasswordRule{Holds: documentedCharacters, Text: invalid}
	}
	return f, nil
}

func failure(f family.Failure) any { return messageBody{f.Message} }

// documentedCharacters is ^[a-zA-Z0-9!@#$%^&*]{8,}$.
func documentedCharacters(p string) bool {
	other := func(r rune) bool { return !canon.IsAlphanumeric(r) && !strings.ContainsRune("!@#$%^&*", r) }
	return len(p) >= 8 && strings.IndexFunc(p, other) < 0
}
