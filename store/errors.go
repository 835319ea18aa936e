package store

import "errors"

// What a store returns, compared by [errors.Is]. Everything else is an error of the driver, returned as it came.
var (
	ErrNotFound            = errors.New("store: not found")
	ErrNoParent            = noParent{} // is [ErrNotFound], too
	ErrLastAdmin           = errors.New("store: the last admin must stay")
	ErrInsufficientCredits = errors.New("store: insufficient credits")
	ErrProofSpent          = errors.New("store: the proof is not live")
	ErrInvalid             = errors.New("store: the request makes no sense")
	ErrUnavailable         = errors.New("store: unavailable")
)

// What a backend with a schema returns, beside its own words, where the schema is not the program's. Neither goes away
// by itself.
var (
	ErrNotMigrated = errors.New("the schema is missing or older than this program: call Migrate first")
	ErrNewerSchema = errors.New("the schema is newer than this program: run one that is no older than who migrated it")
)

type noParent struct{}

func (noParent) Error() string        { return "store: no such parent" }
func (noParent) Is(target error) bool { return target == ErrNotFound }

// Conflict is a duplicate of the Field. Without a Field a race was lost, or an id, key or factor's counter is in
// use already. Compared by [errors.Is], Conflict{} is any of them.
type Conflict struct{ Field string }

func (c Conflict) Error() string { return "store: conflict " + c.Field }

// Is reports whether target is a Conflict without field, or of the same one.
func (c Conflict) Is(target error) bool {
	t, ok := target.(Conflict)
	return ok && (t.Field == "" || t.Field == c.Field)
}
