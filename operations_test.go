package tollkeeper_test

import (
	"fmt"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// scene is a tenant with a proven mailbox, and children, made one by one.
type scene struct {
	*world
	tenant authtest.Account
	by     *tollkeeper.Identity // the tenant
	made   int
	issuer issuer
}

func (s *scene) email() string { s.made++; return fmt.Sprintf("person%d@example.com", s.made) }

func (s *scene) somebody() authtest.Account { return s.child(s.tenant, s.email()) }

func (s *scene) proven() authtest.Account {
	c := s.somebody()
	s.confirmed(c)
	return c
}

// enrolled is somebody with an app, and a session that showed it.
func (s *scene) enrolled() (authtest.Account, authtest.Factor, *tollkeeper.Identity) {
	c := s.somebody()
	f := s.EnrolFactor(c)
	s.Advance(time.Minute)
	res, err := s.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: s.signIn(c).Challenge, Code: tollkeeper.SecretText(s.FactorCode(f))})
	s.ok(err)
	s.Advance(time.Minute)
	return c, f, s.Identity(string(res.Token))
}

func (s *scene) link(a authtest.Account) tollkeeper.SecretText {
	s.ok(s.Auth.RequestOwnVerification(ctx, a.Identity, "", home))
	return tollkeeper.SecretText(s.LastToken(a.Email, tollkeeper.MailVerify))
}

func (s *scene) resetLink(a authtest.Account) tollkeeper.SecretText {
	s.ok(s.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: a.Email, Scope: keyed(a), Client: home}))
	return tollkeeper.SecretText(s.LastToken(a.Email, tollkeeper.MailReset))
}

// operation prepares something, and returns it to be done.
type operation func(s *scene) func() error

