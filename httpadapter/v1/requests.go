package v1

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

type credentials struct {
	Email    family.Email `json:"email" need:""`
	Password string       `json:"password" need:""`
}

func login(_ *family.Call, b credentials) (tollkeeper.SignInRequest, error) {
	return tollkeeper.SignInRequest{Email: string(b.Email), Password: tollkeeper.Password(b.Password)}, nil
}

func register(_ *family.Call, b credentials) (tollkeeper.SignUpRequest, error) {
	return tollkeeper.SignUpRequest{Email: string(b.Email), Password: tollkeeper.Password(b.Password)}, nil
}

type newPasswordBody struct {
	Password    string `json:"password" need:""`
	NewPassword string `json:"newPassword" need:""`
}

func newPassword(_ *family.Call, b newPasswordBody) (tollkeeper.PasswordChange, error) {
	return tollkeeper.PasswordChange{Current: tollkeeper.Password(b.Password), New: tollkeeper.Password(b.NewPassword)}, nil
}

type newRoleBody struct {
	Email family.Email `json:"email" need:""`
	Role  string       `json:"role" need:""`
}

func newRole(_ *family.Call, b newRoleBody) (tollkeeper.RoleChange, error) {
	return tollkeeper.RoleChange{Email: string(b.Email), Role: tollkeeper.Role(b.Role)}, nil
}

type passwordBody struct {
	Password string `json:"password" need:""`
}

func password(_ *family.Call, b passwordBody) (string, error) { return b.Password, nil }

var pages = []family.Param{{Name: "limit", Max: 100}, {Name: "cursor", About: "nextCursor of the page before"}}

func listed(_ *family.Call, q map[string]string) (tollkeeper.AccountQuery, error) {
	limit, err := family.ListLimit(q["limit"])
	return tollkeeper.AccountQuery{Limit: limit, Cursor: q["cursor"]}, err
}
