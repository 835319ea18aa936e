package tollkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// stale is a store with another schema than the program's.
type stale struct {
	store.Store
	err error
}

func (s stale) Take(context.Context, []store.Bucket, time.Time) (store.Decision, error) {
	return store.Decision{}, s.err
}

func (s stale) FindAccount(context.Context, store.Lookup) (store.Subject, error) {
	return store.Subject{}, s.err
}

func (s stale) ListAccounts(context.Context, uuid.UUID, store.Page) ([]store.Account, error) {
	return nil, s.err
}

// Whoever forgets Migrate reads so in the error of the first call, as a program prints it.
func TestAStoreThatIsNotMigratedIsRefusedByName(t *testing.T) {
	for plain, want := range map[error]string{
		store.ErrNotMigrated: "missing or older than this program: call Migrate first",
		store.ErrNewerSchema: "newer than this program: run one",
	} {
		s := stale{memory.New(), fmt.Errorf("toy: version 3: %w", plain)}
		k := authtest.New(t, authtest.WithStore(s))
		host := k.Auth.Host()
		for name, err := range map[string]error{
			"sign-up":   second(k.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "a@mail.example", Password: password})),
			"sign-in":   second(k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "a@mail.example", Password: password})),
			"bootstrap": second(host.Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "a@mail.example", Password: password})),
			"list":      second(host.Accounts(ctx, tollkeeper.Scope{}, tollkeeper.AccountQuery{})),
			"secrets":   tollkeeper.CheckSecrets(ctx, s, tollkeeper.NewMasterKey()),
		} {
			if !errors.Is(err, tollkeeper.ErrUnavailable) || !errors.Is(err, plain) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func second[A any](_ A, err error) error { return err }
