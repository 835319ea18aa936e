package bench

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// economyParent is a parent of the economy: its name, and how many children and ledger rows it has.
type economyParent struct {
	name             string
	children, ledger int
}

// openEconomy asks for the figures and the list of a parent with many children and a long ledger, and of one with few.
func openEconomy(ctx context.Context, s Setup) (*Bench, error) {
	parents := []economyParent{
		{"1,000 children, 1,000 ledger rows", s.size(1000, 10), s.size(1000, 10)},
		{"100,000 children, 1,000,000 ledger rows", s.size(100_000, 20), s.size(1_000_000, 20)},
	}
	return open(func(b *Bench) error {
		path := filepath.Join(s.Dir, "economy.db")
		lite, err := b.lite(ctx, path)
		if err != nil {
			return err
		}
		if err := b.addEconomy(ctx, "SQLite", lite, parents, func(f fill) error { return f.lite(ctx, path) }); err != nil {
			return err
		}
		db, server, err := b.server(ctx, s.Postgres)
		if err != nil {
			return err
		}
		return b.addEconomy(ctx, "PostgreSQL", server, parents, func(f fill) error { return f.postgres(ctx, db.pool) })
	})
}

func (b *Bench) addEconomy(ctx context.Context, engine string, kept store.Store, parents []economyParent, pour func(fill) error) error {
	svc, err := newService(ctx, kept, func(c *tollkeeper.Config) { c.Credits = &tollkeeper.Credits{} })
	if err != nil {
		return err
	}
	b.onClose(svc.close)
	for i, p := range parents {
		by, err := svc.owner(ctx, fmt.Sprintf("owner%d@tenant.example", i))
		if err != nil {
			return err
		}
		if err := pour(fill{parent: by.Account, first: (i + 1) << 32, children: p.children, ledger: p.ledger}); err != nil {
			return err
		}
		b.add(engine+", credit analysis, "+p.name, func(int) error { _, err := svc.auth.CreditAnalysis(ctx, by); return err })
		b.add(engine+", list of 50 children, "+p.name, func(int) error { _, err := svc.auth.Accounts(ctx, by, tollkeeper.AccountQuery{}); return err })
	}
	for _, what := range []string{"credit analysis", "list of 50 children"} {
		few, many := engine+", "+what+", "+parents[0].name, engine+", "+what+", "+parents[1].name
		b.Targets = append(b.Targets, Target{What: engine + ", " + what + ", " + parents[1].name + " to 1,000 of each", Value: ratio(perOp, many, few), Unit: "×", Must: 1.5})
	}
	return nil
}

// owner is a parent with some bought packages, signed in.
func (s *service) owner(ctx context.Context, email string) (*tollkeeper.Identity, error) {
	a, err := s.auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: email, Password: password, Verified: true})
	if err != nil {
		return nil, err
	}
	for n := range 20 {
		if _, err := s.auth.Host().GrantPackage(ctx, a.ID, tollkeeper.Purchase{Package: "STARTER", TransactionID: fmt.Sprint("transaction-", a.ID, "-", n)}); err != nil {
			return nil, err
		}
	}
	session, err := s.auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: email, Password: password})
	if err != nil {
		return nil, err
	}
	return s.auth.Authenticate(ctx, session.Token)
}
