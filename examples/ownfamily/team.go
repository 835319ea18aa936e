package main

import (
	"slices"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// Team is the API of a team: sign-up, sign-in, and a board for notes.
type Team struct{ Board *Board }

// Family returns the table.
func (t Team) Family() (family.Family, error) {
	if t.Board == nil {
		return family.Family{}, family.Refused("Team.Board", "is required")
	}
	home := tollkeeper.Scope{} // the app's own users
	return family.Family{
		Name: "team", Title: "Team API", Audience: "team", Prefixes: []string{"/team"},
		Routes: t.routes(), Replies: replies, Shape: family.Shape{Body: refusal}, Home: &home, Closed: true,
	}, nil
}

func (t Team) routes() []family.Route {
	return []family.Route{
		family.On("POST", "/team/people", family.Body(newcomer), family.SignUp, family.Status(201, joined)).
			Is("makes an account and gives a session"),
		family.On("POST", "/team/session", family.Body(known), family.SignIn, family.JSON(begun)).
			Is("gives a session, or a challenge for the second factor"),
		family.On("POST", "/team/session/factor", family.Body(family.FactorOf), family.VerifyFactor, family.JSON(begun)).
			Is("ends a sign-in that stopped at a challenge"),
		family.On("DELETE", "/team/session", family.Nothing(), family.SignOut, family.Empty[family.None]()).
			Is("ends the caller's session").Asks(family.SignedIn),
		family.On("GET", "/team/notes",
			family.Query(author, family.Param{Name: "by", About: "an email"}), t.Board.Read, family.JSON(shown)).
			Is("lists the notes").Asks(teammate),
		family.On("POST", "/team/notes", family.Body(text), t.Board.Pin, family.Status(201, pinned)).
			Is("pins a note").Asks(teammate),
	}
}

// teammate asks for more than [family.SignedIn]: a session that may do everything.
var teammate = family.Requirement{Name: "token", Check: func(c *family.Call) error {
	if err := family.SignedIn.Check(c); err != nil {
		return err
	}
	return c.Identity().Unrestricted()
}}

// replies are those of the library, but for two.
var replies = slices.Concat(family.Problems, family.Table{
	family.At(tollkeeper.ErrInvalidCredentials, 401, "", "Who are you?"),
	family.At(errFull, 409, "", ""),
})

type refused struct {
	OK    bool            `json:"ok"`
	Error tollkeeper.Code `json:"error"`
	Text  string          `json:"text" about:"fit for users"`
}

func refusal(f family.Failure) any { return refused{false, f.Cause.Code, f.Message} }
