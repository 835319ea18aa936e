package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// EventName says what happened.
type EventName string

// Code says why something was refused.
type Code string

// The events that a store knows by name. It makes the last two itself, because what they tell is known only inside a
// step.
const (
	EventSignIn      EventName = "sign_in"      // kept for 90 days
	EventRefreshed   EventName = "refreshed"    // kept for 90 days
	EventCreditAlert EventName = "credit_alert" // Detail: "low", "critical", "depleted" or "recovered"
	EventMonthClosed EventName = "month_closed"
)

// Event is a line of the log: something that happened, written in the step that did it. It holds ids and codes; what
// could tell of a person stands in Network and Detail, and goes with the account, while the fact stays.
type Event struct {
	ID         uuid.UUID // UUIDv7 of the moment, made by the caller: the order of ids is the order of the log
	At         time.Time
	Name       EventName
	Scope      uuid.UUID // of the account: its parent; [Root] for a parent, and where nobody knows
	Account    uuid.UUID // whom it is about; zero: unknown
	By         uuid.UUID // who did it, where that is another
	Operator   string    // who did it for the host, as the host names them, at most 64 bytes; not erased; empty: nobody is named
	Session    string    // keyed digest of the session's id, never the id; empty: none
	Audience   Audience
	Method     string // "password", "code", …
	Code       Code   // of a refusal
	Credits    int64
	Count      int64    // how many it stands for; zero is one
	Network    string   // masked; erased with the account
	Detail     string   // a word or two; erased with the account
	Salt       [16]byte // of the Commitment; erased with the account
	Commitment [16]byte // to Network and Detail, so that nobody can change them unseen; zero: both were empty
}

// Telling says what is told of thresholds that a payment crosses: 75 % and 90 % of everything ever granted, nothing
// left, and well again.
type Telling struct {
	Mail bool // a [MailCreditAlert] to the owner, with "level" and "credits" as its Args
	Log  bool // an [EventCreditAlert] for each
}

// Effects are what a verb does besides, in the same step: done with what it changes, or not at all. A verb that finds
// its change done already, by a repeated id, does none of them.
type Effects struct {
	Charge Charge
	Mail   []QueuedMail // an id that is there stays as it is
	Events []Event      // an id that is there stays as it is
}

// EventQuery selects lines of the log, newest first.
type EventQuery struct {
	All     bool        // of the whole store; else
	Scope   uuid.UUID   // those of a scope, or
	Account uuid.UUID   // those about one account, whatever its scope; zero: of the Scope
	Names   []EventName // empty: every one
	From    time.Time   // At is then or later; zero: no bound
	To      time.Time   // At is before; zero: no bound
	Before  uuid.UUID   // goes on below this id; zero: from the newest
	Limit   int         // rows, above zero
}

// EventStore keeps the log. Lines are written by the verbs that change something ([Effects]), and never changed but for
// erasure. [Sweeper.Sweep] removes the lines of a day (UTC, by the time in their ids) 400 days after its end, and those
// of [EventSignIn] and [EventRefreshed] 90 days after.
type EventStore interface {
	// AddEvents adds what no verb of a change can carry: failures. Of an id that is there the [Event.Count] grows by
	// the new one's, and nothing else changes.
	AddEvents(ctx context.Context, e []Event) error

	// ListEvents returns up to q.Limit lines, by descending id. Of a deleted account, and of one whose parent is
	// deleted, Network, Detail and Salt are empty from the moment of its deletion on.
	ListEvents(ctx context.Context, q EventQuery) ([]Event, error)
}
