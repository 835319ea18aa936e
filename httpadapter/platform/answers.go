package platform

import (
	"cmp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// user is an account as this family shows it. ID is a JSON number.
type user struct {
	ID     int64             `json:"id"`
	Email  string            `json:"email"`
	Name   string            `json:"name"`
	Role   tollkeeper.Role   `json:"role"`
	Status tollkeeper.Status `json:"status"`
}

type sessionBody struct {
	Token   string          `json:"token"`
	Refresh string          `json:"refreshToken,omitempty"`
	User    user            `json:"user"`
	Dropped *family.Dropped `json:"dropped,omitempty"`
}

var session = family.Choice(sessionShown, family.Of[sessionBody](200), family.Of[family.Challenge](200))

func sessionShown(_ *family.Call, s tollkeeper.SignInResult) family.Answer {
	if s.Challenge != "" {
		return family.Answer{Body: family.ChallengeOf(s)}
	}
	a := s.Subject.Account
	u := user{a.Number, a.Email, cmp.Or(a.Name, a.Username), a.Role, a.Status}
	return family.Answer{Body: sessionBody{string(s.Token), string(s.Refresh), u, family.DroppedOf(s.Dropped)}}
}

type statusBody struct {
	Authenticated bool `json:"authenticated"`
	User          user `json:"user"`
}

// status shows who is signed in. Only active accounts have sessions.
func status(_ *family.Call, id *tollkeeper.Identity) statusBody {
	return statusBody{true, user{id.Number, id.Email, cmp.Or(id.Name, id.Username), id.Role, tollkeeper.StatusActive}}
}

type messageBody struct {
	Message string          `json:"message"`
	Dropped *family.Dropped `json:"dropped,omitempty"`
}

func says(message string) family.Encoder[family.None] {
	return family.Constant[family.None](200, messageBody{Message: message})
}

func resetDone(_ *family.Call, d tollkeeper.Dropped) messageBody {
	return messageBody{"Password successfully reset", family.DroppedOf(d)}
}

type codeSentBody struct {
	Message   string `json:"message"`
	ExpiresIn int    `json:"expiresIn" about:"how long the code lives, in seconds"`
}

var codeSent = family.Constant[family.None](200, codeSentBody{"OTP sent successfully", 300})
