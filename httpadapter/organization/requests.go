package organization

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

type signInBody struct {
	Email     family.Email `json:"email" need:"Email and password are required"`
	Password  string       `json:"password" need:"Email and password are required"`
	ParentKey parentKey    `json:"parentPublicKey"`
}

func signIn(_ *family.Call, b signInBody) (tollkeeper.SignInRequest, error) {
	return tollkeeper.SignInRequest{Email: string(b.Email), Password: tollkeeper.Password(b.Password)}, nil
}

type signUpBody struct {
	Username   string       `json:"username" need:"Username, email and password are required"`
	Email      family.Email `json:"email" need:"Username, email and password are required"`
	Password   string       `json:"password" need:"Username, email and password are required"`
	ParentKey  parentKey    `json:"parentPublicKey"`
	VerifyPath string       `json:"verifyAuthPath"`
}

func signUp(_ *family.Call, b signUpBody) (tollkeeper.SignUpRequest, error) {
	return tollkeeper.SignUpRequest{
		Username: b.Username, Email: string(b.Email), Password: tollkeeper.Password(b.Password), VerifyPath: b.VerifyPath,
	}, nil
}

var mailedToken = family.Param{Name: "token", Required: true}

func confirmByLink(_ *family.Call, q map[string]string) (tollkeeper.VerifyRequest, error) {
	if q["token"] == "" {
		return tollkeeper.VerifyRequest{}, family.Missing("Token is required")
	}
	return tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(q["token"])}, nil
}

type confirmBody struct {
	Token    string `json:"token" need:"Token is required"`
	Password string `json:"password"`
}

func confirm(_ *family.Call, b confirmBody) (tollkeeper.VerifyRequest, error) {
	return tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password)}, nil
}

type tokenBody struct {
	Token string `json:"token" need:"Token is required"`
}

func disown(_ *family.Call, b tokenBody) (tollkeeper.SecretText, error) {
	return tollkeeper.SecretText(b.Token), nil
}

type confirmationBody struct {
	Email      family.Email `json:"email" about:"required without a token, which names the address"`
	ParentKey  parentKey    `json:"parentPublicKey"`
	VerifyPath string       `json:"verifyAuthPath"`
}

func confirmationWanted(c *family.Call, b confirmationBody) (tollkeeper.MailRequest, error) {
	switch {
	case c.Identity() != nil || b.Email != "":
	case c.NoBody():
		return tollkeeper.MailRequest{}, family.ErrEmptyBody
	default:
		return tollkeeper.MailRequest{}, family.Missing("Email is required")
	}
	return tollkeeper.MailRequest{Email: string(b.Email), VerifyPath: b.VerifyPath}, nil
}

type addressBody struct {
	Email     family.Email `json:"email" need:"Email is required"`
	ParentKey parentKey    `json:"parentPublicKey"`
}

func resetWanted(_ *family.Call, b addressBody) (tollkeeper.MailRequest, error) {
	return tollkeeper.MailRequest{Email: string(b.Email)}, nil
}

type resetBody struct {
	Token     string    `json:"token" need:""`
	Password  string    `json:"password" need:"Password is required"`
	ParentKey parentKey `json:"parentPublicKey"`
}

func reset(_ *family.Call, b resetBody) (tollkeeper.ResetRequest, error) {
	return tollkeeper.ResetRequest{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password), ParentKey: b.ParentKey.text}, nil
}

type authURLsPatch struct {
	SignIn     *string `json:"signin"`
	SignUp     *string `json:"signup"`
	Verify     *string `json:"verify"`
	Reset      *string `json:"reset"`
	Update     *string `json:"update"`
	Resend     *string `json:"resend"`
	Successful *string `json:"successful"`
}

type patchBody struct {
	Name        *string       `json:"organizationName"`
	URL         *string       `json:"organizationUrl"`
	AuthURLs    authURLsPatch `json:"authUrls"`
	Restriction *bool         `json:"domainRestrictionEnabled"`
	Verify      *bool         `json:"emailVerificationRequired"`
	Google      *googleSSO    `json:"googleSsoConfig"`
	Authorized  *[]string     `json:"authorizedOrganizations"`
}

func patch(_ *family.Call, b patchBody) (tollkeeper.OrganizationPatch, error) {
	p := tollkeeper.OrganizationPatch{
		Name: b.Name, URL: b.URL, AuthURLs: tollkeeper.AuthURLsPatch(b.AuthURLs),
		DomainRestriction: b.Restriction, VerificationRequired: b.Verify, Issuers: b.Google.settings(),
	}
	if b.Authorized == nil {
		return p, nil
	}
	ids := make([]uuid.UUID, len(*b.Authorized))
	for i, text := range *b.Authorized {
		if err := uuid.Validate(text); err != nil || len(text) != 36 {
			return p, tollkeeper.ErrInvalidInput.WithMessage("authorizedOrganizations must be organization ids")
		}
		ids[i] = uuid.MustParse(text)
	}
	p.Authorized = &ids
	return p, nil
}
