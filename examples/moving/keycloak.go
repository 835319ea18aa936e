package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

type keycloakUser struct {
	ID               string               `json:"id"`
	Username         string               `json:"username"`
	Email            string               `json:"email"`
	EmailVerified    bool                 `json:"emailVerified"`
	FirstName        string               `json:"firstName"`
	LastName         string               `json:"lastName"`
	Enabled          *bool                `json:"enabled"`
	Created          text                 `json:"createdTimestamp"` // milliseconds
	Attributes       map[string][]string  `json:"attributes"`
	Credentials      []keycloakCredential `json:"credentials"`
	RequiredActions  []string             `json:"requiredActions"`
	RealmRoles       []string             `json:"realmRoles"`
	Groups           []string             `json:"groups"`
	ServiceAccountOf string               `json:"serviceAccountClientId"`
	Federated        []struct {
		Provider string `json:"identityProvider"`
		UserID   string `json:"userId"`
	} `json:"federatedIdentities"`
}

// keycloakCredential has its data as texts of JSON.
type keycloakCredential struct {
	Type           string `json:"type"`
	UserLabel      string `json:"userLabel"`
	CreatedDate    text   `json:"createdDate"` // milliseconds
	SecretData     string `json:"secretData"`
	CredentialData string `json:"credentialData"`
}

type keycloakSecret struct {
	Value string `json:"value"`
	Salt  string `json:"salt"`
}

type keycloakData struct {
	HashIterations int                 `json:"hashIterations"`
	Algorithm      string              `json:"algorithm"`
	Additional     map[string][]string `json:"additionalParameters"`
	SubType        string              `json:"subType"` // of a code: totp or hotp
	Digits         int                 `json:"digits"`
	Period         int                 `json:"period"`
	SecretEncoding string              `json:"secretEncoding"`
}

func keycloak(in io.Reader, o *output) error {
	return eachIn(in, "users", o, func(n int, u keycloakUser) error {
		if u.Username == "" {
			return o.foreign(n, "username")
		}
		a := accountOf(u.ID)
		if u.ID == "" {
			a = accountOf(u.Username)
		}
		if u.ServiceAccountOf != "" {
			o.leave(a.who, "it is the service account of a client")
			return nil
		}
		a.Email, a.EmailVerified, a.Username = u.Email, u.EmailVerified, u.Username
		a.Name = strings.TrimSpace(u.FirstName + " " + u.LastName)
		a.Disabled = u.Enabled != nil && !*u.Enabled
		a.CreatedAt = o.at(a, string(u.Created))
		for _, c := range u.Credentials {
			o.keycloakCredential(a, c)
		}
		a.PasswordTemporary = a.PasswordHash != "" && slices.Contains(u.RequiredActions, "UPDATE_PASSWORD")
		for _, f := range u.Federated {
			o.link(a, f.Provider, f.UserID, "")
		}
		if locale := u.Attributes["locale"]; len(locale) == 1 {
			a.Locale = locale[0]
			delete(u.Attributes, "locale")
		}
		a.keep("attributes", u.Attributes)
		a.keep("requiredActions", u.RequiredActions)
		a.keep("realmRoles", u.RealmRoles)
		a.keep("groups", u.Groups)
		return o.write(a)
	})
}

func (o *output) keycloakCredential(a *account, c keycloakCredential) {
	var secret keycloakSecret
	var data keycloakData
	err := errors.Join(json.Unmarshal([]byte(c.SecretData), &secret), json.Unmarshal([]byte(c.CredentialData), &data))
	switch {
	case err != nil:
		o.note(a.who, fmt.Sprintf("a credential of type %q cannot be read, and stays behind", c.Type))
	case c.Type == "password":
		if a.PasswordHash, err = keycloakHash(secret, data); err != nil {
			o.note(a.who, "the password stays behind: "+err.Error())
		} else {
			a.PasswordChangedAt = o.at(a, string(c.CreatedDate))
		}
	case c.Type == "otp" && data.SubType == "totp" && data.Digits == 6 && data.Period == 30 && data.Algorithm == "HmacSHA1":
		if data.SecretEncoding == "BASE32" {
			o.totp(a, c.UserLabel, secret.Value)
		} else {
			o.totpKey(a, c.UserLabel, []byte(secret.Value)) // the bytes of the text are the key
		}
	default:
		o.note(a.who, fmt.Sprintf("a second factor of type %q stays behind: only six digits of SHA-1 every 30 s come along", c.Type))
	}
}

// keycloakHash writes the hash as PHC text.
func keycloakHash(secret keycloakSecret, data keycloakData) (string, error) {
	salt, err := base64.StdEncoding.DecodeString(secret.Salt)
	if err != nil {
		return "", errors.New("its salt is no base64")
	}
	key, err := base64.StdEncoding.DecodeString(secret.Value)
	if err != nil {
		return "", errors.New("its hash is no base64")
	}
	b64 := base64.RawStdEncoding.EncodeToString
	more := func(name string) string { return strings.Join(data.Additional[name], ",") }
	switch data.Algorithm {
	case "pbkdf2": // SHA-1
		return fmt.Sprintf("$pbkdf2-sha1$i=%d,l=%d$%s$%s", data.HashIterations, len(key), b64(salt), b64(key)), nil
	case "pbkdf2-sha256", "pbkdf2-sha512":
		return fmt.Sprintf("$%s$i=%d,l=%d$%s$%s", data.Algorithm, data.HashIterations, len(key), b64(salt), b64(key)), nil
	case "argon2":
		if more("version") != "1.3" || more("type") == "d" {
			return "", errors.New("it is of a kind of argon2 that none computes here")
		}
		return fmt.Sprintf("$argon2%s$v=19$m=%s,t=%d,p=%s$%s$%s",
			more("type"), more("memory"), data.HashIterations, more("parallelism"), b64(salt), b64(key)), nil
	}
	return "", fmt.Errorf("its algorithm is %q", data.Algorithm)
}
