package httpadapter

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

type v1Message struct {
	Message string `json:"message"`
}

// v1Says encodes a constant sentence.
func v1Says[Out any](message string) func(*call, Out) answer {
	a := answer{body: v1Message{message}}
	return func(*call, Out) answer { return a }
}

type v1Credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

func v1Body(c *call) (v1Credentials, error) {
	b, err := body[v1Credentials](c)
	if err == nil && (b.Email == "" || b.Password == "") {
		err = missing(v1Invalid)
	}
	return b, err
}

func v1Login(c *call) (tollkeeper.SignInRequest, error) {
	b, err := v1Body(c)
	return tollkeeper.SignInRequest{Email: b.Email, Password: tollkeeper.Password(b.Password)}, err
}

func v1Register(c *call) (tollkeeper.SignUpRequest, error) {
	b, err := v1Body(c)
	return tollkeeper.SignUpRequest{Email: b.Email, Password: tollkeeper.Password(b.Password)}, err
}

func v1NewPassword(c *call) (passwordChange, error) {
	b, err := body[struct {
		Password    string `json:"password"`
		NewPassword string `json:"newPassword"`
	}](c)
	if err == nil && (b.Password == "" || b.NewPassword == "") {
		err = missing(v1Invalid)
	}
	return passwordChange{current: b.Password, next: b.NewPassword}, err
}

func v1NewRole(c *call) (roleChange, error) {
	b, err := body[struct {
		Email string `json:"email"`
		Role  string `json:"role"`
	}](c)
	if err == nil && (b.Email == "" || b.Role == "") {
		err = missing(v1Invalid)
	}
	return roleChange{email: b.Email, role: tollkeeper.Role(b.Role)}, err
}

func v1Password(c *call) (string, error) {
	b, err := body[struct {
		Password string `json:"password"`
	}](c)
	if err == nil && b.Password == "" {
		err = missing(v1Invalid)
	}
	return b.Password, err
}

func v1Query(c *call) (tollkeeper.AccountQuery, error) {
	q, err := c.query("limit", "cursor")
	if err != nil {
		return tollkeeper.AccountQuery{}, err
	}
	limit, err := listLimit(q["limit"])
	return tollkeeper.AccountQuery{Limit: limit, Cursor: q["cursor"]}, err
}

// v1User is an account as the v1 family shows it. UserID repeats ID for clients of the source.
type v1User struct {
	ID     uuid.UUID       `json:"id"`
	UserID uuid.UUID       `json:"userID"`
	Email  string          `json:"email"`
	Role   tollkeeper.Role `json:"role,omitempty"`
}

func v1Account(a tollkeeper.Account) v1User {
	return v1User{ID: a.ID, UserID: a.ID, Email: a.Email, Role: a.Role}
}

func v1Role(_ *call, id *tollkeeper.Identity) answer {
	return answer{body: v1User{ID: id.Account, UserID: id.Account, Email: id.Email, Role: id.Role}}
}

func v1Validated(_ *call, id *tollkeeper.Identity) answer {
	return answer{body: struct {
		v1Message
		v1User
	}{v1Message{"You are logged in!"}, v1User{ID: id.Account, UserID: id.Account, Email: id.Email}}}
}

type v1Challenge struct {
	Challenge string   `json:"challenge"`
	Dropped   *dropped `json:"dropped,omitempty"`
}

type v1Token struct {
	Token   string   `json:"token"`
	Refresh string   `json:"refreshToken,omitempty"`
	Dropped *dropped `json:"dropped,omitempty"`
}

func v1LoggedIn(_ *call, s tollkeeper.SignInResult) answer {
	if s.Challenge != "" {
		return answer{status: 202, body: v1Challenge{string(s.Challenge), droppedOf(s.Dropped)}}
	}
	return answer{body: v1Token{string(s.Token), string(s.Refresh), droppedOf(s.Dropped)}}
}

func v1Registered(_ *call, s tollkeeper.SignUpResult) answer {
	return answer{status: 201, body: struct {
		Message string `json:"message"`
		User    v1User `json:"user"`
		v1Token
	}{"Registered successfully!", v1Account(s.Subject.Account), v1Token{Token: string(s.Token), Refresh: string(s.Refresh)}}}
}

func v1RoleSet(_ *call, changed bool) answer {
	if changed {
		return answer{body: v1Message{"Changed role successfully!"}}
	}
	return answer{body: v1Message{"The requested role has already been set!"}}
}

func v1List(_ *call, p tollkeeper.AccountPage) answer {
	users := make([]v1User, len(p.Accounts))
	for i, a := range p.Accounts {
		users[i] = v1Account(a)
	}
	return answer{body: struct {
		Users []v1User `json:"usersList"`
		Next  string   `json:"nextCursor,omitempty"`
	}{users, p.Next}}
}
