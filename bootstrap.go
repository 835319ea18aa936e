package tollkeeper

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/token"
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
	ctx = h.acting(ctx)
	a := h.auth
	id := uuid.NewSHA1(houseID, []byte("admin"))
	if s, err := h.Account(ctx, id); err == nil || !errors.Is(err, ErrNotFound) {
		return s.Account, err
	}
	now := a.now()
	if admin, err = a.specified(ctx, AccountSpec{Email: r.Email, Password: r.Password, Role: RoleAdmin, Proven: true}, now); err != nil {
		return Account{}, err
	}
	if admin.Password == "" {
		return Account{}, ErrMissing.WithField("password").WithMessage("tollkeeper: BootstrapRequest.Password is missing: the first admin needs one")
	}
	admin.ID = id
	return a.given(ctx, admin, uuid.Nil, store.Charge{}, now) // once in the life of a store: also when it was deleted since, the id is taken
}

// mostAsked is how many tenants are asked whose keys a store without a house belongs to. An imported one may have
// brought the key of another.
const mostAsked = 100

// CheckSecrets reports whether a store belongs to the master keys that [Config.Secrets] would have, before an
// Authenticator is made that would write with wrong ones. A new store belongs to any keys, also to none: so a program
// whose keys are missing learns whether it may make some. It writes nothing. [ErrConflict] with [Error.Field]
// "Secrets": its accounts were made with other keys; [ErrInvalidInput], as [New] returns it for the keys;
// [ErrUnavailable].
func CheckSecrets(ctx context.Context, s store.Store, secrets ...MasterKey) error {
	var keys *token.Keyring
	if len(secrets) > 0 {
		err := Config{Secrets: secrets}.checkSecrets()
		if err != nil {
			return err
		}
		if keys, err = newKeyring(secrets, nil); err != nil {
			return err
		}
	}
	made, err := oldest(ctx, errorsOf{s})
	if err != nil {
		return err
	}
	for _, x := range made {
		if keys == nil {
			break
		}
		if _, ok := keys.Tenant(x.KeyMaster, x.ID, x.KeyVersion); ok {
			return nil
		}
	}
	if len(made) == 0 {
		return nil
	}
	return ErrConflict.WithField("Secrets").WithMessage("tollkeeper: the store was made with other master keys")
}

// oldest returns the house if there is one, or else some root accounts.
func oldest(ctx context.Context, s errorsOf) ([]Account, error) {
	house, err := s.FindAccount(ctx, store.Lookup{ID: houseID})
	if err == nil {
		return []Account{house.Account}, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return s.ListAccounts(ctx, store.Root, store.Page{Limit: mostAsked})
}
