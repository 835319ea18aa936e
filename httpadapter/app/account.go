package app

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// accountRoutes are what everyone may do with their own account.
var accountRoutes = []family.Route{
	family.On("GET", "/account", family.Nothing(), family.Profile, family.JSON(accountShown)).Asks(family.SignedIn).
		Is("the signed-in user"),
	family.On("PATCH", "/account", family.Body(profile), changeProfile, family.JSON(accountShown)).Asks(family.SignedIn).
		Is("changes username, name and locale; empty takes one away"),
	family.On("DELETE", "/account", family.OptionalBody(deletion), family.DeleteAccount, family.Empty[family.None]()).Asks(family.SignedIn).
		Saying(wrongPassword).Is("deletes the account with its personal data"),
	family.On("GET", "/account/export", family.Nothing(), family.Export, family.JSON(exported)).Asks(family.SignedIn).
		Is("everything that is kept about the account"),
	family.On("GET", "/account/events", family.Query(events, pageParams...), family.Events, family.JSON(ownEvents)).Asks(family.SignedIn).
		Is("what happened to the account, newest first"),
	family.On("GET", "/identities", family.Nothing(), family.Identities, family.JSON(identitiesShown)).Asks(family.SignedIn).
		Is("linked sign-ins with other issuers"),
	family.On("DELETE", "/identities/{name}", family.OptionalBody(identityRemoval), removeIdentity, family.Empty[family.None]()).Asks(family.SignedIn).
		Saying(wrongPassword).Is("takes the linked sign-in with that issuer away, as google"),
}

// user is an account as this family shows it: less than its view.
type user struct {
	ID            uuid.UUID               `json:"id"`
	Email         string                  `json:"email"`
	EmailVerified bool                    `json:"emailVerified"`
	Username      string                  `json:"username" about:"empty: none"`
	Name          string                  `json:"name" about:"for display; empty: none"`
	Locale        string                  `json:"locale" about:"language tag; empty: unknown"`
	Role          tollkeeper.Role         `json:"role" about:"admin, user, guest, or a label of the service's"`
	Status        tollkeeper.Status       `json:"status" enum:"active,disabled"`
	Factors       []tollkeeper.FactorKind `json:"factors" about:"kinds of second factors" enum:"totp,passkey"`
	Metadata      json.RawMessage         `json:"metadata" about:"the service's own"`
	CreatedAt     time.Time               `json:"createdAt"`
	LastSignInAt  *time.Time              `json:"lastSignInAt" about:"null: never; the one before, in the answer that begins a session"`
}

func userOf(a tollkeeper.Account) user {
	v := a.View()
	return user{
		ID: v.ID, Email: v.Email, EmailVerified: v.EmailVerified, Username: v.Username, Name: v.Name, Locale: v.Locale,
		Role: v.Role, Status: v.Status, Factors: v.Factors, Metadata: v.Metadata, CreatedAt: v.CreatedAt, LastSignInAt: v.LastSignInAt,
	}
}

// moment returns a time; nil for never.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func accountShown(_ *family.Call, p tollkeeper.Profile) user { return userOf(p.Subject.Account) }

type profileBody struct {
	Username *string `json:"username"`
	Name     *string `json:"name"`
	Locale   *string `json:"locale" about:"language tag, as de-AT"`
}

func profile(_ *family.Call, b profileBody) (tollkeeper.ProfilePatch, error) {
	return tollkeeper.ProfilePatch{Username: b.Username, Name: b.Name, Locale: b.Locale}, nil
}

// changeProfile makes the change and returns the account afterwards.
func changeProfile(c *family.Call, p tollkeeper.ProfilePatch) (tollkeeper.Profile, error) {
	if _, err := family.UpdateProfile(c, p); err != nil {
		return tollkeeper.Profile{}, err
	}
	return family.Profile(c, family.None{})
}

type accountDeletionBody struct {
	Password string `json:"password" about:"an account that has none is deleted on the word of a fresh session"`
}

func deletion(_ *family.Call, b accountDeletionBody) (string, error) { return b.Password, nil }

type accountExportBody struct {
	Account    tollkeeper.PersonalAccount    `json:"account"`
	Identities []tollkeeper.PersonalIdentity `json:"identities"`
	Factors    []tollkeeper.PersonalFactor   `json:"factors"`
	Sessions   []openSession                 `json:"sessions"`
	ExportedAt time.Time                     `json:"exportedAt"`
}

// exported lists every field by name (R83); account and credentials name theirs in the core.
func exported(c *family.Call, d tollkeeper.PersonalData) accountExportBody {
	return accountExportBody{d.Account, list(d.Identities), list(d.Factors), sessionsShown(c, d.Sessions).Sessions, d.ExportedAt.UTC()}
}

// list is a list that is never null.
func list[T any](l []T) []T { return append([]T{}, l...) }

type identity struct {
	Name     string     `json:"name" about:"of the issuer in paths; empty: it has none"`
	Issuer   string     `json:"issuer"`
	Subject  string     `json:"subject"`
	Email    string     `json:"email"`
	LinkedAt time.Time  `json:"linkedAt"`
	UsedAt   *time.Time `json:"usedAt" about:"null: never"`
}

type identitiesBody struct {
	Identities []identity `json:"identities"`
}

func identitiesShown(c *family.Call, linked []tollkeeper.Linked) identitiesBody {
	shown := make([]identity, len(linked))
	for i, l := range linked {
		shown[i] = identity{c.Auth().IssuerName(l.Issuer), l.Issuer, l.Subject, l.Email, l.LinkedAt.UTC(), moment(l.UsedAt)}
	}
	return identitiesBody{shown}
}

type identityRemovalBody struct {
	Subject  string `json:"subject" about:"needed where the account has several with this issuer"`
	Password string `json:"password" about:"not needed within five minutes of a proof"`
}

func identityRemoval(c *family.Call, b identityRemovalBody) (tollkeeper.IdentityRemoval, error) {
	issuer := c.Auth().IssuerNamed(c.Name())
	if issuer == "" {
		return tollkeeper.IdentityRemoval{}, tollkeeper.ErrNotFound
	}
	key := tollkeeper.IssuedKey{Issuer: issuer, Subject: b.Subject}
	return tollkeeper.IdentityRemoval{Identity: key, Password: tollkeeper.Password(b.Password)}, nil
}

// removeIdentity finds the subject where the request names none and there is but one.
func removeIdentity(c *family.Call, in tollkeeper.IdentityRemoval) (family.None, error) {
	if in.Identity.Subject == "" {
		linked, err := family.Identities(c, family.None{})
		if err != nil {
			return family.None{}, err
		}
		linked = slices.DeleteFunc(linked, func(l tollkeeper.Linked) bool { return l.Issuer != in.Identity.Issuer })
		switch len(linked) {
		case 0:
			return family.None{}, tollkeeper.ErrNotFound
		case 1:
			in.Identity.Subject = linked[0].Subject
		default:
			return family.None{}, tollkeeper.ErrMissing.WithField("subject")
		}
	}
	return family.RemoveIdentity(c, in)
}
