package tollkeeper

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// A hash that was imported is kept as it came, with two exceptions. A weak one is wrapped: what is kept is argon2id
// over its digest. One whose text holds a secret of its old system, a pepper or a signer key, is kept in a box that
// only Config.Secrets open, so that a stolen database has the hashes without the secret, as it had there.

const (
	boxHash    = "password hash"
	sealedHash = "$sealed$" // and the box, in base64url
)

// opened returns the text of a hash that is kept in a box, any other as it is; empty: the box is not ours.
func (h *hasher) opened(stored string) string {
	text, sealed := strings.CutPrefix(stored, sealedHash)
	if !sealed {
		return stored
	}
	box, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	plain, ok := h.boxes.Decrypt(boxHash, box, nil)
	if !ok {
		return ""
	}
	return string(plain)
}

// foreignHash is the hash of a record, read.
type foreignHash struct {
	text   string // as it would be kept
	parsed passhash.Hash
}

// foreign reads the hash of a record. An error says which format it is not.
func (h *hasher) foreign(r AccountRecord, o ImportOptions) (foreignHash, error) {
	text := passhash.Bcrypt{Pepper: string(o.Pepper), Cut: o.LongBcrypt}.Of(string(r.PasswordHash))
	if strings.HasPrefix(text, sealedHash) && h.opened(text) == "" {
		return foreignHash{}, errors.New("it is of an export, and was not sealed with these secrets")
	}
	parsed, err := h.parse(text)
	return foreignHash{text, parsed}, err
}

// kept returns what is stored of the hash for that account. It waits for its turn among the sign-ins for as long as
// they are many, and until ctx ends.
func (h *hasher) kept(ctx context.Context, f foreignHash, owner uuid.UUID) (SecretText, error) {
	switch {
	case f.parsed.Weak():
		return h.wrap(ctx, f.parsed, owner)
	case f.parsed.Secret() && !strings.HasPrefix(f.text, sealedHash):
		box, err := h.boxes.Encrypt(boxHash, []byte(f.text), nil)
		if err != nil {
			return "", ErrInternal.WithCause(err)
		}
		return SecretText(sealedHash + base64.RawURLEncoding.EncodeToString(box)), nil
	}
	return SecretText(f.text), nil
}

const wrapAgain = 100 * time.Millisecond // some hashes

func (h *hasher) wrap(ctx context.Context, weak passhash.Hash, owner uuid.UUID) (SecretText, error) {
	for {
		var text string
		var failed error
		err := h.gate.Do(ctx, func() { text, failed = weak.Wrap(owner[:], h.params) })
		switch {
		case errors.Is(err, passhash.ErrBusy): // it has waited for as long as anybody does, or not at all
			select {
			case <-time.After(wrapAgain):
				continue
			case <-ctx.Done():
				return "", busy(ctx.Err())
			}
		case err != nil:
			return "", busy(err)
		case failed != nil:
			return "", ErrInternal.WithCause(failed)
		}
		return SecretText(text), nil
	}
}

// same reports whether what is stored for that account was made of the hash.
func (h *hasher) same(stored SecretText, f foreignHash, owner uuid.UUID) bool {
	if string(stored) == f.text || f.parsed.Secret() && h.opened(string(stored)) == h.opened(f.text) {
		return true
	}
	if !f.parsed.Weak() {
		return false
	}
	parsed, err := h.parse(string(stored))
	return err == nil && (parsed.Wraps(f.parsed, owner[:]) || parsed.SameWeak(f.parsed)) // a dry run wraps nothing
}

// ours reports whether what is stored was made here: at a sign-in that renewed an imported hash, or at a change.
func (h *hasher) ours(stored SecretText) bool {
	parsed, err := h.parse(string(stored))
	return err == nil && parsed.Current(h.params)
}

// undeclared reports, once for each scheme, that an imported hash is none of those that were declared, and that the
// time of a wrong password would tell of it: one digest beside the argon2id over it does not.
func (h *hasher) undeclared(imported passhash.Hash) bool {
	if imported.Dear(h.params) || imported.Digest() {
		return false
	}
	_, known := h.known.LoadOrStore(imported.Scheme(), true)
	return !known
}
