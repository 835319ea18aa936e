package main

import (
	"io"
	"strings"
)

// v1 reads the users of a service that speaks the documented API of the family v1, whose passwords are hashed with
// bcrypt. Its roles are those of this library.
func v1(in io.Reader, o *output) error {
	return eachRow(in, o, []string{"userID", "email", "password"}, func(n int, r row) error {
		if r.text("userID") == "" {
			return o.foreign(n, "userID")
		}
		a := accountOf(r.text("userID"))
		a.Email, a.PasswordHash, a.unsaid = r.text("email"), r.text("password"), true
		a.CreatedAt = o.at(a, r.text("createdAt"))
		switch role := strings.ToLower(r.text("role")); role {
		case "admin", "guest":
			a.Role = role
		case "user", "":
		default:
			o.note(a.who, "the role is none here, and stays in the metadata")
			a.keep("role", role)
		}
		return o.write(a)
	})
}
