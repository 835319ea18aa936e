package tollkeeper_test

import (
	"maps"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func init() { maps.Copy(operations, passkeyOperations) }

// withPasskey is somebody with a passkey, and a session that showed it.
func (s *scene) withPasskey() (*holder, *tollkeeper.Identity) {
	c := s.proven()
	x := s.holder(c)
	s.Advance(time.Second)
	res, err := s.byPhone(x)
	s.ok(err)
	return x, s.Identity(string(res.Token))
}

// passkeyOperations are the operations of passkeys.
var passkeyOperations = map[string]operation{
	"AddPasskey": func(s *scene) func() error {
		_, by := s.withPasskey()
		c, err := s.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{Client: home})
		s.ok(err)
		answer := s.Passkey().Answer(c)
		return func() error {
			return errOf(s.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Answer: answer, Client: home}))
		}
	},
	"BeginPasskey": func(s *scene) func() error {
		_, by := s.withPasskey()
		return func() error {
			return errOf(s.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{Client: home}))
		}
	},
	"BeginPasskeyFactor": func(s *scene) func() error {
		x, _ := s.withPasskey()
		challenge := s.SignIn(x.Account).Challenge
		return func() error { return errOf(s.Auth.BeginPasskeyFactor(ctx, challenge, home)) }
	},
	"BeginPasskeyProof": func(s *scene) func() error {
		_, by := s.withPasskey()
		return func() error { return errOf(s.Auth.BeginPasskeyProof(ctx, by)) }
	},
	"BeginPasskeySignIn": func(s *scene) func() error {
		return func() error {
			return errOf(s.Auth.BeginPasskeySignIn(ctx, tollkeeper.PasskeySignIn{Scope: tollkeeper.Under(s.tenant.ID), Client: home}))
		}
	},
	"RenameFactor": func(s *scene) func() error {
		x, by := s.withPasskey()
		return func() error { return s.Auth.RenameFactor(ctx, by, x.added.Passkey.ID, "My phone") }
	},
	"SignInWithPasskey": func(s *scene) func() error {
		x, _ := s.withPasskey()
		answer := x.phone.Answer(s.askedPasskey(x.Scope()))
		return func() error { return errOf(s.byPasskey(answer, x.Scope())) }
	},
}
