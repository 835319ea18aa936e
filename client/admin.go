package client

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// Admin is what an admin may do with the accounts of their scope. Who is none is refused by [ErrForbidden]. It is safe
// for concurrent use, as its Session is.
type Admin struct{ session *Session }

// Format writes what it is, without the session's tokens, for every verb.
func (Admin) Format(f fmt.State, _ rune) { io.WriteString(f, "client.Admin") }

// Admin returns the session's acts as an admin. Whether its user is one, the service says at each.
func (s *Session) Admin() Admin { return Admin{s} }

// UserQuery says which users a page has.
type UserQuery struct {
	Search   string    // prefix of email or username
	From, To time.Time // of creation: at or after, and before; zero: no bound
	Limit    int       // entries of a page, at most 100; zero: 50
	Cursor   string    // Next of the page before, with the same query
}

// Users is a page of users, in order of creation.
type Users struct {
	Users  []User `json:"users"`
	Next   string `json:"next"`   // Cursor of the next page; empty: there is none
	Total  int64  `json:"total"`  // of all users, whatever the search
	Active int64  `json:"active"` // of all users, seen within 30 days; up to an hour old
}

// NewUser is a user whom an admin makes.
type NewUser struct {
	Email         string `json:"email"`
	Password      Secret `json:"password"`  // empty: none; they sign in by a mailed code, or set one
	Temporary     bool   `json:"temporary"` // the password serves only to choose another one
	Username      string `json:"username"`
	Name          string `json:"name"`
	Role          string `json:"role"`          // empty: "user"
	EmailVerified bool   `json:"emailVerified"` // the admin vouches for the address
}

// UserChange gives a user another role or another status: one of both.
type UserChange struct {
	Role   string `json:"role"`
	Status string `json:"status"` // "active" or "disabled"
}

// UserEventQuery says which events of users a page has.
type UserEventQuery struct {
	User  string   // id of one user; empty: of all
	Names []string // at most 100; nil: all
	EventQuery
}

// Users lists users.
func (a Admin) Users(ctx context.Context, q UserQuery) (Users, error) {
	v := with(pageOf(q.From, q.To, q.Limit, q.Cursor), "search", q.Search)
	return get[Users](ctx, a.session, request{method: "GET", path: "/admin/users", query: v})
}

// CreateUser makes a user, also where sign-up is closed. No mail goes out.
func (a Admin) CreateUser(ctx context.Context, in NewUser) (User, error) {
	return get[User](ctx, a.session, request{method: "POST", path: "/admin/users", body: in})
}

// User returns one user.
func (a Admin) User(ctx context.Context, id string) (User, error) {
	var out User
	err := a.one(ctx, request{method: "GET"}, id, "", &out)
	return out, err
}

// ChangeUser gives a user another role, or disables or enables them.
func (a Admin) ChangeUser(ctx context.Context, id string, in UserChange) (User, error) {
	var out User
	err := a.one(ctx, request{method: "PATCH", body: in}, id, "", &out)
	return out, err
}

// DeleteUser deletes a user with their personal data.
func (a Admin) DeleteUser(ctx context.Context, id string) error {
	return a.one(ctx, request{method: "DELETE"}, id, "", nil)
}

// SignOutUser ends every session of a user.
func (a Admin) SignOutUser(ctx context.Context, id string) error {
	return a.one(ctx, request{method: "POST"}, id, "/sign-out", nil)
}

// ResetFactors takes a user's second factors away, for one who lost them.
func (a Admin) ResetFactors(ctx context.Context, id string) error {
	return a.one(ctx, request{method: "POST"}, id, "/reset-factors", nil)
}

// Unlock pardons what failures closed for a user.
func (a Admin) Unlock(ctx context.Context, id string) error {
	return a.one(ctx, request{method: "POST"}, id, "/unlock", nil)
}

// Events returns what happened to the users, newest first.
func (a Admin) Events(ctx context.Context, q UserEventQuery) (Events, error) {
	v := with(with(q.values(), "user", q.User), "name", strings.Join(q.Names, ","))
	return get[Events](ctx, a.session, request{method: "GET", path: "/admin/events", query: v})
}

func (a Admin) one(ctx context.Context, r request, id, after string, out any) error {
	return a.session.one(ctx, r, "/admin/users/", id, after, out)
}
