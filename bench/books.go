package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// moment is the time of everything in the stores: whole milliseconds, as they keep it.
func moment() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func randomDigest() (d store.Digest) {
	_, _ = rand.Read(d[:]) // never fails (crypto/rand)
	return d
}

// payer makes a root account with credits.
func payer(ctx context.Context, s store.Store, credits int64) (tollkeeper.Account, error) {
	a := blank(tollkeeper.Root)
	grant := &tollkeeper.LedgerEntry{ID: newID(), Owner: a.ID, Key: "grant", Operation: tollkeeper.OpGrant, Amount: credits, At: moment()}
	made, _, err := s.CreateAccount(ctx, store.NewAccount{Account: a, Grant: grant}, moment())
	return made, err
}

// child makes an account below it.
func child(ctx context.Context, s store.Store, parent tollkeeper.Account) (tollkeeper.Account, error) {
	made, _, err := s.CreateAccount(ctx, store.NewAccount{Account: blank(parent.ID)}, moment())
	return made, err
}

func blank(parent uuid.UUID) tollkeeper.Account {
	now := moment()
	a := tollkeeper.Account{ID: newID(), Parent: parent, Role: tollkeeper.RoleUser, Status: tollkeeper.StatusActive, CreatedAt: now, UpdatedAt: now}
	a.Email = a.ID.String() + "@example.com"
	a.EmailKey, a.PublicKey = a.Email, "APK_"+a.ID.String()
	a.Password = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b5dWRWJTmaaMBI7xFbG5fv9OM8"
	return a
}

// paid is a sign-in that the parent must pay: charge, ledger row, session and last sign-in in one step.
func paid(a tollkeeper.Account) store.NewSession {
	now := moment()
	x := tollkeeper.Session{
		ID: newID(), Account: a.ID, Epoch: 1, Audience: tollkeeper.AudienceOrganization, KeyID: "key-of-the-tenant", Network: "192.0.2.0/24",
		Agent: "Mozilla/5.0 (X11; Linux x86_64)", CreatedAt: now, SeenAt: now, ProvedAt: now, ExpiresAt: now.Add(24 * time.Hour),
	}
	n := store.NewSession{Session: x}
	n.Charge = store.Charge{
		Owner: a.Parent, Key: "session:" + x.ID.String(), Entry: x.ID, Operation: tollkeeper.OpSignIn, Price: 1, Required: true,
	}
	return n
}

// logged is the sign-in with what the log says of it: of the session, 8 bytes of a digest in hexadecimal.
func logged(n store.NewSession) store.NewSession {
	x := n.Session
	e := store.Event{
		ID: newID(), At: x.CreatedAt, Name: store.EventSignIn, Scope: n.Charge.Owner, Account: x.Account, Session: hex.EncodeToString(x.ID[8:]),
		Audience: x.Audience, Method: "password", Credits: n.Charge.Price, Network: x.Network,
	}
	salt := randomDigest()
	copy(e.Salt[:], salt[:16])
	copy(e.Commitment[:], salt[16:])
	n.Events = []store.Event{e}
	return n
}

// crew is callers who sign in: each below a parent of its own, or all below one.
func crew(ctx context.Context, s store.Store, callers int, shared bool) ([]tollkeeper.Account, error) {
	people := make([]tollkeeper.Account, callers)
	var parent tollkeeper.Account
	for i := range people {
		var err error
		if i == 0 || !shared {
			if parent, err = payer(ctx, s, 1<<40); err != nil {
				return nil, err
			}
		}
		if people[i], err = child(ctx, s, parent); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// signsIn is a paid and logged sign-in of each caller again and again.
func signsIn(ctx context.Context, s store.Store, people []tollkeeper.Account) func(int) error {
	return func(caller int) error {
		n := logged(paid(people[caller]))
		_, err := s.CreateSession(ctx, n, n.Session.CreatedAt)
		return err
	}
}

// takes is an attempt with a lock, a ceiling and a rate, which no other caller shares, again and again. With waive
// a mark of the network is looked for, too, as a sign-in does.
func takes(callers int, waive bool, take func([]store.Bucket) error) func(int) error {
	buckets := make([][]store.Bucket, callers)
	for i := range buckets {
		buckets[i] = []store.Bucket{
			{Key: randomDigest(), Limit: tollkeeper.Limit{Free: 1 << 30, Base: time.Second, Max: time.Minute, Window: time.Minute}},
			{Key: randomDigest(), Limit: tollkeeper.Limit{Free: 1 << 30, Window: time.Hour}},
			{Key: randomDigest(), Limit: tollkeeper.Limit{Every: time.Minute, Burst: 1 << 20}},
		}
	}
	for i := range buckets {
		if waive {
			buckets[i][1].Waive = randomDigest()
		}
	}
	return func(caller int) error { return take(buckets[caller]) }
}

// lastCredit lets 64 callers ask for twice as many paid sessions as the parent has credits, and returns how many of
// them it paid for, as a share: one is right.
func lastCredit(ctx context.Context, s store.Store, credits int64) func(time.Duration) (Sample, error) {
	return func(time.Duration) (Sample, error) {
		parent, err := payer(ctx, s, credits)
		if err != nil {
			return Sample{}, err
		}
		someone, err := child(ctx, s, parent)
		if err != nil {
			return Sample{}, err
		}
		granted, took, err := overdraw(ctx, s, someone, int(2*credits))
		if err != nil {
			return Sample{}, err
		}
		left, err := s.Balance(ctx, parent.ID)
		if err != nil {
			return Sample{}, err
		}
		share := float64(granted) / float64(credits)
		if left.Credits != 0 {
			share = 0
		}
		return Sample{Ops: int(granted), PerOp: float64(took) / float64(max(1, granted)), Note: map[string]float64{"share": share}}, nil
	}
}
