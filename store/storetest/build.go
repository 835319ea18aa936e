package storetest

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper"
)

// The times of the kit. Most tests live in the far future, and those that look at all rows of a store in a past where
// no other test leaves any.
var (
	now     = time.Date(2044, 5, 6, 7, 8, 9, 12e6, time.UTC)
	closing = time.Date(1990, 11, 3, 4, 5, 6, 0, time.UTC) // months are closed here
	posting = time.Date(1985, 3, 1, 0, 0, 0, 0, time.UTC)  // mail is due here
	dusk    = time.Date(1975, 6, 7, 8, 9, 10, 0, time.UTC) // expired rows are swept here
)

// id makes an id as callers do.
func id() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// word makes an unused lower-case word.
func word(prefix string) string {
	return prefix + strings.ToLower(strings.NewReplacer("-", "").Replace(uuid.NewString()))[:16]
}

func digest() (d tollkeeper.Digest) {
	_, _ = rand.Read(d[:])
	return d
}

// account makes a valid account below parent, with something in every field that a caller sets.
func account(parent uuid.UUID) tollkeeper.Account {
	key := make([]byte, 24)
	_, _ = rand.Read(key)
	name := word("user_")
	return tollkeeper.Account{
		ID: id(), Parent: parent, Email: strings.ToUpper(name[:1]) + name[1:] + "@Example.com", EmailKey: name + "@example.com",
		Username: "N" + name, Name: "Name of " + name, Role: tollkeeper.RoleUser, Status: tollkeeper.StatusActive,
		PublicKey: "APK_" + base64.RawURLEncoding.EncodeToString(key), Password: "$argon2id$v=19$m=19456,t=2,p=1$" + name,
		PasswordChangedAt: now, PasswordHistory: []string{"$first", "$second"}, EmailVerifiedAt: now.Add(-time.Hour),
		GoogleSubject: word("g"), TOTP: []byte{1, 2, 3}, TOTPPending: []byte{4, 5}, KeyMaster: "m1", KeyVersion: 3,
		CreatedAt: now, UpdatedAt: now,
	}
}

func organization() *tollkeeper.Organization {
	return &tollkeeper.Organization{
		Name: "Org", URL: "https://org.example", AuthURLs: tollkeeper.AuthURLs{SignIn: "/in", Reset: "/reset"},
		DomainRestriction: true, Google: tollkeeper.GoogleSettings{Enabled: true, ClientID: "client"},
		Authorized: []uuid.UUID{id(), id()}, UpdateCount: 2,
	}
}

func grant(owner uuid.UUID, credits int64) *tollkeeper.LedgerEntry {
	return &tollkeeper.LedgerEntry{
		ID: id(), Owner: owner, Key: "grant:" + owner.String(), Operation: tollkeeper.OpGrant, Amount: credits,
		Package: &tollkeeper.Package{Type: "INITIAL", Credits: credits, FreeUsers: 2}, At: now,
	}
}

// edit changes an account before it is made.
type edit func(*tollkeeper.Account)

func admin(a *tollkeeper.Account) { a.Role = tollkeeper.RoleAdmin }
func house(a *tollkeeper.Account) { a.House, a.Email, a.EmailKey = true, "", "" }

func email(address string) edit {
	return func(a *tollkeeper.Account) { a.Email, a.EmailKey = address, strings.ToLower(address) }
}

// create makes an account and answers it as it stands.
func (k *kit) create(n tollkeeper.NewAccount) tollkeeper.Account {
	k.Helper()
	a, _, err := k.store.CreateAccount(k.ctx, n, now)
	k.ok(err)
	return a
}

// parent makes a root account with credits and two free users.
func (k *kit) parent(credits int64, edits ...edit) tollkeeper.Account {
	k.Helper()
	a := account(tollkeeper.Root)
	for _, e := range edits {
		e(&a)
	}
	return k.create(tollkeeper.NewAccount{Account: a, Grant: grant(a.ID, credits)})
}

// child makes an account below parent that costs nothing.
func (k *kit) child(parent tollkeeper.Account, edits ...edit) tollkeeper.Account {
	k.Helper()
	a := account(parent.ID)
	for _, e := range edits {
		e(&a)
	}
	return k.create(tollkeeper.NewAccount{Account: a})
}

// charge is a required debit with a key of its own.
func charge(owner uuid.UUID, op tollkeeper.Operation, price int64) tollkeeper.Charge {
	entry := id()
	return tollkeeper.Charge{Owner: owner, Key: "key:" + entry.String(), Entry: entry, Operation: op, Price: price, Required: true}
}

// session makes a session of the account that lives for a day, without refresh.
func session(a tollkeeper.Account, at time.Time) tollkeeper.Session {
	return tollkeeper.Session{
		ID: id(), Account: a.ID, Epoch: a.Epoch, Audience: tollkeeper.AudienceV1, KeyID: "key-1", Network: "192.0.2.0/24",
		Agent: "agent", CreatedAt: at, SeenAt: at, ProvedAt: at, ExpiresAt: at.Add(24 * time.Hour),
	}
}

// refreshable makes a session with an access token of an hour and a refresh token of a week.
func refreshable(a tollkeeper.Account) tollkeeper.Session {
	s := session(a, now)
	s.ExpiresAt, s.RefreshUntil = now.Add(time.Hour), now.Add(7*24*time.Hour)
	return s
}

// signIn keeps the session, free of charge.
func (k *kit) signIn(s tollkeeper.Session) tollkeeper.Session {
	k.Helper()
	_, err := k.store.CreateSession(k.ctx, tollkeeper.NewSession{Session: s}, s.CreatedAt)
	k.ok(err)
	return s
}

// secret makes a secret that was mailed to the account's address and lives for ten minutes.
func secret(a tollkeeper.Account, p tollkeeper.Purpose) tollkeeper.Secret {
	return tollkeeper.Secret{
		Account: a.ID, Purpose: p, Address: a.EmailKey, Digest: digest(), CreatedAt: now, ExpiresAt: now.Add(10 * time.Minute),
	}
}

// put keeps a secret.
func (k *kit) put(s tollkeeper.Secret) tollkeeper.Secret {
	k.Helper()
	k.ok(k.store.PutSecrets(k.ctx, []tollkeeper.Secret{s}, now))
	return s
}

// find answers the account as it stands.
func (k *kit) find(id uuid.UUID) tollkeeper.Account {
	k.Helper()
	s, err := k.store.FindAccount(k.ctx, tollkeeper.Lookup{ID: id})
	k.ok(err)
	return s.Account
}

// update changes the account as it stands.
func (k *kit) update(id uuid.UUID, f func(*tollkeeper.Change)) tollkeeper.Account {
	k.Helper()
	c := tollkeeper.Change{Account: k.find(id)}
	f(&c)
	a, _, err := k.store.UpdateAccount(k.ctx, c, now)
	k.ok(err)
	return a
}

func (k *kit) disable(id uuid.UUID) {
	k.Helper()
	k.update(id, func(c *tollkeeper.Change) { c.Account.Status = tollkeeper.StatusDisabled })
}

func (k *kit) remove(a tollkeeper.Account) {
	k.Helper()
	k.ok(k.store.DeleteAccount(k.ctx, a.Parent, a.ID, now))
}

func (k *kit) balance(owner uuid.UUID) tollkeeper.Balance {
	k.Helper()
	b, err := k.store.Balance(k.ctx, owner)
	k.ok(err)
	return b
}

// race starts n callers at the same moment and answers their errors.
func race(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var callers sync.WaitGroup
	for i := range n {
		callers.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	callers.Wait()
	return errs
}

// callers is how many goroutines a race has.
const callers = 32
