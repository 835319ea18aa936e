package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Gone reports whether an account of that status, below a parent of that status, must not be found any more. The parent
// of a root account is empty.
func Gone(status, parent store.Status) bool {
	return status == store.StatusDeleted || parent == store.StatusDeleted
}

// Active reports whether such an account may have new sessions.
func Active(status, parent store.Status) bool {
	return status == store.StatusActive && (parent == "" || parent == store.StatusActive)
}

// Admin reports whether the account is one of the admins that its scope must not run out of.
func Admin(a *store.Account) bool {
	return a.Role == store.RoleAdmin && a.Status == store.StatusActive
}

// Resigns reports whether a scope that must keep an admin loses this one. Root accounts are not guarded. next is nil
// when the account goes.
func Resigns(was, next *store.Account) bool {
	return was.Parent != store.Root && Admin(was) && (next == nil || !Admin(next))
}

// Name is something that people choose, unique in a scope.
type Name struct {
	Field string // of the Conflict
	Key   string // empty: none, which collides with nothing
}

// Names returns the account's in the order in which their conflicts win.
func Names(a *store.Account) [2]Name {
	return [2]Name{{"email", a.EmailKey}, {"username", UsernameKey(a.Username)}}
}

// UsernameKey returns what is unique of a username. It lowers ASCII only: every store must agree on what is equal.
func UsernameKey(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// Newcomer is what a new account is decided on.
type Newcomer struct {
	Stands   bool           // an account has the ID already, whatever its state
	Parent   *store.Account // only of a child and where not Stands; nil: there is none
	Purse    Purse
	Taken    string // Field of the first of [Names] that another account of the scope has; empty: none
	KeyTaken bool   // an account, whatever its state, has the public key
}

// Admitted is a new account that may be.
type Admitted struct {
	Stands  bool          // it was there before: nothing is to be written, and what stands is returned
	Account store.Account // as it starts; its Number is the store's to choose
	Linked  []store.Linked
	Factors []store.Factor
	Stray   bool    // a look-up without key may find it
	Payment Payment // its Balance has the child counted
}

// Admit decides about a new account. An ID that exists is no error and comes before all of them. Errors win in this
// order: no account, parent, what it comes with, the charge's, email, username, identity, credential, client, public
// key.
func Admit(n store.NewAccount, w Newcomer, now time.Time) (Admitted, error) {
	a := n.Account
	switch {
	case w.Stands:
		return Admitted{Stands: true, Payment: standing(n.Charge, w.Purse)}, nil
	case nobody(&a):
		return Admitted{}, store.ErrInvalid
	case a.Parent != store.Root && (w.Parent == nil || w.Parent.Parent != store.Root || w.Parent.Status != store.StatusActive):
		return Admitted{}, store.ErrNoParent
	case senseless(n):
		return Admitted{}, store.ErrInvalid
	}
	w.Purse.Balance.Children++
	pay, err := draw(n.Charge, w.Purse, a.ID, now)
	switch {
	case err != nil:
		return Admitted{}, err
	case w.Taken != "":
		return Admitted{}, store.Conflict{Field: w.Taken}
	case w.KeyTaken:
		return Admitted{}, store.Conflict{}
	}
	a.Epoch, a.Version = 1, 1
	return Admitted{
		Account: a, Linked: links(&a, n.Linked), Factors: factors(&a, n.Factors, nil),
		Stray: a.Parent != store.Root && !w.Parent.House, Payment: pay,
	}, nil
}

// SenselessAccount reports whether the request makes no sense: no facts let [Admit] make the account.
func SenselessAccount(n store.NewAccount) bool {
	return nobody(&n.Account) || senseless(n) || SenselessCharge(n.Charge)
}

// nobody reports whether that is no account to begin with.
func nobody(a *store.Account) bool { return a.ID == uuid.Nil || a.Status == store.StatusDeleted }

// senseless reports whether no account could come with that: only a root account has a grant, nobody but the parent
// pays for a child, and credentials have names.
func senseless(n store.NewAccount) bool {
	if (Credentials{Link: n.Linked, Put: n.Factors}).senseless(store.Use{}) {
		return true
	}
	if Charged(n.Charge) && n.Charge.Owner != n.Account.Parent {
		return true
	}
	return n.Grant != nil && (n.Account.Parent != store.Root || senselessGrant(n.Grant))
}

// Updating is what a Change is decided on.
type Updating struct {
	Found      bool           // the account is there, and not [Gone]
	Was        store.Account  //
	Secrets    []store.Secret // of the account; only where the change [Spends] some
	Factors    []store.Factor // of the account; only where the change [Handles] some
	Spent      bool           // its Once was used before and is [Remembered]
	OtherAdmin bool           // only where [Resigns]: the scope has another admin
	Owners     bool           // only where the change has Secrets: none of their accounts is absent or [Gone]
	Purse      Purse
	Taken      string // as for [Newcomer]; "credential" also where another factor of the account has it that [Stays]
}

// Handles reports whether the change looks at factors of its account.
func Handles(c store.Change) bool {
	return c.EndSessions || c.Use.Factor != uuid.Nil || len(c.PutFactors) > 0 || len(c.DropFactors) > 0
}

// Updated is a Change that may be.
type Updated struct {
	Account store.Account  // as it then stands
	Spent   []store.Secret // of the account: those that are used up, as they then stand
	Added   []store.Secret // the change's, as they are kept; they come after Spent
	Linked  []store.Linked // those that it gets, as they are kept; they come after the change's Unlink
	Dropped []uuid.UUID    // the factors that it loses
	Factors []store.Factor // those that it gets or used, as they are kept; they come after Dropped
	Payment Payment
}

// Update decides about a Change. Errors win in this order: gone, version, what makes no sense, proof, use, once, last
// admin, accounts of the secrets, the charge's, email, username, identity, credential, client.
func Update(c store.Change, w Updating, now time.Time) (Updated, error) {
	next := &c.Account
	spent, proved := spend(c, w.Secrets, now)
	switch {
	case !w.Found:
		return Updated{}, store.ErrNotFound
	case w.Was.Version != next.Version:
		return Updated{}, store.Conflict{}
	case deletes(c) || CredentialsOf(c).senseless(c.Use):
		return Updated{}, store.ErrInvalid
	case !proved:
		return Updated{}, store.ErrProofSpent
	case !Used(c.Use, factorOf(w.Factors, c.Use)):
		return Updated{}, store.Conflict{}
	case w.Spent:
		return Updated{}, store.ErrProofSpent
	case Resigns(&w.Was, next) && !w.OtherAdmin:
		return Updated{}, store.ErrLastAdmin
	}
	added, err := Put(c.Secrets, w.Owners)
	if err != nil {
		return Updated{}, err
	}
	pay, err := draw(c.Charge, w.Purse, w.Was.ID, now)
	switch {
	case err != nil:
		return Updated{}, err
	case w.Taken != "":
		return Updated{}, store.Conflict{Field: w.Taken}
	}
	return Updated{
		Account: merge(w.Was, c), Spent: spent, Added: added, Linked: links(&w.Was, c.Link), Payment: pay,
		Dropped: dropped(c, w.Factors), Factors: enrolled(c, &w.Was, w.Factors, now),
	}, nil
}

// factorOf returns the factor that is used; nil: it is not there.
func factorOf(has []store.Factor, u store.Use) *store.Factor {
	n := slices.IndexFunc(has, func(f store.Factor) bool { return f.ID == u.Factor })
	if n < 0 {
		return nil
	}
	return &has[n]
}

// enrolled returns the factors that the change puts, and the one that it uses unless that goes.
func enrolled(c store.Change, a *store.Account, has []store.Factor, now time.Time) []store.Factor {
	list := factors(a, c.PutFactors, has)
	if f := factorOf(has, c.Use); f != nil && !slices.Contains(c.DropFactors, f.ID) {
		list = append(list, AfterUse(*f, c.Use, now))
	}
	return list
}

// SenselessChange reports whether the request makes no sense: no facts let [Update] do it.
func SenselessChange(c store.Change) bool {
	return deletes(c) || CredentialsOf(c).senseless(c.Use) || SenselessCharge(c.Charge)
}

// deletes reports whether the change gives the status that only a deletion gives.
func deletes(c store.Change) bool { return c.Account.Status == store.StatusDeleted }

// merge returns the account after the change. What an update never moves is taken from was.
func merge(was store.Account, c store.Change) store.Account {
	next := c.Account
	next.ID, next.Number, next.Parent = was.ID, was.Number, was.Parent
	next.House, next.PublicKey, next.CreatedAt, next.LastSignIn = was.House, was.PublicKey, was.CreatedAt, was.LastSignIn
	next.Version, next.Epoch = was.Version+1, was.Epoch
	if c.EndSessions {
		next.Epoch++
	}
	return next
}

// Leaving is what a deletion is decided on.
type Leaving struct {
	Found      bool // the account is there, and not [Gone]
	Was        store.Account
	OtherAdmin bool // only where [Resigns]: the scope has another admin
}

// Tombstone decides about a deletion and returns what stays of the account. Errors win in this order: gone or not below
// scope, last admin.
func Tombstone(scope uuid.UUID, w Leaving, now time.Time) (store.Account, error) {
	switch {
	case !w.Found || w.Was.Parent != scope:
		return store.Account{}, store.ErrNotFound
	case Resigns(&w.Was, nil) && !w.OtherAdmin:
		return store.Account{}, store.ErrLastAdmin
	}
	return Erase(w.Was, now), nil
}

// Erase returns the tombstone of the account: what is not named here goes. Its secrets and credentials go, too, its
// events become [Erased], and its parent counts a child less.
func Erase(was store.Account, now time.Time) store.Account {
	return store.Account{
		ID: was.ID, Number: was.Number, Parent: was.Parent, PublicKey: was.PublicKey, House: was.House,
		Role: was.Role, Status: store.StatusDeleted, KeyMaster: was.KeyMaster, KeyVersion: was.KeyVersion,
		Epoch: was.Epoch + 1, Version: was.Version + 1, CreatedAt: was.CreatedAt, UpdatedAt: Whole(now),
	}
}
