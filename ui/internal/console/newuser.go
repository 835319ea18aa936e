package console

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

func showNewUser(v *visit) (page.Screen, error) {
	f := page.Form{
		Button: v.T("new-user.button"),
		Fields: []page.Field{
			{Name: "email", Label: v.T("user.email"), Type: "email", Complete: "off"},
			{Name: "name", Label: v.T("user.name"), Hint: v.T("new-user.optional"), Type: "text", Complete: "off", Optional: true},
			{Name: "username", Label: v.T("user.username"), Hint: v.T("new-user.optional"), Type: "text", Complete: "off", Optional: true},
		},
	}
	seen := page.Screen{Title: v.T("tenants.add"), Lead: []string{v.T("new-user.lead")}}
	if v.scope != tollkeeper.Root {
		seen.Title = v.T("users.add")
		f.Fields = append(f.Fields, page.Field{Name: "role", Label: v.T("user.role"), Type: "select", Value: string(tollkeeper.RoleUser), Choices: v.roles("")})
	}
	f.Fields = append(f.Fields,
		page.Field{Name: "password", Label: v.T("new-user.password"), Hint: v.T("new-user.password.hint"), Type: "password", Complete: "new-password", Optional: true},
		page.Field{Name: "verified", Label: v.T("new-user.verified"), Type: "checkbox"},
		page.Field{Name: "invite", Label: v.T("new-user.invite"), Type: "checkbox", Checked: true},
	)
	seen.Forms = []page.Form{f}
	seen.Links = []page.Link{{URL: v.at("/users"), Text: v.T("link.back")}}
	return seen, nil
}

// createUser makes an account, and mails its owner a link to choose a password. A password that somebody else chose
// serves for that only.
func createUser(v *visit) (string, error) {
	if err := v.Need("email"); err != nil {
		return "", err
	}
	role := tollkeeper.Role(canon.Lower(v.Value("role"))) // as the core reads it
	if v.scope == tollkeeper.Root {
		role = ""
	}
	var x tollkeeper.Account
	do := func() (err error) {
		x, err = v.createAccount(v.R.Context(), tollkeeper.AccountSpec{
			Email: v.Value("email"), Username: v.Value("username"), Name: v.Value("name"), Role: role,
			Password: v.Password("password"), Temporary: true, Verified: v.Value("verified") != "",
		})
		return v.unmade(err)
	}
	if role == tollkeeper.RoleAdmin {
		if v.Password("password") != "" {
			return "", page.At(tollkeeper.ErrForbidden, tollkeeper.ErrForbidden, "password", "new-user.own-password")
		}
		made := do
		do = func() error {
			kept := []string{"email", "username", "name", "role", "verified", "invite"}
			return v.prove(Step{Says: v.T("new-user.admin", "{email}", v.Value("email")), Button: v.T("new-user.button"), Kept: kept, Do: made})
		}
	}
	if err := do(); err != nil || v.Instead != nil {
		return "", err
	}
	about := "created"
	if v.Value("invite") != "" && v.invite(x) == nil {
		about = "invited"
	}
	return v.URL(v.pathOf(&x)) + "?about=" + about, nil
}

// unmade puts what is wrong with a new account beside its field.
func (v *visit) unmade(err error) error {
	for _, at := range []struct {
		error      *tollkeeper.Error
		field, key string
	}{
		{tollkeeper.ErrEmailTaken, "email", ""}, {tollkeeper.ErrInvalidEmail, "email", ""},
		{tollkeeper.ErrUsernameTaken, "username", "new-user.username-taken"}, {tollkeeper.ErrInvalidUsername, "username", "new-user.username-wrong"},
		{tollkeeper.ErrWeakPassword, "password", ""},
	} {
		err = page.At(err, at.error, at.field, at.key)
	}
	return v.spoken(err)
}

// invite mails a link to choose a password.
func (v *visit) invite(x tollkeeper.Account) error {
	in := tollkeeper.Tenants
	if x.Parent != tollkeeper.Root {
		in = tollkeeper.Under(x.Parent)
	}
	return v.Auth.RequestReset(v.R.Context(), tollkeeper.MailRequest{Email: x.Email, Scope: in, Client: v.Client()})
}
