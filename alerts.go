package tollkeeper

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper/store"
)

// crossed lists the thresholds that a debit passed: true after it and not before. Debits of one parent follow each other
// in the store, so each crossing is seen by exactly one of them, however many run at once.
func crossed(after Balance, debit int64) []string {
	before := after
	before.Credits, before.Used = after.Credits+debit, after.Used-debit
	was, is := alertsOf(before), alertsOf(after)
	var levels []string
	for _, l := range []struct {
		name    string
		was, is bool
	}{{"low", was.Low, is.Low}, {"critical", was.Critical, is.Critical}, {"depleted", was.Depleted, is.Depleted}} {
		if l.is && !l.was {
			levels = append(levels, l.name)
		}
	}
	return levels
}

// alertSpace is the name space of the ids of alert mails: one per parent, threshold and amount ever granted, so that a
// repeated answer does not mail twice, and a top-up lets the next crossing mail again.
var alertSpace = uuid.MustParse("0b1f2f0e-6b1e-5d53-8a8e-6b9f6f6d8f02")

// alert tells of thresholds that a charge passed: one event and one mail each.
func (a *Authenticator) alert(ctx context.Context, owner uuid.UUID, debit int64, r store.Receipt) {
	if !r.Charged || debit <= 0 {
		return
	}
	for _, level := range crossed(r.Balance, debit) {
		a.event(Event{Name: EventCreditAlert, Account: owner, Detail: level, Credits: r.Balance.Credits})
		m := store.QueuedMail{
			ID:   uuid.NewSHA1(alertSpace, []byte(owner.String()+level+strconv.FormatInt(r.Balance.Granted, 10)+"/"+strconv.FormatInt(r.Balance.Used, 10))),
			Kind: MailCreditAlert, Lookup: store.Lookup{ID: owner}, DueAt: a.now(),
			Args: map[string]string{argLevel: level, argCredits: strconv.FormatInt(r.Balance.Credits, 10)},
		}
		a.queueBestEffort(ctx, m)
	}
}
