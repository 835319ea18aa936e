package tollkeeper_test

import (
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

func init() {
	maps.Copy(operations, consoleOperations)
	maps.Copy(hostOperations, consoleHostOperations)
}

// openSession is somebody with a session, not their first.
func (s *scene) openSession() (authtest.Account, uuid.UUID) {
	c := s.somebody()
	return c, s.Identity(string(s.signIn(c).Token)).Session
}

// anEnrolled is somebody with a factor.
func (s *scene) anEnrolled() (authtest.Account, uuid.UUID) {
	c, _, by := s.enrolled()
	list, err := s.Auth.Factors(ctx, by)
	s.ok(err)
	return c, list[0].ID
}

// linked is somebody with an identity, beside a password.
func (s *scene) linked() (authtest.Account, tollkeeper.IssuedKey) {
	c := s.somebody()
	key := tollkeeper.IssuedKey{Issuer: "https://issuer.example", Subject: c.Email}
	s.world.link(c, key)
	return c, key
}

// failedMail is a mail that failed and waits for another try.
func (s *scene) failedMail() uuid.UUID {
	m := store.QueuedMail{ID: uuid.New(), Kind: tollkeeper.MailNotice, Lookup: store.Lookup{ID: s.tenant.ID}, DueAt: s.Now().Add(-time.Hour)}
	kept := s.store.Store
	s.ok(kept.QueueMail(ctx, []store.QueuedMail{m}))
	claimed, err := kept.ClaimMail(ctx, 1, time.Minute, s.Now().Add(-time.Hour))
	s.ok(err)
	if len(claimed) != 1 || claimed[0].ID != m.ID {
		s.Fatalf("%+v", claimed)
	}
	s.ok(kept.FinishMail(ctx, store.Delivery{ID: m.ID, Tries: 1, Retry: s.Now().Add(time.Hour), Failure: "refused"}))
	return m.ID
}

var consoleOperations = map[string]operation{
	"EndSessionOf": func(s *scene) func() error {
		c, session := s.openSession()
		return func() error { return s.Auth.EndSessionOf(ctx, s.by, c.ID, session) }
	},
	"FactorsOf": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.FactorsOf(ctx, s.by, c.ID)) }
	},
	"IdentitiesOf": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.IdentitiesOf(ctx, s.by, c.ID)) }
	},
	"Ledger": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Ledger(ctx, s.by, tollkeeper.LedgerQuery{})) }
	},
	"RemoveFactorOf": func(s *scene) func() error {
		c, factor := s.anEnrolled()
		return func() error { return s.Auth.RemoveFactorOf(ctx, s.by, c.ID, factor) }
	},
	"RemoveIdentityOf": func(s *scene) func() error {
		c, key := s.linked()
		return func() error { return s.Auth.RemoveIdentityOf(ctx, s.by, c.ID, key) }
	},
	"SessionsOf": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.SessionsOf(ctx, s.by, c.ID)) }
	},
	"Usage": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Usage(ctx, s.by, tollkeeper.UsageQuery{})) }
	},
}

var consoleHostOperations = map[string]operation{
	"BillingHistory": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().BillingHistory(ctx, s.tenant.ID, tollkeeper.BillingQuery{})) }
	},
	"CreditAnalysis": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().CreditAnalysis(ctx, s.tenant.ID)) }
	},
	"DropMail": func(s *scene) func() error {
		id := s.failedMail()
		return func() error { return s.Auth.Host().DropMail(ctx, id) }
	},
	"EndSession": func(s *scene) func() error {
		c, session := s.openSession()
		return func() error { return s.Auth.Host().EndSession(ctx, c.ID, session) }
	},
	"Factors": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.Host().Factors(ctx, c.ID)) }
	},
	"Identities": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.Host().Identities(ctx, c.ID)) }
	},
	"Ledger": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().Ledger(ctx, s.tenant.ID, tollkeeper.LedgerQuery{})) }
	},
	"MailQueue": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().MailQueue(ctx, tollkeeper.MailQuery{})) }
	},
	"RemoveFactor": func(s *scene) func() error {
		c, factor := s.anEnrolled()
		return func() error { return s.Auth.Host().RemoveFactor(ctx, c.ID, factor) }
	},
	"RemoveIdentity": func(s *scene) func() error {
		c, key := s.linked()
		return func() error { return s.Auth.Host().RemoveIdentity(ctx, c.ID, key) }
	},
	"RetryMail": func(s *scene) func() error {
		id := s.failedMail()
		return func() error { return s.Auth.Host().RetryMail(ctx, id) }
	},
	"RotateTenantKey": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().RotateTenantKey(ctx, s.tenant.ID)) }
	},
	"Sessions": func(s *scene) func() error {
		c := s.somebody()
		return func() error { return errOf(s.Auth.Host().Sessions(ctx, c.ID)) }
	},
	"Usage": func(s *scene) func() error {
		return func() error { return errOf(s.Auth.Host().Usage(ctx, s.tenant.ID, tollkeeper.UsageQuery{})) }
	},
}
