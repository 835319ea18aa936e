package tollkeeper

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Scope says where an account lives. The zero Scope is the app's own users, who cost nothing and need no parent;
// [Tenants] are the parents; [Under], [UnderKey] and [UnderNumber] are below one of them. Nobody becomes a tenant by
// leaving a field out. Scopes are compared with ==, which says whether they are named alike.
//
// Under(uuid.Nil), UnderKey("") and UnderNumber of zero or less are no scopes: whatever takes a Scope returns
// [ErrInvalidInput] with the field "scope" for them, before anything is counted.
type Scope struct {
	way    way
	key    string
	number int64
	parent uuid.UUID
}

// way is how a Scope is named.
type way byte

const (
	byApp way = iota
	byRoot
	byID
	byKey
	byNumber
)

// Tenants is the scope of the parents. It is never changed.
var Tenants = Scope{way: byRoot}

// Under is the scope below the parent with that id.
func Under(parent uuid.UUID) Scope {
	if parent == houseID {
		return Scope{}
	}
	return Scope{way: byID, parent: parent}
}

// UnderKey is the scope below the parent with that public key, "APK_…". Keys are public: a host may take them from a
// request. The app's own users have none.
func UnderKey(publicKey string) Scope { return Scope{way: byKey, key: publicKey} }

// UnderNumber is the scope below the parent with that account number. The app's own users have none.
func UnderNumber(number int64) Scope { return Scope{way: byNumber, number: number} }

// houseID is the parent of the app's own users. It is the same in every process and every version: nothing of a Config
// goes into it, and it never changes.
var houseID = uuid.NewSHA1(uuid.MustParse("5ce3ba86-6a1b-5a0c-9a34-9f0b8a3f8f11"), []byte("house"))

// ID returns what accounts of the scope have as their Parent: [Root] for [Tenants]. It reports false for a scope that
// is named by a key or a number, which only the store knows, and for what is no scope.
func (s Scope) ID() (parent uuid.UUID, known bool) {
	switch {
	case s.check() != nil:
		return uuid.Nil, false
	case s.way == byApp:
		return houseID, true
	}
	return s.parent, s.way == byRoot || s.way == byID
}

// Valid reports whether there may be such a scope. False: it is none, or its public key has not the form of one.
func (s Scope) Valid() bool { return s.check() == nil && !s.malformed() }

// String names the scope as it was given. Throttles count it, so that nothing they answer depends on what was found
// (R20).
func (s Scope) String() string {
	switch s.way {
	case byRoot:
		return "tenants"
	case byID:
		return "id:" + s.parent.String()
	case byKey:
		return "key:" + s.key
	case byNumber:
		return "number:" + strconv.FormatInt(s.number, 10)
	}
	return "app"
}

// check refuses what is no scope.
func (s Scope) check() error {
	switch {
	case s.way == byID && s.parent == uuid.Nil, s.way == byKey && s.key == "", s.way == byNumber && s.number <= 0:
		return ErrInvalidInput.WithField("scope").WithMessage("tollkeeper: the scope names no parent")
	}
	return nil
}

// malformed reports whether no parent can have the key.
func (s Scope) malformed() bool { return s.way == byKey && !ValidPublicKey(s.key) }

// public reports whether it is named by what everybody may know, so that telling that nobody is there is no harm.
func (s Scope) public() bool { return s.way == byKey || s.way == byNumber }

// owner asks for the parent itself.
func (s Scope) owner() store.Lookup {
	switch s.way {
	case byKey:
		return store.Lookup{PublicKey: s.key}
	case byNumber:
		return store.Lookup{Number: s.number}
	}
	return store.Lookup{ID: s.parent}
}

// lookup asks for an email in the scope.
func (s Scope) lookup(email string) store.Lookup {
	parent, _ := s.ID()
	return store.Lookup{Email: email, Scope: parent, ScopeKey: s.key, ScopeNumber: s.number}
}

// scopeOfLookup is the scope that a look-up by email was made of.
func scopeOfLookup(l store.Lookup) Scope {
	switch {
	case l.ScopeKey != "":
		return UnderKey(l.ScopeKey)
	case l.ScopeNumber != 0:
		return UnderNumber(l.ScopeNumber)
	case l.Scope == Root:
		return Tenants
	}
	return Under(l.Scope)
}

