package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// A service opens its file, brings the tables to its own version, and checks that its keys are those of the file. All of
// it may be done at each start, and by several processes at once.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "app")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)

	for range 2 { // two starts
		store, err := sqlite.Open(filepath.Join(folder, "app.db"))
		if err != nil {
			panic(err)
		}
		if err := store.Migrate(ctx); err != nil {
			panic(err) // a later version has been here, for instance
		}
		keys, err := tollkeeper.LoadOrCreateKeys(filepath.Join(folder, "app.keys"), store)
		if err != nil {
			panic(err)
		}
		auth, err := tollkeeper.New(store, tollkeeper.Config{
			Secrets: keys,
			BaseURL: "https://app.example",
			Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		})
		if err != nil {
			panic(err)
		}
		admin, err := auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@app.example", Password: "correct horse 7"})
		fmt.Println(admin.Email, err)
		fmt.Println(auth.Close(ctx), store.Close())
	}
	// Output:
	// admin@app.example <nil>
	// <nil> <nil>
	// admin@app.example <nil>
	// <nil> <nil>
}
