package store

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// The arithmetic of the account books, as pure functions: stores in Go call them, SQL repeats them, storetest recomputes
// them from the ledger.

// Debit moves the figures by an amount of credits above zero: Granted = Credits + Used holds before and after. Whether the
// balance covers it is the caller's to have decided.
func (b *Balance) Debit(op Operation, amount int64) {
	b.Credits -= amount
	b.Used += amount
	switch op {
	case OpSignIn:
		b.SignIns++
	case OpSignUp:
		b.SignUps++
	case OpVerify:
		b.Verifications++
	case OpSocial:
		b.Socials++
	case OpRetention:
		b.Retained += amount
	}
}

// RetentionDue answers price for each child beyond the free ones, as far as the balance goes: there is no debt.
func (b Balance) RetentionDue(price int64) int64 {
	billable := max(0, b.Children-b.FreeUsers)
	if billable == 0 || price == 0 {
		return 0
	}
	if billable > b.Credits/price {
		return b.Credits
	}
	return billable * price
}

// RetentionEntry is the ledger row of a month (as Month counts them) of an owner, its Key the same for the same month. No
// caller makes its id: it is a UUIDv7 of now whose rest is derived from owner and key.
func RetentionEntry(owner uuid.UUID, month int, debit int64, now time.Time) LedgerEntry {
	key := fmt.Sprintf("retention:%d-%02d", month/12, month%12+1)
	id := uuid.NewSHA1(owner, []byte(key))
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	return LedgerEntry{ID: id, Owner: owner, Key: key, Operation: OpRetention, Amount: -debit, At: now}
}
