package ui

import (
	"errors"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// showConfirm asks whoever followed the link of a mail: programs that look into mail follow links, too.
func showConfirm(v *page.Visit) (page.Screen, string) {
	f := page.Form{Button: v.T("confirm.button")}
	if v.By == nil {
		f.Fields = []page.Field{{
			Name: "password", Label: v.T("field.own-password"), Hint: v.T("field.own-password.hint"),
			Type: "password", Complete: "current-password", Optional: true,
		}}
	}
	return mailedForm(v, page.Screen{Title: v.T("confirm.title"), Lead: []string{v.T("confirm.lead")}}, f, page.Form{
		Head: v.T("not-me.head"), Lead: v.T("not-me.lead"), Do: "not-me", Button: v.T("not-me.button"), Quiet: true,
	}), ""
}

// confirm verifies the address that the link was mailed to, and proves the mailbox where a session or the password
// stands beside the link. An address that is confirmed already is no error to whoever confirms it.
func confirm(v *page.Visit) (string, error) {
	if v.Value("do") == "not-me" {
		return v.To(donePath, "about", "not-me"), malformed(v.Auth.Disown(v.R.Context(), v.Token(), v.Client()))
	}
	_, err := v.Auth.VerifyEmail(v.R.Context(), tollkeeper.VerifyRequest{
		Token: v.Token(), By: v.By, Password: v.Password("password"), Client: v.Client(),
	})
	if errors.Is(err, tollkeeper.ErrAlreadyVerified) {
		err = nil
	}
	err = page.At(err, tollkeeper.ErrInvalidCredentials, "password", "error.password")
	return v.To(donePath, "about", "confirmed"), malformed(err)
}

// malformed makes a token that cannot be one an invalid link: people see no difference.
func malformed(err error) error {
	if errors.Is(err, tollkeeper.ErrInvalidInput) {
		return tollkeeper.ErrInvalidLink.WithCause(err)
	}
	return err
}

func showChange(v *page.Visit) (page.Screen, string) {
	f := page.Form{Button: v.T("change.button")}
	if v.By == nil || v.Failed != nil {
		f.Fields = []page.Field{{Name: "password", Label: v.T("field.own-password"), Type: "password", Complete: "current-password"}}
	}
	return mailedForm(v, page.Screen{Title: v.T("change.title"), Lead: []string{v.T("change.lead")}}, f), ""
}

// change makes a new address take effect. The link alone is not enough: a session of the account or its password
// stands beside it.
func change(v *page.Visit) (string, error) {
	err := v.Auth.ConfirmEmailChange(v.R.Context(), tollkeeper.EmailConfirmation{
		Token: v.Token(), By: v.By, Password: v.Password("password"), Client: v.Client(),
	})
	err = page.At(err, tollkeeper.ErrInvalidCredentials, "password", "error.password")
	err = page.At(err, tollkeeper.ErrNotRecent, "password", "")
	return v.To(donePath, "about", "changed"), err
}
