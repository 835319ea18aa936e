package app

import (
	"errors"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// mailed is the answer to a request for mail, the same for every address (R15).
var mailed = family.Choice(
	func(*family.Call, family.None) family.Answer { return family.Answer{Status: http.StatusAccepted} },
	family.OfNothing(http.StatusAccepted),
)

// mailRoutes prove a mailbox: codes, new passwords, addresses.
var mailRoutes = []family.Route{
	family.On("POST", "/code", family.Body(wayIn), family.RequestCode, mailed).
		Is("mails a one-time code, if the address has an account, or may have one: sign-up is open"),
	family.On("POST", "/code/verify", family.Body(code), family.VerifyCode, session).Asks(family.PerhapsOwner).
		Is("begins a session with a mailed code, and makes the account without a password if there is none"),
	family.On("POST", "/link", family.Body(link), family.RequestLink, mailed).
		Is("mails a link that signs in, as POST /code does"),
	family.On("POST", "/link/show", family.Body(mailedToken), family.ShowLink, family.JSON(linkShown)).
		Is("says whose account the token of that link is for; it stays good"),
	family.On("POST", "/link/verify", family.Body(linkToken), family.VerifyLink, session).Asks(family.PerhapsOwner).
		Is("begins a session with that token, and makes the account without a password if there is none"),
	family.On("POST", "/password/forgot", family.Body(address), family.RequestReset, mailed).
		Is("mails a link that sets a new password, if the address has an account"),
	family.On("POST", "/password/reset", family.Body(reset), family.ResetPassword, dropped).Asks(family.PerhapsOwner).
		Is("sets a new password with the token of that link; every session ends, and none begins"),
	family.On("PUT", "/password", family.Body(newPassword), changePassword, family.Empty[family.None]()).Asks(family.SignedIn).
		Saying(wrongPassword).Is("changes the password, or sets the first one; every other session ends"),
	family.On("PUT", "/email", family.Body(newEmail), family.ChangeEmail, mailed).Asks(family.SignedIn).
		Saying(wrongPassword).Is("mails a link to a new address"),
	family.On("POST", "/email/confirm", family.Body(confirmEmail), family.ConfirmNewEmail, family.Empty[family.None]()).Asks(family.MaybeSignedIn).
		Saying(wrongPassword).Is("makes the new address take effect with the token of that link, and a session or the password of the account"),
	family.On("POST", "/email/verify", family.Body(verify), family.VerifyEmail, family.JSON(verified)).Asks(family.MaybeSignedIn).
		Saying(wrongPassword).Is("confirms the address with the token of a mailed link; with a session or the password of the account it proves the mailbox, too"),
	family.On("POST", "/email/resend", family.OptionalBody(resend), family.RequestVerification, mailed).Asks(family.MaybeSignedIn).
		Is("mails another link"),
	family.On("POST", "/email/not-me", family.Body(mailedToken), family.Disown, family.Empty[family.None]()).
		Is("says with the token of that link that the account is not theirs; what was set up with the address is removed"),
}

type mailboxBody struct {
	Email family.Email `json:"email" need:""`
}

func address(_ *family.Call, b mailboxBody) (tollkeeper.MailRequest, error) {
	return tollkeeper.MailRequest{Email: string(b.Email)}, nil
}

// wayIn is an address for what signs in: whom nobody knows may sign up by it.
func wayIn(_ *family.Call, b mailboxBody) (tollkeeper.MailRequest, error) {
	return tollkeeper.MailRequest{Email: string(b.Email), SignUp: true}, nil
}

type linkBody struct {
	Email family.Email `json:"email" need:""`
	Code  bool         `json:"withCode" about:"the mail has a one-time code, too, for who reads it on another device"`
}

func link(_ *family.Call, b linkBody) (tollkeeper.MailRequest, error) {
	return tollkeeper.MailRequest{Email: string(b.Email), WithCode: b.Code, SignUp: true}, nil
}

type linkSignInBody struct {
	Token      string `json:"token" need:""`
	Captcha    string `json:"captcha" about:"as of a sign-up, which it may be"`
	RememberMe bool   `json:"rememberMe" about:"the cookie outlives the browser"`
}

func linkToken(_ *family.Call, b linkSignInBody) (tollkeeper.LinkRequest, error) {
	return tollkeeper.LinkRequest{Token: tollkeeper.SecretText(b.Token), Captcha: b.Captcha}, nil
}

type mailedLinkBody struct {
	Email  string `json:"email" about:"of the account"`
	SignUp bool   `json:"signUp" about:"the token makes the account"`
}

func linkShown(_ *family.Call, l tollkeeper.MailedLink) mailedLinkBody {
	return mailedLinkBody{l.Email, l.SignUp}
}

type codeSignInBody struct {
	Email      family.Email `json:"email" need:""`
	Code       family.Code  `json:"code" need:"" about:"six digits"`
	Captcha    string       `json:"captcha" about:"as of a sign-up, which it may be"`
	RememberMe bool         `json:"rememberMe" about:"the cookie outlives the browser"`
}

func code(_ *family.Call, b codeSignInBody) (tollkeeper.CodeRequest, error) {
	return tollkeeper.CodeRequest{Email: string(b.Email), Code: tollkeeper.SecretText(b.Code), Captcha: b.Captcha, SignUp: true}, nil
}

type resetBody struct {
	Token    string `json:"token" need:""`
	Password string `json:"password" need:"" about:"the new one"`
}

func reset(_ *family.Call, b resetBody) (tollkeeper.ResetRequest, error) {
	return tollkeeper.ResetRequest{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password)}, nil
}

