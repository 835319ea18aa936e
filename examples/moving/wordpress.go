package main

import "io"

func wordpress(in io.Reader, o *output) error {
	return eachRow(in, o, []string{"ID", "user_login", "user_pass", "user_email"}, func(n int, r row) error {
		if r.text("ID") == "" {
			return o.foreign(n, "ID")
		}
		a := accountOf(r.text("ID"))
		a.Email, a.Username, a.Name = r.text("user_email"), r.text("user_login"), r.text("display_name")
		a.unsaid = true
		a.CreatedAt = o.at(a, r.text("user_registered")) // without a zone, and UTC
		a.Disabled = r.truth("spam") || r.truth("deleted")
		if a.PasswordHash = r.text("user_pass"); len(a.PasswordHash) == 32 { // a bare MD5, from before version 2.5
			a.PasswordHash = o.digest(a, "{MD5}", a.PasswordHash)
		}
		a.keep("roles", r.text("roles"))
		a.keep("user_url", r.text("user_url"))
		return o.write(a)
	})
}
