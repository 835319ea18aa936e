package main

import (
	"cmp"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"strings"
)

// djangoRow is an object of a dump, whatever its model.
type djangoRow struct {
	Model  string `json:"model"`
	PK     text   `json:"pk"`
	Fields row    `json:"fields"`
}

// djangoOf are the models of allauth and django-otp that belong to a user. Other models are passed over.
var djangoOf = map[string]func(*output, *account, row){
	"account.emailaddress":        djangoAddress,
	"socialaccount.socialaccount": djangoSocial,
	"mfa.authenticator":           djangoAuthenticator,
	"otp_totp.totpdevice":         djangoTOTP,
}

// django keeps the dump in memory until its end, because what belongs to a user stands anywhere in it: some 2 KiB a
// user.
func django(flags *flag.FlagSet) converter {
	model := flags.String("user-model", "auth.user", "the `model` of the users, as AUTH_USER_MODEL has it")
	return func(in io.Reader, o *output) error {
		var users []djangoRow
		owned := map[string][]djangoRow{} // by the user
		err := each(in, o, func(n int, r djangoRow) error {
			switch name := strings.ToLower(r.Model); {
			case name == "":
				return o.foreign(n, "model")
			case name == strings.ToLower(*model):
				users = append(users, r)
			case djangoOf[name] != nil && r.Fields.text("user") == "":
				o.note(fmt.Sprintf("record %d", n), "it names its user in words: dump without --natural-foreign")
			case djangoOf[name] != nil:
				user := r.Fields.text("user")
				owned[user] = append(owned[user], r)
			}
			return nil
		})
		if err == nil && len(users) == 0 {
			err = fmt.Errorf("there is no %s: -user-model names the model of the users", *model)
		}
		if err != nil {
			return err
		}
		for _, u := range users {
			if err := o.write(djangoAccount(o, u, owned[string(u.PK)])); err != nil {
				return err
			}
			delete(owned, string(u.PK))
		}
		if len(owned) > 0 {
			o.note("the dump", fmt.Sprintf("%d users have addresses, sign-ins or factors, and are not in it themselves", len(owned)))
		}
		return nil
	}
}

func djangoAccount(o *output, u djangoRow, owned []djangoRow) *account {
	a, f := accountOf(string(u.PK)), u.Fields
	a.Email, a.Username, a.unsaid = f.text("email"), f.text("username"), true
	a.Name = cmp.Or(strings.TrimSpace(f.text("first_name")+" "+f.text("last_name")), f.text("name"))
	if hash := f.text("password"); !strings.HasPrefix(hash, "!") { // an unusable password
		a.PasswordHash = hash
	}
	a.CreatedAt = o.at(a, f.text("date_joined"))
	_, said := f["is_active"]
	a.Disabled = said && !f.truth("is_active")
	for _, r := range owned {
		if a.Email == "" && r.Fields.truth("primary") {
			a.Email = r.Fields.text("email")
		}
	}
	for _, r := range owned {
		djangoOf[strings.ToLower(r.Model)](o, a, r.Fields)
	}
	a.keep("is_staff", f.truth("is_staff"))
	a.keep("is_superuser", f.truth("is_superuser"))
	a.keep("groups", f["groups"])
	return a
}

func djangoAddress(_ *output, a *account, f row) {
	if !strings.EqualFold(f.text("email"), a.Email) {
		others, _ := a.kept["emails"].([]string)
		a.keep("emails", append(others, f.text("email")))
		return
	}
	a.unsaid, a.EmailVerified = false, f.truth("verified")
}

func djangoSocial(o *output, a *account, f row) {
	o.link(a, f.text("provider"), f.text("uid"), "")
}

// djangoAuthenticator is a factor of allauth. Recovery codes are among them, and are made anew.
func djangoAuthenticator(o *output, a *account, f row) {
	var data struct {
		Secret string `json:"secret"`
	}
	switch kind := f.text("type"); {
	case kind == "totp" && f.into("data", &data) == nil:
		o.totp(a, "", data.Secret)
	case kind != "recovery_codes":
		o.note(a.who, "a second factor stays behind: "+kind)
	}
}

// djangoTOTP is a device of django-otp.
func djangoTOTP(o *output, a *account, f row) {
	if !f.truth("confirmed") {
		return
	}
	key, err := hex.DecodeString(f.text("key"))
	if err != nil || f.text("digits") != "6" || f.text("step") != "30" || f.text("t0") != "0" {
		o.note(a.who, "a second factor stays behind: only six digits every 30 s come along")
		return
	}
	o.totpKey(a, f.text("name"), key)
}
