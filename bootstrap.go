package tollkeeper

import (
	"context"

	"github.com/google/uuid"
)

// BootstrapRequest describes a house and its first admin.
type BootstrapRequest struct {
	House    string // name, for hosts with several. Zero: "house"
	Email    string
	Password Password
}

// houseSpace is the name space of the ids that Bootstrap makes: the same name gives the same house, so that it can be
// called at each start, and by several processes at once.
var houseSpace = uuid.MustParse("5ce3ba86-6a1b-5a0c-9a34-9f0b8a3f8f11")

// HouseID returns the id of the house of that name; zero: "house".
func HouseID(name string) uuid.UUID {
	setZero(&name, "house")
	return uuid.NewSHA1(houseSpace, []byte(name))
}

// Bootstrap makes a house parent, whose children are users that cost nothing, and in it a first account with role
// admin, its email taken as verified (docs/ARCHITECTURE.md, Accounts). Called again it changes nothing, whatever was
// done to the admin since, and returns both as they stand; the password is looked at only when the admin is made. There
// is no default password (R75).
func (h Host) Bootstrap(ctx context.Context, r BootstrapRequest) (house, admin Account, err error) {
	a := h.auth
	now := a.now()
	x := a.blankAccount(HouseID(r.House), now)
	x.House = true
	if house, err = a.create(ctx, x, now); err != nil {
		return house, admin, err
	}
	id := uuid.NewSHA1(house.ID, []byte("admin"))
	if s, err := h.Account(ctx, id); err == nil {
		return house, s.Account, nil
	}
	if admin, err = a.specified(ctx, AccountSpec{Parent: house.ID, Email: r.Email, Password: r.Password, Role: RoleAdmin, Verified: true}, now); err != nil {
		return house, admin, err
	}
	if admin.Password == "" {
		return house, admin, ErrMissing.WithField("password")
	}
	admin.ID = id
	admin, err = a.create(ctx, admin, now) // once in the life of a store: also when it was deleted since, the id is taken
	return house, admin, err
}
