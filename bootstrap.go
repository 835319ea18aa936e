package tollkeeper

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper/store"
)

// AccountSpec is an account that the host makes by itself.
type AccountSpec struct {
	Parent    uuid.UUID // zero: a root account
	Email     string
	Username  string
	Name      string
	Password  string // empty: none; the account signs in by mailed code or after a reset
	Temporary bool   // the password serves only to choose another one (R33)
	Role      Role   // zero: RoleUser
	Verified  bool   // the host vouches for the email
}

// CreateAccount makes an account on the host's word: no throttle, no charge, no session, no mail. Of a root account, the
// initial credits are granted. Errors as of SignUp.
func (a *Authenticator) CreateAccount(ctx context.Context, spec AccountSpec) (Account, error) {
	now := a.now()
	x, err := a.specified(ctx, spec, now)
	if err != nil {
		return Account{}, err
	}
	return a.create(ctx, x, now)
}

func (a *Authenticator) specified(ctx context.Context, spec AccountSpec, now time.Time) (Account, error) {
	x, err := a.newAccount(spec.Email, spec.Username, spec.Name, now)
	if err != nil {
		return x, err
	}
	if spec.Role != "" {
		if x.Role, err = a.role(spec.Role); err != nil {
			return x, err
		}
	}
	if spec.Password != "" {
		if err := a.checkNewPassword(ctx, spec.Password, x); err != nil {
			return x, err
		}
		if x.Password, err = a.hasher.hash(ctx, spec.Password); err != nil {
			return x, err
		}
	}
	x.Parent, x.PasswordTemporary = spec.Parent, spec.Temporary
	if spec.Password == "" {
		x.PasswordTemporary, x.PasswordChangedAt = false, time.Time{} // there is none to be changed
	}
	if spec.Verified {
		x.EmailVerifiedAt = now
	}
	return x, nil
}

func (a *Authenticator) create(ctx context.Context, x Account, now time.Time) (Account, error) {
	n := store.NewAccount{Account: x}
	if x.Parent == Root && !x.House {
		n.Grant = a.initialGrant(x.ID, now)
	}
	made, _, err := a.store.CreateAccount(ctx, n, now)
	if err != nil {
		return Account{}, notOpened(err)
	}
	return made, nil
}

// BootstrapRequest describes a house and its first admin.
type BootstrapRequest struct {
	House    string // name, for hosts with several. Zero: "house"
	Email    string
	Password string
}

// houseSpace is the name space of the ids that Bootstrap makes: the same name gives the same house, so that it can be
// called at each start, and by several processes at once.
var houseSpace = uuid.MustParse("5ce3ba86-6a1b-5a0c-9a34-9f0b8a3f8f11")

// HouseID answers the id of the house of that name; zero: "house".
func HouseID(name string) uuid.UUID {
	setZero(&name, "house")
	return uuid.NewSHA1(houseSpace, []byte(name))
}

// Bootstrap makes a house parent, whose children are users that cost nothing, and in it a first account with role admin,
// its email taken as verified (DESIGN.md section 3). Called again it changes nothing, whatever was done to the admin since,
// and answers both as they stand; the password is looked at only when the admin is made. There is no default password (R75).
func (a *Authenticator) Bootstrap(ctx context.Context, r BootstrapRequest) (house, admin Account, err error) {
	now := a.now()
	x := a.blankAccount(HouseID(r.House), now)
	x.House = true
	if house, err = a.create(ctx, x, now); err != nil {
		return house, admin, err
	}
	id := uuid.NewSHA1(house.ID, []byte("admin"))
	if s, err := a.Account(ctx, id); err == nil {
		return house, s.Account, nil
	}
	if admin, err = a.specified(ctx, AccountSpec{Parent: house.ID, Email: r.Email, Password: r.Password, Role: RoleAdmin, Verified: true}, now); err != nil {
		return house, admin, err
	}
	if admin.Password == "" {
		return house, admin, ErrMissing.in("password")
	}
	admin.ID = id
	admin, err = a.create(ctx, admin, now) // once in the life of a store: also when it was deleted since, the id is taken
	return house, admin, err
}
