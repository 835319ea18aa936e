package rules_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// Within its verb a store reads the rows, asks the rule, and writes what it says: here that the address is taken.
func ExampleAdmit() {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	n := store.NewAccount{Account: store.Account{ID: uuid.MustParse("019b0000-0000-7000-8000-000000000001"), EmailKey: "ann@mail.example"}}
	_, err := rules.Admit(n, rules.Newcomer{Taken: "email"}, now)
	taken, _ := errors.AsType[store.Conflict](err)
	fmt.Println(taken.Field)
	// Output: email
}