// operations are all of Authenticator that take a context, each ready to succeed.
var operations = map[string]operation{
	"Account": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.Account(ctx, s.by, c.ID)) }
	},
	"Accounts": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Accounts(ctx, s.by, tollkeeper.AccountQuery{})) }
	},
	"Authenticate": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.Authenticate(ctx, tollkeeper.SecretText(c.Token))) }
	},
	"BeginIssuer": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.BeginIssuer(ctx, start(nil))) }
	},
	"BillingHistory": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.BillingHistory(ctx, s.by, tollkeeper.BillingQuery{})) }
	},
	"ChangePassword": func(s *scene) func() error {
		c := s.somebody()
		return func() error {
			return s.Auth.ChangePassword(ctx, c.Identity, tollkeeper.PasswordChange{Current: password, New: ownersPassword})
		}
	},
	"ConfirmEmailChange": func(s *scene) func() error {
		c := s.somebody()
		r := s.changing(password, c.Identity, s.email())
		return func() error { return s.Auth.ConfirmEmailChange(ctx, r) }
	},
	"ConfirmFactor": func(s *scene) func() error {
		c := s.proven()
		e, err := s.Auth.EnrolFactor(ctx, c.Identity, tollkeeper.FactorEnrolment{Password: password})
		s.ok(err)
		code := s.FactorCode(authtest.Factor{Seed: string(e.Seed)})
		return func() error {
			return errOf(s.Auth.ConfirmFactor(ctx, s.Identity(c.Token), tollkeeper.SecretText(code), home))
		}
	},
	"CreateAccount": func(s *scene) func() error {
		spec := tollkeeper.AccountSpec{Email: s.email(), Password: password}
		return func() error { return errOf(s.Auth.CreateAccount(ctx, s.by, spec)) }
	},
	"CreditAnalysis": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.CreditAnalysis(ctx, s.by)) }
	},
	"DeleteAccount": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.DeleteAccount(ctx, c.Identity, password, home) }
	},
	"Disown": func(s *scene) func() error {
		link := s.link(s.somebody())
		return func() error { return s.Auth.Disown(ctx, link, home) }
	},
	"EndOtherSessions": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.EndOtherSessions(ctx, c.Identity) }
	},
	"EndSession": func(s *scene) func() error {
		c := s.somebody()
		other := s.signIn(c)
		return func() error { return s.Auth.EndSession(ctx, c.Identity, other.Session) }
	},
	"EndSessions": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.EndSessions(ctx, s.by, c.ID) }
	},
	"EnrolFactor": func(s *scene) func() error {
		c := s.proven()
		return func() error {
			return errOf(s.Auth.EnrolFactor(ctx, c.Identity, tollkeeper.FactorEnrolment{Password: password}))
		}
	},
	"Events": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Events(ctx, s.by, tollkeeper.EventQuery{})) }
	},
	"Export": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.Export(ctx, c.Identity)) }
	},
	"Factors": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Factors(ctx, s.by)) }
	},
	"Health": func(s *scene) func() error {
		return func() error { return s.Auth.Health(ctx) }
	},
	"Identities": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Identities(ctx, s.by)) }
	},
	"LinkIssuer": func(s *scene) func() error {
		u := s.user(s.email())
		s.Issuer().As(u.Email, "", false)
		back := s.wayTo(u.Identity)
		return func() error { return errOf(s.Auth.LinkIssuer(ctx, u.Identity, back)) }
	},
	"DeleteOwnAccount": func(s *scene) func() error {
		c := s.somebody()
		return func() error {
			return s.Auth.DeleteOwnAccount(ctx, c.Identity, tollkeeper.Confirmation{Password: password, Client: home})
		}
	},
	"RecoveryCodesLeft": func(s *scene) func() error {
		_, _, by := s.enrolled()
		return func() error { return errOf(s.Auth.RecoveryCodesLeft(ctx, by)) }
	},
	"NewRecoveryCodes": func(s *scene) func() error {
		_, f, by := s.enrolled()
		return func() error {
			return errOf(s.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: tollkeeper.SecretText(s.FactorCode(f)), Client: home}))
		}
	},
	"Organization": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Organization(ctx, s.by)) }
	},
	"OrganizationByKey": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.OrganizationByKey(ctx, s.tenant.PublicKey)) }
	},
	"OriginAllowedFor": func(s *scene) func() error {
		r := tollkeeper.OriginRequest{PublicKey: s.tenant.PublicKey, Origin: "https://shop.example", Client: home}
		return func() error { return errOf(s.Auth.OriginAllowedFor(ctx, r)) }
	},
	"Profile": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Profile(ctx, s.by)) }
	},
	"Providers": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.Providers(ctx, keyed(c))) }
	},
	"Reauthenticate": func(s *scene) func() error {
		c := s.somebody()
		return func() error {
			return s.Auth.Reauthenticate(ctx, c.Identity, tollkeeper.Confirmation{Password: password, Client: home})
		}
	},
	"Refresh": func(s *scene) func() error {
		token := s.signIn(s.somebody()).Refresh
		return func() error { return errOf(s.Auth.Refresh(ctx, token, home)) }
	},
	"RemoveAccount": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.RemoveAccount(ctx, s.by, c.ID) }
	},
	"RemoveFactor": func(s *scene) func() error {
		_, f, by := s.enrolled()
		return func() error {
			return s.Auth.RemoveFactor(ctx, by, tollkeeper.FactorRemoval{Password: password, Code: tollkeeper.SecretText(s.FactorCode(f))})
		}
	},
	"RemoveIdentity": func(s *scene) func() error {
		c := s.proven()
		s.issuer[c.Email] = tollkeeper.IDToken{Subject: c.Email, Email: c.Email, EmailVerified: true}
		s.ok(errOf(google(s.Kit, s.tenant, c.Email)))
		key := tollkeeper.IssuedKey{Issuer: tollkeeper.IssuerGoogle, Subject: c.Email}
		return func() error {
			return s.Auth.RemoveIdentity(ctx, c.Identity, tollkeeper.IdentityRemoval{Identity: key, Password: password})
		}
	},
	"RequestCode": func(s *scene) func() error {
		c := s.somebody()
		return func() error {
			return s.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c), Client: home})
		}
	},
	"RequestEmailChange": func(s *scene) func() error {
		c, to := s.somebody(), s.email()
		return func() error {
			return s.Auth.RequestEmailChange(ctx, c.Identity, tollkeeper.EmailChange{Password: password, Email: to})
		}
	},
	"RequestLink": func(s *scene) func() error {
		c := s.somebody()
		return func() error {
			return s.Auth.RequestLink(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c), WithCode: true, Client: home})
		}
	},
	"RequestOwnVerification": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.RequestOwnVerification(ctx, c.Identity, "", home) }
	},
	"RequestReset": func(s *scene) func() error {
		c := s.somebody()
		return func() error {
			return s.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c), Client: home})
		}
	},
	"RequestVerification": func(s *scene) func() error {
		c := s.somebody()
		return func() error {
			return s.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c), Client: home})
		}
	},
	"ResetFactors": func(s *scene) func() error {
		c, _, _ := s.enrolled()
		s.by = s.Identity(string(s.signIn(s.tenant).Token))
		return func() error { return s.Auth.ResetFactors(ctx, s.by, c.ID) }
	},
	"ResetPassword": func(s *scene) func() error {
		link := s.resetLink(s.somebody())
		return func() error {
			return errOf(s.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: link, Password: ownersPassword, Client: home}))
		}
	},
	"RotateTenantKey": func(s *scene) func() error {
		q := s.parent(s.email())
		return func() error { return errOf(s.Auth.RotateTenantKey(ctx, q.Identity)) }
	},
	"Sessions": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Sessions(ctx, s.by)) }
	},
	"SetRole": func(s *scene) func() error {
		c := s.somebody()
		return func() error {
			return errOf(s.Auth.SetRole(ctx, s.by, tollkeeper.RoleChange{Email: c.Email, Role: tollkeeper.RoleAdmin}))
		}
	},
	"SetStatus": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.SetStatus(ctx, s.by, c.ID, tollkeeper.StatusDisabled) }
	},
	"SignIn": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.try(c, password)) }
	},
	"SignInLink": func(s *scene) func() error {
		c := s.somebody()
		token := s.mailLink(c, false)
		return func() error { return errOf(s.peek(c, token)) }
	},
	"SignInWithCode": func(s *scene) func() error {
		c := s.somebody()
		code := s.mailCode(c)
		return func() error { return errOf(s.verify(c, code)) }
	},
	"SignInWithFactor": func(s *scene) func() error {
		c, f, _ := s.enrolled()
		challenge := s.signIn(c).Challenge
		return func() error {
			return errOf(s.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: challenge, Code: tollkeeper.SecretText(s.FactorCode(f))}))
		}
	},
	"SignInWithIDToken": func(s *scene) func() error {
		email := s.email()
		s.issuer[email] = tollkeeper.IDToken{Subject: email, Email: email, EmailVerified: true}
		return func() error { return errOf(google(s.Kit, s.tenant, email)) }
	},
	"SignInWithLink": func(s *scene) func() error {
		c := s.somebody()
		token := s.mailLink(c, false)
		return func() error { return errOf(s.open(c, token)) }
	},
	"SignInWithIssuer": func(s *scene) func() error {
		email := s.email()
		s.Issuer().As(email, email, true)
		back := s.wayTo(nil)
		return func() error { return errOf(s.Auth.SignInWithIssuer(ctx, back)) }
	},
	"SignOut": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.SignOut(ctx, c.Identity) }
	},
	"SignUp": func(s *scene) func() error {
		r := tollkeeper.SignUpRequest{Email: s.email(), Password: password, Scope: keyed(authtest.Account{ParentKey: s.tenant.PublicKey}), Client: home}
		return func() error { return errOf(s.Auth.SignUp(ctx, r)) }
	},
	"Unlock": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.Unlock(ctx, s.by, c.ID) }
	},
	"UpdateOrganization": func(s *scene) func() error {
		name := "Another"
		return func() error {
			return errOf(s.Auth.UpdateOrganization(ctx, s.by, tollkeeper.OrganizationPatch{Name: &name}))
		}
	},
	"UpdateProfile": func(s *scene) func() error {
		c, name := s.somebody(), "Ada"
		return func() error { return s.Auth.UpdateProfile(ctx, c.Identity, tollkeeper.ProfilePatch{Name: &name}) }
	},
	"VerifyEmail": func(s *scene) func() error {
		link := s.link(s.somebody())
		return func() error {
			return errOf(s.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: link, Client: home}))
		}
	},
}
