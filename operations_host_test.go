package tollkeeper_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// hostOperations are all of Host, each ready to succeed.
var hostOperations = map[string]operation{
	"Account": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().Account(ctx, s.tenant.ID)) }
	},
	"Accounts": func(s *scene) func() error {
		return func() error {
			return errOf(s.Auth.Host().Accounts(ctx, tollkeeper.Under(s.tenant.ID), tollkeeper.AccountQuery{}))
		}
	},
	"AddMember": func(s *scene) func() error {
		member := s.parent(s.email())
		return func() error {
			return s.Auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: s.tenant.ID, Member: member.ID})
		}
	},
	"Allow": func(s *scene) func() error {
		r := tollkeeper.RateRequest{Name: "reports", Key: s.email(), Limits: []tollkeeper.Limit{tollkeeper.Rate(1, time.Minute)}}
		return func() error { return s.Auth.Host().Allow(ctx, r) }
	},
	"Bootstrap": func(s *scene) func() error {
		r := tollkeeper.BootstrapRequest{Email: s.email(), Password: password}
		return func() error { return errOf(s.Auth.Host().Bootstrap(ctx, r)) }
	},
	"Charge": func(s *scene) func() error {
		key := s.email()
		return func() error { return errOf(s.Auth.Host().Charge(ctx, s.tenant.ID, tollkeeper.OpSignIn, key)) }
	},
	"CreateAccount": func(s *scene) func() error {
		spec := tollkeeper.AccountSpec{Scope: tollkeeper.Under(s.tenant.ID), Email: s.email(), Password: password}
		return func() error { return errOf(s.Auth.Host().CreateAccount(ctx, spec)) }
	},
	"DeleteAccount": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.Host().DeleteAccount(ctx, c.ID) }
	},
	"EndSessions": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.Host().EndSessions(ctx, c.ID) }
	},
	"Events": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().Events(ctx, tollkeeper.EventQuery{})) }
	},
	"EventsIn": func(s *scene) func() error {
		return func() error {
			return errOf(s.Auth.Host().EventsIn(ctx, tollkeeper.Under(s.tenant.ID), tollkeeper.EventQuery{}))
		}
	},
	"ExportAccounts": func(s *scene) func() error {
		return func() error {
			return errOf(s.Auth.Host().ExportAccounts(ctx, tollkeeper.Under(s.tenant.ID), &bytes.Buffer{}, tollkeeper.ExportOptions{}))
		}
	},
	"FindByEmail": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.Host().FindByEmail(ctx, tollkeeper.Under(s.tenant.ID), c.Email)) }
	},
	"FindByUsername": func(s *scene) func() error {
		c := s.called(fmt.Sprint("name", s.made), s.email())
		return func() error { return errOf(s.Auth.Host().FindByUsername(ctx, tollkeeper.Scope{}, c.Username)) }
	},
	"Grant": func(s *scene) func() error {
		key := s.email()
		return func() error { return errOf(s.Auth.Host().Grant(ctx, s.tenant.ID, 5, key)) }
	},
	"GrantPackage": func(s *scene) func() error {
		p := tollkeeper.Purchase{Package: "STARTER", TransactionID: s.email()}
		return func() error { return errOf(s.Auth.Host().GrantPackage(ctx, s.tenant.ID, p)) }
	},
	"ImportAccounts": func(s *scene) func() error {
		line := fmt.Sprintf(`{"email":%q}`, s.email())
		return func() error {
			return errOf(s.Auth.Host().ImportAccounts(ctx, tollkeeper.Under(s.tenant.ID), strings.NewReader(line), tollkeeper.ImportOptions{}))
		}
	},
	"Organization": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().Organization(ctx, s.tenant.ID)) }
	},
	"Refund": func(s *scene) func() error {
		key := s.email()
		s.ok(errOf(s.Auth.Host().Charge(ctx, s.tenant.ID, tollkeeper.OpSignIn, key)))
		return func() error { return errOf(s.Auth.Host().Refund(ctx, s.tenant.ID, key)) }
	},
	"ResetFactors": func(s *scene) func() error {
		c, _, _ := s.enrolled()
		return func() error { return s.Auth.Host().ResetFactors(ctx, c.ID) }
	},
	"SetRole": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.Host().SetRole(ctx, c.ID, tollkeeper.RoleAdmin)) }
	},
	"SetStatus": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.Host().SetStatus(ctx, c.ID, tollkeeper.StatusDisabled) }
	},
	"Unlock": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return s.Auth.Host().Unlock(ctx, c.ID) }
	},
	"UnsafeOrganizationByKey": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().UnsafeOrganizationByKey(ctx, s.tenant.PublicKey)) }
	},
	"UpdateMetadata": func(s *scene) func() error {
		c, n := s.somebody(), 0
		return func() error {
			return errOf(s.Auth.Host().UpdateMetadata(ctx, c.ID, func(json.RawMessage) (json.RawMessage, error) {
				n++
				return fmt.Appendf(nil, `{"n":%d}`, n), nil
			}))
		}
	},
	"UpdateOrganization": func(s *scene) func() error {
		name := "Another"
		return func() error {
			return errOf(s.Auth.Host().UpdateOrganization(ctx, s.tenant.ID, tollkeeper.OrganizationPatch{Name: &name}))
		}
	},
}
