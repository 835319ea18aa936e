package main

import (
	"cmp"
	"io"
	"strings"
)

// devise reads whatever columns the modules in use have made. Its dates have no zone, and are UTC.
func devise(in io.Reader, o *output) error {
	return eachRow(in, o, []string{"id", "email", "encrypted_password"}, func(n int, r row) error {
		if r.text("id") == "" {
			return o.foreign(n, "id")
		}
		a := accountOf(r.text("id"))
		a.Email, a.PasswordHash, a.Username = r.text("email"), r.text("encrypted_password"), r.text("username")
		a.Name = cmp.Or(r.text("name"), strings.TrimSpace(r.text("first_name")+" "+r.text("last_name")))
		_, confirmable := r["confirmed_at"]
		a.unsaid, a.EmailVerified = !confirmable, r.text("confirmed_at") != ""
		a.Disabled = r.text("locked_at") != ""
		a.CreatedAt = o.at(a, r.text("created_at"))
		o.link(a, r.text("provider"), r.text("uid"), "")
		if r.truth("otp_required_for_login") {
			o.note(a.who, "a second factor stays behind: its seed is encrypted by the app")
		}
		a.keep("locked_at", o.at(a, r.text("locked_at")))
		a.keep("unconfirmed_email", r.text("unconfirmed_email"))
		return o.write(a)
	})
}
