package organization

import "github.com/tollkeeper/tollkeeper/httpadapter/family"

// What a mailed link of this family shows to a browser.
var (
	confirmPage = family.NewPage(family.PageText{
		Title: "Confirm your email address", Text: "Please confirm that this is your address and your account.",
		Label: "Password (optional)", Hint: "With the password of the account you prove that it is yours. A second factor needs that.",
		Button: "Confirm", Disown: true,
	})
	newEmailPage = family.NewPage(family.PageText{
		Title: "Use this email address", Text: "Please confirm that your account is to use this address from now on. Linked sign-ins with other providers end.",
		Label: "Password", Hint: "Of your account: the link alone is not enough.", Button: "Use this address",
	})
)
