package postgres_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// at is the moment of every test that has no reason for another one.
var at = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// parent makes a root account with credits.
func parent(tb testing.TB, s tollkeeper.Store, credits int64) tollkeeper.Account {
	tb.Helper()
	key := uuid.New()
	a, _, err := s.CreateAccount(tb.Context(), tollkeeper.NewAccount{
		Account: account(key, tollkeeper.Root),
		Grant:   &tollkeeper.LedgerEntry{ID: uuid.Must(uuid.NewV7()), Key: "grant", Operation: tollkeeper.OpGrant, Amount: credits, At: at},
	}, at)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// child makes an account below the parent.
func child(tb testing.TB, s tollkeeper.Store, p tollkeeper.Account) tollkeeper.Account {
	tb.Helper()
	a, _, err := s.CreateAccount(tb.Context(), tollkeeper.NewAccount{Account: account(uuid.New(), p.ID)}, at)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func account(key, parent uuid.UUID) tollkeeper.Account {
	return tollkeeper.Account{
		ID: uuid.Must(uuid.NewV7()), Parent: parent, Email: key.String() + "@example.com", EmailKey: key.String() + "@example.com",
		Username: "u" + strconv.FormatUint(uint64(key.ID()), 36), Role: tollkeeper.RoleUser, Status: tollkeeper.StatusActive,
		PublicKey: "APK_" + key.String(), Password: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g",
		PasswordChangedAt: at, KeyMaster: "m", KeyVersion: 1, CreatedAt: at, UpdatedAt: at,
	}
}

// signIn is a sign-in of the account that the payer is charged one credit for.
func signIn(a tollkeeper.Account, payer uuid.UUID, required bool) tollkeeper.NewSession {
	id := uuid.Must(uuid.NewV7())
	return tollkeeper.NewSession{
		Session: tollkeeper.Session{
			ID: id, Account: a.ID, Epoch: 1, Audience: tollkeeper.AudienceOrganization, KeyID: "k", Network: "192.0.2.7",
			Agent: "Mozilla/5.0 (X11; Linux x86_64)", CreatedAt: at, SeenAt: at, ProvedAt: at, ExpiresAt: at.Add(24 * time.Hour),
		},
		Charge: tollkeeper.Charge{
			Owner: payer, Key: "session:" + id.String(), Entry: id, Operation: tollkeeper.OpSignIn, Price: 1, Required: required,
		},
	}
}

// ledger answers how many entries of the operation the owner has, and their sum.
func ledger(tb testing.TB, s tollkeeper.Store, owner uuid.UUID, op tollkeeper.Operation) (n, sum int64) {
	tb.Helper()
	var p tollkeeper.Page
	for p.Limit = 500; ; {
		page, err := s.ListCredits(context.Background(), owner, op, p)
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range page {
			n, sum = n+1, sum+e.Amount
			p.After = e.ID
		}
		if len(page) < p.Limit {
			return n, sum
		}
	}
}
