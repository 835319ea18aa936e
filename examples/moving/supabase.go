package main

import (
	"cmp"
	"encoding/json"
	"io"
)

// supabaseIdentity is a row of auth.identities. Before there was provider_id, id was what it is now.
type supabaseIdentity struct {
	Provider   string `json:"provider"`
	ProviderID string `json:"provider_id"`
	ID         string `json:"id"`
	Data       struct {
		Sub   text   `json:"sub"`
		Email string `json:"email"`
	} `json:"identity_data"`
}

// supabaseFactor is a row of auth.mfa_factors.
type supabaseFactor struct {
	Type   string `json:"factor_type"`
	Status string `json:"status"`
	Name   string `json:"friendly_name"`
	Secret string `json:"secret"`
}

func supabase(in io.Reader, o *output) error {
	return eachRow(in, o, []string{"id", "email", "encrypted_password"}, func(n int, r row) error {
		id := r.text("id")
		if id == "" {
			return o.foreign(n, "id")
		}
		a := accountOf(id)
		if r.text("deleted_at") != "" {
			o.leave(a.who, "it was deleted")
			return nil
		}
		a.Email, a.PasswordHash = r.text("email"), r.text("encrypted_password")
		a.EmailVerified = r.text("email_confirmed_at") != ""
		a.CreatedAt = o.at(a, r.text("created_at"))
		until := r.text("banned_until")
		a.Disabled = until != "" && o.holds(a, until)
		a.keep("phone", r.text("phone"))
		if err := supabaseMetadata(a, r); err != nil {
			o.note(a.who, err.Error())
		}
		if err := supabaseLinks(a, r, o); err != nil {
			o.note(a.who, err.Error())
		}
		return o.write(a)
	})
}

// supabaseMetadata keeps what the app wrote, and takes the name from it.
func supabaseMetadata(a *account, r row) error {
	var user, app map[string]json.RawMessage
	if err := r.into("raw_user_meta_data", &user); err != nil {
		return err
	}
	if err := r.into("raw_app_meta_data", &app); err != nil {
		return err
	}
	a.Name = cmp.Or(row(user).text("full_name"), row(user).text("name"))
	for _, copied := range []string{"sub", "iss", "email", "email_verified", "phone_verified", "provider_id", "full_name"} {
		delete(user, copied) // by the service itself, from the user and their identities
	}
	delete(app, "provider")
	delete(app, "providers")
	a.keep("raw_user_meta_data", user)
	a.keep("raw_app_meta_data", app)
	return nil
}

func supabaseLinks(a *account, r row, o *output) error {
	var identities []supabaseIdentity
	if err := r.into("identities", &identities); err != nil {
		return err
	}
	for _, i := range identities {
		if i.Provider != "email" && i.Provider != "phone" {
			o.link(a, i.Provider, cmp.Or(i.ProviderID, string(i.Data.Sub), i.ID), i.Data.Email)
		}
	}
	var factors []supabaseFactor
	if err := r.into("mfa_factors", &factors); err != nil {
		return err
	}
	for _, f := range factors {
		switch {
		case f.Status != "verified":
		case f.Type == "totp":
			o.totp(a, f.Name, f.Secret)
		default:
			o.note(a.who, "a second factor stays behind: "+f.Type)
		}
	}
	return nil
}
