// Package store is the contract between tollkeeper and whatever keeps its data: accounts, sessions, mailed secrets,
// attempts, credits, what happened and mail that waits to be sent. The author of a backend implements [Store] and runs
// the kit:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return open(t) })
//	}
//
// This page says what holds for every verb. The comments of the roles say the rest: go doc store [AccountStore].
// Package storetest has a test for each sentence. Package memory is the contract in its shortest form, to read beside
// it. docs/STORE.md walks through writing a store.
//
// # One verb is one transaction
//
// A verb happens whole or not at all, also when many callers run it at once. After an error nothing was changed. Two
// verbs make an exception, because it is their purpose: a wrong code counts its try ([SecretStore.ConsumeSecret]), and
// a refresh token that comes back ends its session ([SessionStore.RotateSession]).
//
// Verbs are linearizable: a call sees every verb that returned before it began. A store is safe for concurrent use. A
// verb whose context has ended does nothing and returns an error.
//
// # Time is passed in
//
// No verb reads a clock. Callers pass now and all other times in whole milliseconds, and get them back in UTC. The
// zero time stays zero. What ends at a time is over at that time, not after it.
//
// # Errors and their order
//
// Errors are plain values, compared by [errors.Is]. An error of the driver is returned as it came.
//
//   - [ErrInvalid]: the request makes no sense.
//   - [ErrNotFound]: it is not there, is deleted, or belongs to another account. [ErrNoParent] says so of a parent.
//   - [Conflict]: with a Field, another account has that name; without one, a race was lost or an id or key is in
//     use.
//   - [ErrProofSpent], [ErrLastAdmin], [ErrInsufficientCredits]: a rule that only the store can decide refuses.
//   - [ErrUnavailable]: what a store may return when its server is away, besides an error of the driver.
//   - [ErrNotMigrated], [ErrNewerSchema]: what a store returns whose schema is not the program's, instead of a driver's
//     word for a table that is not there.
//
// Where several errors apply, the one that the verb lists first wins. Besides an error all results are zero, but for
// the Subject that [SecretStore.ConsumeSecret] returns with a wrong code.
//
// # Ids come from the caller
//
// The caller makes each id, so that a call whose result was lost can be made again. An id that exists wins over every
// error, and what else the request says is not compared: [AccountStore.CreateAccount] returns the account as it stands,
// [SessionStore.CreateSession] what became of the charge, and [OutboxStore.QueueMail] leaves the mail as it is. A
// digest that its account has is made live again ([SecretStore.PutSecrets]). A key of the ledger is compared
// ([CreditStore.ApplyCredit]).
//
// An id of another account is never acted on. Creating a session under it is a Conflict. Touching or revoking another
// account's session is [ErrNotFound], as if there were none. A zero id names nobody.
//
// # Charges
//
// Verbs that cost something carry a [Charge]. Its errors win in this order:
//
//   - A negative price is [ErrInvalid]. A price of zero, or no Owner, is no charge.
//   - A Key that stands in the owner's ledger is paid, whatever for: nothing is debited, and the [Receipt] says
//     [Receipt.Charged].
//   - A Required charge beyond the balance, or of an owner without Balance, is [ErrInsufficientCredits]. One that is
//     not [Charge.Required] is left out.
//   - An Entry that another line of the owner has is a Conflict.
//
// In [AccountStore.CreateAccount] the Owner is the parent, else [ErrInvalid]. Elsewhere it is whoever pays. The balance
// of an owner is the sum of its ledger at every moment, and never below zero.
//
// # What happened is written with what changed
//
// A verb that changes something carries its [Event]s, and writes them in the same step: no change without its events,
// no event without its change. They go with the change, so a verb that returns an error writes none, but for the two
// exceptions above: [Rotation].Reused is written with the end of the session. What a payment crosses is known only
// inside the step, so the store tells it there ([Telling]), by ids that are derived: rules.Crossed says how.
//
// # The deleted are gone
//
// A deleted account is a tombstone. No verb finds it, its sessions or its secrets again, and none finds the children of
// a deleted parent. Its id, number, public key and ledger stay: [AccountStore.CreateAccount] with its id returns the
// tombstone.
//
// # Bytes are compared
//
// Keys arrive canonical. Stores compare bytes and fold nothing, with one exception: in usernames A to Z are a to z.
// Empty names are equal to nothing.
//
// What is kept is UTF-8 without zero bytes, but for [Session].Agent, which may be any bytes. What is looked up may be
// any bytes, too: nobody has such a name.
//
// What people choose or bring along (email, username, an issuer's subject, a passkey's id) is unique in its scope and
// looked up there: below one parent, or among the root accounts. What we made (ids, numbers, public keys, digests)
// needs no scope. [Lookup] names the ways.
//
// # Memory has one owner
//
// What callers passed in they may change once the verb has returned. What a store returned is the caller's. Neither
// reaches into the store.
//
// # The map
//
//   - [AccountStore]: the tree of accounts. [Account], [Subject], [Lookup], [NewAccount], [Change], [Page].
//     With its credentials: [Linked], [Factor], [Use].
//   - [SessionStore]: sessions and their refresh tokens. [Session], [Live], [NewSession], [Rotation], [Touch].
//   - [SecretStore]: digests of codes and links. [Secret], [Claim], [Digest].
//   - [AttemptStore]: counters of attempts, the one role that another server may have. [Limit], [Bucket],
//     [Release].
//   - [CreditStore]: account books. [Charge], [Receipt], [LedgerEntry], [Balance], [Month].
//   - [EventStore]: the log. [Event], [EventQuery], [Effects].
//   - [OutboxStore]: mail that waits to be sent. [QueuedMail].
//   - [Sweeper]: takes away what is over.
//
// # Beyond the kit
//
// What a verb returned outlives the process. A backend proves that itself, with a process that is killed, and
// linearizability with two processes on one database.
package store