type passwordResetBody struct {
	Dropped family.Dropped `json:"dropped" about:"what the first proof of the mailbox took away"`
}

// dropped shows what a reset took away, where it took anything.
var dropped = family.Choice(func(_ *family.Call, d tollkeeper.Dropped) family.Answer {
	if b := family.DroppedOf(d); b != nil {
		return family.Answer{Body: passwordResetBody{*b}}
	}
	return family.Answer{Status: http.StatusNoContent}
}, family.OfNothing(http.StatusNoContent), family.Of[passwordResetBody](http.StatusOK))

type newPasswordBody struct {
	Password    string `json:"password" about:"the current one; empty: there is none yet, and the session was proved within five minutes"`
	NewPassword string `json:"newPassword" need:""`
}

func newPassword(_ *family.Call, b newPasswordBody) (tollkeeper.PasswordChange, error) {
	return tollkeeper.PasswordChange{Current: tollkeeper.Password(b.Password), New: tollkeeper.Password(b.NewPassword)}, nil
}

// changePassword names the new one as the field at fault: "password" is the current one here.
func changePassword(c *family.Call, in tollkeeper.PasswordChange) (family.None, error) {
	_, err := family.ChangePassword(c, in)
	var weak *tollkeeper.Error
	if errors.Is(err, tollkeeper.ErrWeakPassword) && errors.As(err, &weak) {
		err = weak.WithField("newPassword")
	}
	return family.None{}, err
}

type newEmailBody struct {
	Email    family.Email `json:"email" need:""`
	Password string       `json:"password" about:"not needed within five minutes of a proof"`
}

func newEmail(_ *family.Call, b newEmailBody) (tollkeeper.EmailChange, error) {
	return tollkeeper.EmailChange{Email: string(b.Email), Password: tollkeeper.Password(b.Password)}, nil
}

type keptIdentity struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

type confirmEmailBody struct {
	Token          string         `json:"token" need:""`
	Password       string         `json:"password" about:"not needed with a session of the account"`
	KeepIdentities []keptIdentity `json:"keepIdentities" about:"linked sign-ins that stay; all others end"`
}

func confirmEmail(_ *family.Call, b confirmEmailBody) (tollkeeper.EmailConfirmation, error) {
	r := tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password)}
	for _, k := range b.KeepIdentities {
		r.Keep = append(r.Keep, tollkeeper.IssuedKey(k))
	}
	return r, nil
}

type verifyBody struct {
	Token    string `json:"token" need:""`
	Password string `json:"password" about:"of the account: proves that the mailbox's owner made it"`
}

func verify(_ *family.Call, b verifyBody) (tollkeeper.VerifyRequest, error) {
	return tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password)}, nil
}

type verifiedBody struct {
	EmailVerified bool `json:"emailVerified"`
	EmailProven   bool `json:"emailProven"`
}

func verified(_ *family.Call, v tollkeeper.Verified) verifiedBody {
	return verifiedBody{true, v.Proven}
}

type resendBody struct {
	Email family.Email `json:"email" about:"needed without a session"`
}

func resend(c *family.Call, b resendBody) (tollkeeper.MailRequest, error) {
	if c.Identity() == nil && b.Email == "" {
		return tollkeeper.MailRequest{}, tollkeeper.ErrMissing.WithField("email")
	}
	return tollkeeper.MailRequest{Email: string(b.Email)}, nil
}

type mailedTokenBody struct {
	Token string `json:"token" need:""`
}

func mailedToken(_ *family.Call, b mailedTokenBody) (tollkeeper.SecretText, error) {
	return tollkeeper.SecretText(b.Token), nil
}