// holds reports whether the account lives there.
func (s Scope) holds(x Subject) bool {
	switch s.way {
	case byKey:
		return x.Parent != nil && !x.Parent.House && x.Parent.PublicKey == s.key
	case byNumber:
		return x.Parent != nil && !x.Parent.House && x.Parent.Number == s.number
	}
	parent, _ := s.ID()
	return x.Account.Parent == parent
}

// lookupUsername asks for a username in the scope, lower-cased.
func (s Scope) lookupUsername(username string) store.Lookup {
	l := s.lookup("")
	l.Username = username
	return l
}

// scopesOf lists the texts under which the scope of an account may be submitted.
func scopesOf(s Subject) []string {
	switch {
	case s.Parent == nil:
		scopes := []string{Tenants.String(), UnderKey(s.Account.PublicKey).String()}
		if s.KeyOwner != nil && s.KeyOwner.ID != s.Account.ID {
			scopes = append(scopes, UnderKey(s.KeyOwner.PublicKey).String()) // the widget
		}
		return scopes
	case s.Parent.House:
		return []string{Scope{}.String()}
	}
	return []string{UnderKey(s.Parent.PublicKey).String(), UnderNumber(s.Parent.Number).String(), Under(s.Parent.ID).String()}
}

// maySignUp refuses what is no scope, and who would make their own account where that is not open.
func (a *Authenticator) maySignUp(where Scope) error {
	if err := where.check(); err != nil {
		return err
	}
	mode := a.cfg.Accounts.SignUp.Children
	switch where {
	case Scope{}:
		mode = a.cfg.Accounts.SignUp.App
	case Tenants:
		mode = a.cfg.Accounts.SignUp.Tenants
	}
	if mode != SignUpOpen {
		return ErrSignUpClosed
	}
	return nil
}

// anyScope counts an address over all scopes: a parent can be named by key, number or id, and each would count anew.
const anyScope = ""

// ownerOf returns the parent of a scope; nil for [Tenants]. It must be an active root account. That of the app's own
// users is not looked up: it need not exist yet, and nobody disables it.
func (a *Authenticator) ownerOf(ctx context.Context, where Scope) (*Subject, error) {
	switch where {
	case Tenants:
		return nil, nil
	case Scope{}:
		return &Subject{Account: Account{ID: houseID, House: true, Status: StatusActive}}, nil
	}
	s, err := a.namedParent(ctx, where)
	if err != nil {
		return nil, err
	}
	if s.Account.Status != StatusActive {
		return nil, ErrParentInactive
	}
	return &s, nil
}

// namedParent looks up the parent of a scope below one, whatever its status. ErrUnknownParent: there is none.
func (a *Authenticator) namedParent(ctx context.Context, where Scope) (Subject, error) {
	if where.malformed() {
		return Subject{}, ErrUnknownParent
	}
	s, err := a.subject(ctx, where.owner())
	if errors.Is(err, ErrNotFound) || err == nil && s.Child() {
		return Subject{}, ErrUnknownParent
	}
	return s, err
}

// parentIn returns what accounts of the scope have as their Parent. ErrUnknownParent: nobody has the key or number.
func (a *Authenticator) parentIn(ctx context.Context, where Scope) (uuid.UUID, error) {
	if err := where.check(); err != nil {
		return uuid.Nil, err
	}
	if id, known := where.ID(); known {
		return id, nil
	}
	s, err := a.namedParent(ctx, where)
	return s.Account.ID, err
}

// checkKnown refuses a parent that nobody is, named by key or number.
func (a *Authenticator) checkKnown(ctx context.Context, where Scope) error {
	if !where.public() {
		return nil
	}
	_, err := a.namedParent(ctx, where)
	return err
}

// create makes an account: every way to have one ends here. The first one among the app's own users finds no house and
// makes it, which can be done by many at once, because its id is fixed; later ones cost no further trip.
func (a *Authenticator) create(ctx context.Context, n store.NewAccount, now time.Time) (Account, store.Receipt, error) {
	made, receipt, err := a.store.CreateAccount(ctx, n, now)
	if n.Account.Parent != houseID || !errors.Is(err, errNoParent) {
		return made, receipt, err
	}
	house := a.blankAccount(houseID, now)
	house.House, house.PasswordChangedAt = true, time.Time{}
	first := store.NewAccount{Account: house}
	first.Events = []Event{about(&house, EventAccountCreated)}
	if _, _, err := a.store.CreateAccount(ctx, first, now); err != nil {
		return made, receipt, err
	}
	return a.store.CreateAccount(ctx, n, now)
}
