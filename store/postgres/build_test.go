package postgres_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// at is the moment of every test that has no reason for another one.
var at = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// parent makes a root account with credits.
func parent(tb testing.TB, s store.Store, credits int64) store.Account {
	tb.Helper()
	key := uuid.New()
	a, _, err := s.CreateAccount(tb.Context(), store.NewAccount{
		Account: account(key, store.Root),
		Grant:   &store.LedgerEntry{ID: uuid.Must(uuid.NewV7()), Key: "grant", Operation: store.OpGrant, Amount: credits, At: at},
	}, at)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// child makes an account below the parent.
func child(tb testing.TB, s store.Store, p store.Account) store.Account {
	tb.Helper()
	a, _, err := s.CreateAccount(tb.Context(), store.NewAccount{Account: account(uuid.New(), p.ID)}, at)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func account(key, parent uuid.UUID) store.Account {
	return store.Account{
		ID: uuid.Must(uuid.NewV7()), Parent: parent, Email: key.String() + "@example.com", EmailKey: key.String() + "@example.com",
		Username: "u" + strconv.FormatUint(uint64(key.ID()), 36), Role: store.RoleUser, Status: store.StatusActive,
		PublicKey: "APK_" + key.String(), Password: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g",
		PasswordChangedAt: at, KeyMaster: "m", KeyVersion: 1, CreatedAt: at, UpdatedAt: at,
	}
}

// signIn is a sign-in of the account that the payer is charged one credit for.
func signIn(a store.Account, payer uuid.UUID, required bool) store.NewSession {
	id := uuid.Must(uuid.NewV7())
	return store.NewSession{
		Session: store.Session{
			ID: id, Account: a.ID, Epoch: 1, Audience: store.AudienceOrganization, KeyID: "k", Network: "192.0.2.7",
			Agent: "Mozilla/5.0 (X11; Linux x86_64)", CreatedAt: at, SeenAt: at, ProvedAt: at, ExpiresAt: at.Add(24 * time.Hour),
		},
		Effects: store.Effects{Charge: store.Charge{
			Owner: payer, Key: "session:" + id.String(), Entry: id, Operation: store.OpSignIn, Price: 1, Required: required,
		}},
	}
}

// logged is an event about the account.
func logged(a store.Account) []store.Event {
	return []store.Event{{
		ID: uuid.Must(uuid.NewV7()), At: at, Name: store.EventSignIn, Scope: a.Parent, Account: a.ID, Session: "c2Vzc2lvbnM",
		Audience: store.AudienceOrganization, Method: "password", Credits: 1, Network: "192.0.2.0/24", Salt: [16]byte{1}, Commitment: [16]byte{2},
	}}
}

func mail() []store.QueuedMail {
	return []store.QueuedMail{{ID: uuid.New(), Kind: store.MailNotice, DueAt: at}}
}

func passkey() store.Factor {
	id := uuid.Must(uuid.NewV7())
	return store.Factor{ID: id, Kind: store.FactorPasskey, Sealed: make([]byte, 60), Credential: id[:], CreatedAt: at}
}

// told is a charge that tells of what it crosses.
func told(c store.Charge) store.Charge {
	c.Tell = store.Telling{Mail: true, Log: true}
	return c
}

// ledger returns how many entries of the operation the owner has, and their sum.
func ledger(tb testing.TB, s store.Store, owner uuid.UUID, op store.Operation) (n, sum int64) {
	tb.Helper()
	p := store.CreditQuery{Operation: op}
	for p.Limit = 500; ; {
		page, err := s.ListCredits(context.Background(), owner, p)
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
