package bench

import (
	"context"
	"fmt"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// personOf is the email of one of the people of populate.
func personOf(i int) string { return fmt.Sprintf("p%d@house.example", i) }

// populate makes users of the app with the password of its first admin, which was hashed once.
func populate(ctx context.Context, kept store.Store, people int) error {
	house, _ := tollkeeper.Scope{}.ID()
	first, err := kept.FindAccount(ctx, store.Lookup{Email: email, Scope: house})
	if err != nil {
		return err
	}
	for i := range people {
		a := blank(house)
		a.Email, a.EmailKey = personOf(i), personOf(i)
		a.Password, a.PasswordChangedAt, a.KeyMaster, a.KeyVersion = first.Account.Password, moment(), first.Account.KeyMaster, 1
		if _, _, err := kept.CreateAccount(ctx, store.NewAccount{Account: a}, moment()); err != nil {
			return err
		}
	}
	return nil
}
