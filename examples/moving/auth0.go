package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// auth0User is a user as a job of users-exports writes them, or as they stand in the file of hashes that support sends:
// there the id is in two pieces, and an address may stand among the identifiers only.
type auth0User struct {
	UserID        text            `json:"user_id"`
	Email         string          `json:"email"`
	EmailVerified bool            `json:"email_verified"`
	Username      string          `json:"username"`
	Name          string          `json:"name"`
	GivenName     string          `json:"given_name"`
	FamilyName    string          `json:"family_name"`
	Picture       string          `json:"picture"`
	Phone         string          `json:"phone_number"`
	Blocked       bool            `json:"blocked"`
	CreatedAt     string          `json:"created_at"`
	Multifactor   []string        `json:"multifactor"`
	UserMetadata  json.RawMessage `json:"user_metadata"`
	AppMetadata   json.RawMessage `json:"app_metadata"`
	Identities    []struct {
		Provider    string `json:"provider"`
		UserID      text   `json:"user_id"`
		ProfileData struct {
			Email string `json:"email"`
		} `json:"profileData"`
	} `json:"identities"`

	Mongo struct {
		OID string `json:"$oid"`
	} `json:"_id"`
	AltID        text   `json:"alt_id"`
	PasswordHash string `json:"passwordHash"`
	PasswordSet  struct {
		Date text `json:"$date"`
	} `json:"password_set_date"`
	Identifiers []struct {
		Type     string `json:"type"`
		Value    string `json:"value"`
		Verified bool   `json:"verified"`
	} `json:"identifiers"`
}

// id is that of the user in every other place: auth0|5dea9f9c82dd7c0e76e4ec93.
func (u *auth0User) id() string {
	if own := cmp.Or(string(u.AltID), u.Mongo.OID); u.UserID == "" && own != "" {
		return "auth0|" + own
	}
	return string(u.UserID)
}

func (u *auth0User) address() (email string, verified bool) {
	for _, i := range u.Identifiers {
		if u.Email == "" && i.Type == "email" {
			return i.Value, i.Verified
		}
	}
	return u.Email, u.EmailVerified
}

func auth0(flags *flag.FlagSet) converter {
	hashes := flags.String("hashes", "", "the `file` of password hashes that support sends, if the users are read from an export of their own")
	return func(in io.Reader, o *output) error {
		passwords, err := auth0Passwords(*hashes, o)
		if err != nil {
			return err
		}
		err = each(in, o, func(n int, u auth0User) error {
			if u.id() == "" {
				return o.foreign(n, "user_id")
			}
			if p, ok := passwords[u.id()]; ok {
				u.PasswordHash, u.PasswordSet.Date = p.hash, text(p.set)
				delete(passwords, u.id())
			}
			return o.write(u.account(o))
		})
		if err == nil && len(passwords) > 0 {
			o.note("the file of hashes", fmt.Sprintf("%d of its users are not in the export", len(passwords)))
		}
		return err
	}
}

type auth0Password struct{ hash, set string }

// auth0Passwords reads the file of hashes, which stays in memory: some 200 bytes a user.
func auth0Passwords(file string, o *output) (map[string]auth0Password, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	passwords := map[string]auth0Password{}
	err = each(withoutMark(f), o, func(n int, u auth0User) error {
		if u.id() == "" || u.PasswordHash == "" {
			o.note(fmt.Sprintf("record %d of the file of hashes", n), "it has no hash, or no id")
			return nil
		}
		passwords[u.id()] = auth0Password{u.PasswordHash, string(u.PasswordSet.Date)}
		return nil
	})
	return passwords, err
}

func (u *auth0User) account(o *output) *account {
	a := accountOf(u.id())
	a.Email, a.EmailVerified = u.address()
	a.Username, a.Disabled, a.PasswordHash = u.Username, u.Blocked, u.PasswordHash
	if a.Name = strings.TrimSpace(u.GivenName + " " + u.FamilyName); u.Name != "" && u.Name != a.Email {
		a.Name = u.Name // of people with a password it is the address, until they give another one
	}
	a.CreatedAt = o.at(a, u.CreatedAt)
	a.PasswordChangedAt = o.at(a, string(u.PasswordSet.Date))
	for _, i := range u.Identities {
		if i.Provider != "auth0" && i.Provider != "email" { // the database of passwords, and mailed codes
			o.link(a, i.Provider, string(i.UserID), i.ProfileData.Email)
		}
	}
	if len(u.Multifactor) > 0 {
		o.note(a.who, "a second factor stays behind")
		a.keep("multifactor", u.Multifactor)
	}
	a.keep("phone_number", u.Phone)
	a.keep("picture", u.Picture)
	a.keep("user_metadata", u.UserMetadata)
	a.keep("app_metadata", u.AppMetadata)
	return a
}
