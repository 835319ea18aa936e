package httpadapter

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

func organizationSignIn(c *call) (tollkeeper.SignInRequest, error) {
	b, err := body[struct {
		Email     string    `json:"email"`
		Password  string    `json:"password"`
		ParentKey parentKey `json:"parentPublicKey"`
	}](c)
	c.within(b.ParentKey)
	if err == nil && (b.Email == "" || b.Password == "") {
		err = missing("Email and password are required")
	}
	return tollkeeper.SignInRequest{Email: b.Email, Password: tollkeeper.Password(b.Password)}, err
}

func organizationSignUp(c *call) (tollkeeper.SignUpRequest, error) {
	b, err := body[struct {
		Username   string    `json:"username"`
		Email      string    `json:"email"`
		Password   string    `json:"password"`
		ParentKey  parentKey `json:"parentPublicKey"`
		VerifyPath string    `json:"verifyAuthPath"`
	}](c)
	c.within(b.ParentKey)
	if err == nil && (b.Username == "" || b.Email == "" || b.Password == "") {
		err = missing("Username, email and password are required")
	}
	return tollkeeper.SignUpRequest{
		Username: b.Username, Email: b.Email, Password: tollkeeper.Password(b.Password), VerifyPath: b.VerifyPath,
	}, err
}

func confirmQuery(c *call) (tollkeeper.VerifyRequest, error) {
	q, err := c.query("token")
	if err != nil {
		return tollkeeper.VerifyRequest{}, err
	}
	token, err := confirmation(q["token"])
	return tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(token)}, err
}

func confirmBody(c *call) (tollkeeper.VerifyRequest, error) {
	b, err := body[struct {
		Token    string `json:"token"`
		Password string `json:"password"`
	}](c)
	if err != nil {
		return tollkeeper.VerifyRequest{}, err
	}
	token, err := confirmation(b.Token)
	return tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(token), Password: tollkeeper.Password(b.Password)}, err
}

func disownBody(c *call) (tollkeeper.SecretText, error) {
	b, err := body[struct {
		Token string `json:"token"`
	}](c)
	if err != nil {
		return "", err
	}
	token, err := confirmation(b.Token)
	return tollkeeper.SecretText(token), err
}

func confirmation(token string) (string, error) {
	if token == "" {
		return "", missing("Token is required")
	}
	return token, nil
}

func verificationWanted(c *call) (tollkeeper.MailRequest, error) {
	type wanted struct {
		Email      string    `json:"email"`
		ParentKey  parentKey `json:"parentPublicKey"`
		VerifyPath string    `json:"verifyAuthPath"`
	}
	read := body[wanted]
	if c.id != nil { // the token names the address
		read = maybeBody[wanted]
	}
	b, err := read(c)
	c.within(b.ParentKey)
	if err == nil && b.Email == "" && c.id == nil {
		err = missing("Email is required")
	}
	return tollkeeper.MailRequest{Email: b.Email, VerifyPath: b.VerifyPath}, err
}

func resetWanted(c *call) (tollkeeper.MailRequest, error) {
	b, err := body[struct {
		Email     string    `json:"email"`
		ParentKey parentKey `json:"parentPublicKey"`
	}](c)
	c.within(b.ParentKey)
	if err == nil && b.Email == "" {
		err = missing("Email is required")
	}
	return tollkeeper.MailRequest{Email: b.Email}, err
}

func organizationReset(c *call) (tollkeeper.ResetRequest, error) {
	b, err := body[struct {
		Token     string    `json:"token"`
		Password  string    `json:"password"`
		ParentKey parentKey `json:"parentPublicKey"`
	}](c)
	c.within(b.ParentKey)
	switch {
	case err != nil:
	case b.Token == "":
		err = &tollkeeper.Error{Code: tollkeeper.ErrMissing.Code, Field: "token"}
	case b.Password == "":
		err = missing("Password is required")
	}
	return tollkeeper.ResetRequest{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password), ParentKey: b.ParentKey.text}, err
}

func organizationPatch(c *call) (tollkeeper.OrganizationPatch, error) {
	b, err := body[struct {
		Name     *string `json:"organizationName"`
		URL      *string `json:"organizationUrl"`
		AuthURLs struct {
			SignIn     *string `json:"signin"`
			SignUp     *string `json:"signup"`
			Verify     *string `json:"verify"`
			Reset      *string `json:"reset"`
			Update     *string `json:"update"`
			Resend     *string `json:"resend"`
			Successful *string `json:"successful"`
		} `json:"authUrls"`
		Restriction *bool      `json:"domainRestrictionEnabled"`
		Verify      *bool      `json:"emailVerificationRequired"`
		Google      *googleSSO `json:"googleSsoConfig"`
		Authorized  *[]string  `json:"authorizedOrganizations"`
	}](c)
	if err != nil {
		return tollkeeper.OrganizationPatch{}, err
	}
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
			return p, &tollkeeper.Error{Code: tollkeeper.ErrInvalidInput.Code, Message: "authorizedOrganizations must be organization ids"}
		}
		ids[i] = uuid.MustParse(text)
	}
	p.Authorized = &ids
	return p, nil
}
