package tollkeeper

import (
	"context"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// BootstrapRequest describes the first admin of the app's own users.
type BootstrapRequest struct {
	Email    string
	Password Password
}

// Bootstrap makes the first admin of the app's own users, whose email is taken as verified (docs/ARCHITECTURE.md,
// Accounts), also where sign-up is closed. It can be called at each start, and by several processes at once: called
// again it changes nothing, whatever was done to the admin since, and returns the account as it stands. The password is
// looked at only when the admin is made. There is no default password (R75), and nobody is an admin for having signed
// up first.
func (h Host) Bootstrap(ctx context.Context, r BootstrapRequest) (admin Account, err error) {
	a := h.auth
	id := uuid.NewSHA1(houseID, []byte("admin"))
	if s, err := h.Account(ctx, id); err == nil {
		return s.Account, nil
	}
	now := a.now()
	if admin, err = a.specified(ctx, AccountSpec{Email: r.Email, Password: r.Password, Role: RoleAdmin, Proven: true}, now); err != nil {
		return Account{}, err
	}
	if admin.Password == "" {
		return Account{}, ErrMissing.WithField("password")
	}
	admin.ID = id
	return a.given(ctx, admin, uuid.Nil, store.Charge{}, now) // once in the life of a store: also when it was deleted since, the id is taken
}
