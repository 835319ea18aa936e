package tollkeeper

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

const maxMetadata = 4 << 10 // bytes

// checkMetadata accepts nothing, or a JSON object of at most 4 KiB.
func checkMetadata(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	var object map[string]json.RawMessage
	if len(text) > maxMetadata || json.Unmarshal(text, &object) != nil || object == nil {
		return ErrInvalidInput.WithField("metadata").WithMessage("Metadata must be a JSON object of at most 4 KiB")
	}
	return nil
}

// UpdateMetadata changes what the host keeps with an account: a JSON object of at most 4 KiB, which the library never
// reads. The account's owner is shown it, in the app family and in their export; it goes with the account.
//
// change gets what is there, empty for nothing, and returns what is to be there; empty or "{}" takes it away. The write
// is a compare-and-swap: whoever else changes the account in between makes change be called again with what they left,
// up to four times, after which it is [ErrConflict]. An error of change ends it, changes nothing and is returned as it
// is. Returns the account as it is afterwards. [ErrInvalidInput] (metadata), [ErrNotFound]; [ErrForbidden] for the
// parent of the app's own users.
func (h Host) UpdateMetadata(ctx context.Context, id uuid.UUID, change func(json.RawMessage) (json.RawMessage, error)) (Account, error) {
	ctx = h.acting(ctx)
	var after Account
	err := h.auth.retry(func() error {
		s, err := h.somebody(ctx, id)
		if err != nil {
			return err
		}
		text, err := change(slices.Clone(s.Account.Metadata))
		if err != nil {
			return err
		}
		if err := checkMetadata(text); err != nil {
			return err
		}
		if string(text) == "{}" {
			text = nil
		}
		if after = s.Account; string(text) == string(after.Metadata) {
			return nil
		}
		c := store.Change{Account: s.Account}
		c.Account.Metadata = slices.Clone(text)
		c.Events = []Event{about(&s.Account, EventMetadataChanged)}
		after, _, err = h.auth.update(ctx, c, h.auth.now())
		return err
	})
	if err != nil {
		return Account{}, err
	}
	return after, nil
}
