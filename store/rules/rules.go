// Package rules holds the decisions of a store, each once, as pure functions of values: what a verb may do, in which
// order its errors win, and what stands afterwards. A backend looks up the facts, calls the rule and writes what it
// returns, all in one transaction. memory and sqlite do so. SQL that must decide in one statement repeats a rule, and
// storetest.Compare holds it to that on random histories.
//
//	Admit           CreateAccount
//	Update          UpdateAccount
//	Tombstone       DeleteAccount; Erase is what Sweep does to the children of a deleted parent
//	SignIn          CreateSession
//	Rotate          RotateSession; Live is what every look-up of a session asks, Hold what Touch and RevokeSession ask
//	Shown           Session, RotateSession
//	Used, AfterUse  the use of a factor, in CreateSession and UpdateAccount
//	Crossed         what a payment crosses; Selects and Erased are what ListEvents shows, Again what AddEvents does
//	Put, Claim      PutSecrets, ConsumeSecret; Usable is what CountSecrets counts
//	Take, Keeps     Take
//	Settle, Marked, Pardoned  Release
//	Apply           ApplyCredit
//	Closable, Due, Close  CloseMonths
//	Between, Span   ListCredits, SumCredits
//	Lease, Finish   ClaimMail, FinishMail
//	Queued, Resumable  ListMail, ResumeMail
//	WayOf           FindAccount, Hidden; Places and Alone where it goes by what people choose
//	Listed          ListAccounts; Start and End are where a page begins and ends, in ListSessions, too
//
// The facts of a rule are plain values, never a store. A fact whose comment names a condition may stay zero where that
// does not hold, so that a backend looks up no more than the rule needs. Where an earlier fact refuses already, all
// later ones may stay zero.
//
// [SenselessAccount], [SenselessChange], [SenselessCharge] and [SenselessPrice] tell what no facts make right, for a
// backend that need not look up any, and for SQL that says nothing of it.
//
// Which error wins stands at the verb, in package store. Rules take what they are given and keep it: whoever must not
// share memory with a caller copies before or after.
package rules

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Whole returns t as a store keeps it: in UTC and whole milliseconds.
func Whole(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// WholeAccount returns the account with its times as a store keeps them.
func WholeAccount(a store.Account) store.Account {
	a.PasswordChangedAt = Whole(a.PasswordChangedAt)
	a.EmailVerifiedAt = Whole(a.EmailVerifiedAt)
	a.EmailProvenAt = Whole(a.EmailProvenAt)
	a.CreatedAt = Whole(a.CreatedAt)
	a.UpdatedAt = Whole(a.UpdatedAt)
	a.LastSignIn = Whole(a.LastSignIn)
	return a
}

// WholeSession returns the session with its times as a store keeps them.
func WholeSession(x store.Session) store.Session {
	x.RotatedAt = Whole(x.RotatedAt)
	x.CreatedAt = Whole(x.CreatedAt)
	x.SeenAt = Whole(x.SeenAt)
	x.ProvedAt = Whole(x.ProvedAt)
	x.ExpiresAt = Whole(x.ExpiresAt)
	x.RefreshUntil = Whole(x.RefreshUntil)
	return x
}

// Swept returns the time at or before which a row must have ended for Sweep to remove it at now.
func Swept(now time.Time) time.Time { return Whole(now).Add(-24 * time.Hour) }
