package ui

import (
	"errors"

	"github.com/tollkeeper/tollkeeper"
)

// showConfirm asks whoever followed the link of a mail: programs that look into mail follow links, too.
func showConfirm(v *visit) (screen, string) {
	f := form{Button: v.t("confirm.button")}
	if v.by == nil {
		f.Fields = []field{{
			Name: "password", Label: v.t("field.own-password"), Hint: v.t("field.own-password.hint"),
			Type: "password", Complete: "current-password", Optional: true,
		}}
	}
	return v.mailedForm(screen{Title: v.t("confirm.title"), Lead: []string{v.t("confirm.lead")}}, f, form{
		Head: v.t("not-me.head"), Lead: v.t("not-me.lead"), Hidden: []hidden{{"do", "not-me"}}, Button: v.t("not-me.button"), Quiet: true,
	}), ""
}

// confirm verifies the address that the link was mailed to, and proves the mailbox where a session or the password
// stands beside the link. An address that is confirmed already is no error to whoever confirms it.
func confirm(v *visit) (string, error) {
	if v.value("do") == "not-me" {
		return v.to(donePath, "about", "not-me"), malformed(v.auth.Disown(v.r.Context(), v.token(), v.client()))
	}
	_, err := v.auth.VerifyEmail(v.r.Context(), tollkeeper.VerifyRequest{
		Token: v.token(), By: v.by, Password: v.password("password"), Client: v.client(),
	})
	if errors.Is(err, tollkeeper.ErrAlreadyVerified) {
		err = nil
	}
	err = at(err, tollkeeper.ErrInvalidCredentials, "password", "error.password")
	return v.to(donePath, "about", "confirmed"), malformed(err)
}

// malformed makes a token that cannot be one an invalid link: people see no difference.
func malformed(err error) error {
	if errors.Is(err, tollkeeper.ErrInvalidInput) {
		return tollkeeper.ErrInvalidLink.WithCause(err)
	}
	return err
}

func showChange(v *visit) (screen, string) {
	f := form{Button: v.t("change.button")}
	if v.by == nil || v.failed != nil {
		f.Fields = []field{{Name: "password", Label: v.t("field.own-password"), Type: "password", Complete: "current-password"}}
	}
	return v.mailedForm(screen{Title: v.t("change.title"), Lead: []string{v.t("change.lead")}}, f), ""
}

// change makes a new address take effect. The link alone is not enough: a session of the account or its password
// stands beside it.
func change(v *visit) (string, error) {
	err := v.auth.ConfirmEmailChange(v.r.Context(), tollkeeper.EmailConfirmation{
		Token: v.token(), By: v.by, Password: v.password("password"), Client: v.client(),
	})
	err = at(err, tollkeeper.ErrInvalidCredentials, "password", "error.password")
	err = at(err, tollkeeper.ErrNotRecent, "password", "")
	return v.to(donePath, "about", "changed"), err
}
