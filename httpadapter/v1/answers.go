package v1

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

type messageBody struct {
	Message string `json:"message"`
}

// says encodes a constant sentence.
func says(message string) family.Encoder[family.None] {
	return family.Constant[family.None](200, messageBody{message})
}

// user is an account as this family shows it. UserID repeats ID for clients of the source.
type user struct {
	ID     uuid.UUID       `json:"id"`
	UserID uuid.UUID       `json:"userID"`
	Email  string          `json:"email"`
	Role   tollkeeper.Role `json:"role,omitempty"`
}

func userOf(a tollkeeper.Account) user {
	return user{ID: a.ID, UserID: a.ID, Email: a.Email, Role: a.Role}
}

func ownRole(_ *family.Call, id *tollkeeper.Identity) user {
	return user{ID: id.Account, UserID: id.Account, Email: id.Email, Role: id.Role}
}

type validatedBody struct {
	messageBody
	user
}

func validated(_ *family.Call, id *tollkeeper.Identity) validatedBody {
	return validatedBody{messageBody{"You are logged in!"}, user{ID: id.Account, UserID: id.Account, Email: id.Email}}
}

type challengeBody struct {
	Challenge string          `json:"challenge"`
	Dropped   *family.Dropped `json:"dropped,omitempty"`
}

type tokenBody struct {
	Token   string          `json:"token"`
	Refresh string          `json:"refreshToken,omitempty"`
	Dropped *family.Dropped `json:"dropped,omitempty"`
}

var session = family.Choice(sessionShown, family.Of[tokenBody](200), family.Of[challengeBody](202))

func sessionShown(_ *family.Call, s tollkeeper.SignInResult) family.Answer {
	if s.Challenge != "" {
		return family.Answer{Status: 202, Body: challengeBody{string(s.Challenge), family.DroppedOf(s.Dropped)}}
	}
	return family.Answer{Body: tokenBody{string(s.Token), string(s.Refresh), family.DroppedOf(s.Dropped)}}
}

type registeredBody struct {
	Message string `json:"message"`
	User    user   `json:"user"`
	tokenBody
}

func registered(_ *family.Call, s tollkeeper.SignUpResult) registeredBody {
	return registeredBody{"Registered successfully!", userOf(s.Subject.Account), tokenBody{Token: string(s.Token), Refresh: string(s.Refresh)}}
}

func roleSet(_ *family.Call, changed bool) messageBody {
	if changed {
		return messageBody{"Changed role successfully!"}
	}
	return messageBody{"The requested role has already been set!"}
}

type listBody struct {
	Users []user `json:"usersList"`
	Next  string `json:"nextCursor,omitempty"`
}

func list(_ *family.Call, p tollkeeper.AccountPage) listBody {
	users := make([]user, len(p.Accounts))
	for i, a := range p.Accounts {
		users[i] = userOf(a)
	}
	return listBody{users, p.Next}
}
