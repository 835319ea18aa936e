package storetest

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
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

func digest() (d store.Digest) {
	_, _ = rand.Read(d[:])
	return d
}

// account makes a valid account below parent, with something in every field that a caller sets.
func account(parent uuid.UUID) store.Account {
	key := make([]byte, 24)
	_, _ = rand.Read(key)
	name := word("user_")
	return store.Account{
		ID: id(), Parent: parent, Email: strings.ToUpper(name[:1]) + name[1:] + "@Example.com", EmailKey: name + "@example.com",
		Username: "N" + name, Name: "Name of " + name, Role: store.RoleUser, Status: store.StatusActive,
		PublicKey: "APK_" + base64.RawURLEncoding.EncodeToString(key), Password: store.SecretText("$argon2id$v=19$m=19456,t=2,p=1$" + name),
		PasswordChangedAt: now, PasswordHistory: []store.SecretText{"$first", "$second"}, EmailVerifiedAt: now.Add(-time.Hour),
		EmailProvenAt: now.Add(-time.Minute), Locale: "pt-BR", Metadata: []byte(`{ "of" : "the host's" ,"n":[1, 2.50]}`),
		Factors: store.HasTOTP, KeyMaster: "m1", KeyVersion: 3,
		CreatedAt: now, UpdatedAt: now,
	}
}

func organization() *store.Organization {
	return &store.Organization{
		Name: "Org", URL: "https://org.example", AuthURLs: store.AuthURLs{SignIn: "/in", Reset: "/reset"},
		DomainRestriction: true, Issuers: []store.IssuerSettings{{Issuer: "https://issuer.example", Enabled: true, ClientID: word("client")}},
		Authorized: []uuid.UUID{id(), id()}, UpdateCount: 2,
	}
}

func grant(owner uuid.UUID, credits int64) *store.LedgerEntry {
	return &store.LedgerEntry{
		ID: id(), Owner: owner, Key: "grant:" + owner.String(), Operation: store.OpGrant, Amount: credits,
		Package: &store.Package{Type: "INITIAL", Credits: credits, FreeUsers: 2}, At: now,
	}
}

// edit changes an account before it is made.
type edit func(*store.Account)

func admin(a *store.Account) { a.Role = store.RoleAdmin }
func house(a *store.Account) { a.House, a.Email, a.EmailKey = true, "", "" }

func username(name string) edit { return func(a *store.Account) { a.Username = name } }

func email(address string) edit {
	return func(a *store.Account) { a.Email, a.EmailKey = address, strings.ToLower(address) }
}

// create makes an account and returns it as it stands.
func (k *kit) create(n store.NewAccount) store.Account {
	k.Helper()
	a, _, err := k.store.CreateAccount(k.ctx, n, now)
	k.ok(err)
	return a
}

// parent makes a root account with credits and two free users.
func (k *kit) parent(credits int64, edits ...edit) store.Account {
	k.Helper()
	a := account(store.Root)
	for _, e := range edits {
		e(&a)
	}
	return k.create(store.NewAccount{Account: a, Grant: grant(a.ID, credits)})
}

// child makes an account below parent that costs nothing.
func (k *kit) child(parent store.Account, edits ...edit) store.Account {
	k.Helper()
	a := account(parent.ID)
	for _, e := range edits {
		e(&a)
	}
	return k.create(store.NewAccount{Account: a})
}

// charge is a required debit with a key of its own.
func charge(owner uuid.UUID, op store.Operation, price int64) store.Charge {
	entry := id()
	return store.Charge{Owner: owner, Key: "key:" + entry.String(), Entry: entry, Operation: op, Price: price, Required: true}
}

// session makes a session of the account that lives for a day, without refresh.
func session(a store.Account, at time.Time) store.Session {
	return store.Session{
		ID: id(), Account: a.ID, Epoch: a.Epoch, Audience: store.AudienceV1, KeyID: "key-1", Network: "192.0.2.0/24",
		Agent: "agent", CreatedAt: at, SeenAt: at, ProvedAt: at, ExpiresAt: at.Add(24 * time.Hour),
	}
}

// refreshable makes a session with an access token of an hour and a refresh token of a week.
func refreshable(a store.Account) store.Session {
	s := session(a, now)
	s.ExpiresAt, s.RefreshUntil = now.Add(time.Hour), now.Add(7*24*time.Hour)
	return s
}

// signIn keeps the session, free of charge.
func (k *kit) signIn(s store.Session) store.Session {
	k.Helper()
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s}, s.CreatedAt)
	k.ok(err)
	return s
}

// secret makes a secret that was mailed to the account's address and lives for ten minutes.
func secret(a store.Account, p store.Purpose) store.Secret {
	return store.Secret{
		Account: a.ID, Purpose: p, Address: a.EmailKey, Asker: asker, Digest: digest(), CreatedAt: now, ExpiresAt: now.Add(10 * time.Minute),
	}
}

// asker asked for the secrets of the kit.
var asker = store.Digest{1, 2, 3}

// put keeps a secret.
func (k *kit) put(s store.Secret) store.Secret {
	k.Helper()
	k.ok(k.store.PutSecrets(k.ctx, []store.Secret{s}, now))
	return s
}

// find returns the account as it stands.
func (k *kit) find(id uuid.UUID) store.Account {
	k.Helper()
	s, err := k.store.FindAccount(k.ctx, store.Lookup{ID: id})
	k.ok(err)
	return s.Account
}

// update changes the account as it stands.
func (k *kit) update(id uuid.UUID, f func(*store.Change)) store.Account {
	k.Helper()
	c := store.Change{Account: k.find(id)}
	f(&c)
	a, _, err := k.store.UpdateAccount(k.ctx, c, now)
	k.ok(err)
	return a
}

func (k *kit) disable(id uuid.UUID) {
	k.Helper()
	k.update(id, func(c *store.Change) { c.Account.Status = store.StatusDisabled })
}

func (k *kit) remove(a store.Account) {
	k.Helper()
	k.ok(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: a.Parent, ID: a.ID}, now))
}

func (k *kit) balance(owner uuid.UUID) store.Balance {
	k.Helper()
	b, err := k.store.Balance(k.ctx, owner)
	k.ok(err)
	return b
}

// race starts n callers at the same moment and returns their errors.
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
