package main

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

type person struct {
	Email    family.Email `json:"email" need:"An email, please"`
	Password string       `json:"password" need:"A password, please" about:"8 characters or more"`
}

func newcomer(_ *family.Call, p person) (tollkeeper.SignUpRequest, error) {
	return tollkeeper.SignUpRequest{Email: string(p.Email), Password: tollkeeper.Password(p.Password)}, nil
}

func known(_ *family.Call, p person) (tollkeeper.SignInRequest, error) {
	return tollkeeper.SignInRequest{Email: string(p.Email), Password: tollkeeper.Password(p.Password)}, nil
}

type good[T any] struct {
	OK     bool `json:"ok"`
	Result T    `json:"result"`
}

type ticket struct {
	Token     string `json:"token,omitempty"`
	Challenge string `json:"challenge,omitempty" about:"instead of a token, where a second factor is asked for"`
}

func begun(_ *family.Call, s tollkeeper.SignInResult) good[ticket] {
	return good[ticket]{true, ticket{string(s.Token), string(s.Challenge)}}
}

func joined(c *family.Call, s tollkeeper.SignUpResult) good[ticket] { return begun(c, s.SignInResult) }
