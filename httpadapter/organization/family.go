// Package organization is the API of parents, their children and the sign-in widget (docs/WIRE.md section 1): tables of
// routes, the bodies that they read and write, and a table of errors. What a route does is an operation of package
// family.
package organization

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// API are the options of the family. The zero API is the documented one.
type API struct {
	// NoCharacterRules drops the rule that new passwords have upper, lower, digit and special characters (docs/WIRE.md
	// 1.3). The core's password policy holds with or without it.
	NoCharacterRules bool

	// UnsafeTenantKeyForKeyHolders returns jwtSecret to whoever sends a parent's public key, which stands in every web
	// page: with it anyone may forge claims of that parent's tokens. It is a warning in the log at construction.
	// It exists for clients that cannot be changed (docs/WIRE.md 1.2).
	UnsafeTenantKeyForKeyHolders bool
}

// Family returns the table.
func (o API) Family() (family.Family, error) {
	home := tollkeeper.Tenants
	f := family.Family{
		Name: "organization", Title: "Organizations, their accounts and credits", Audience: tollkeeper.AudienceOrganization,
		Prefixes: []string{"/auth", "/parent"}, Replies: replies, Shape: family.Shape{Body: failure}, Home: &home, Origins: origins,
		Routes: slices.Concat(
			o.accessRoutes(), mailRoutes, parentRoutes, accountRoutes, factorRoutes, passkeyRoutes, identityRoutes, sessionRoutes,
		),
	}
	if !o.NoCharacterRules {
		f.Password = family.PasswordRule{
			Holds: fourClasses,
			Text:  "Password must have 8 or more characters, with upper and lower case letters, a digit and a special character",
		}
	}
	if o.UnsafeTenantKeyForKeyHolders {
		f.Warning = "organization.API.UnsafeTenantKeyForKeyHolders gives every parent's jwtSecret to whoever knows its public key"
	}
	return f, nil
}

type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type errorBody struct {
	Success bool  `json:"success"`
	Error   fault `json:"error"`
}

func failure(f family.Failure) any { return errorBody{false, fault{f.Code, f.Message}} }

// fourClasses is the rule on new passwords: 8 characters or more, with upper case, lower case, a digit and something
// else (docs/WIRE.md 1.3).
func fourClasses(p string) bool {
	var upper, lower, digit, special bool
	for _, r := range p {
		switch {
		case unicode.IsUpper(r):
			upper = true
		case unicode.IsLower(r):
			lower = true
		case unicode.IsDigit(r):
			digit = true
		case !unicode.IsLetter(r):
			special = true
		}
	}
	return utf8.RuneCountInString(p) >= 8 && upper && lower && digit && special
}
