package storetest

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func crossings(k *kit) {
	k.run("every verb that pays tells of each level", crossEach)
	k.run("several levels at once, and well again", crossSeveral)
	k.run("only what is asked for", crossAsked)
	k.run("what moves nothing tells nothing", crossNothing)
	k.run("a month that is charged", crossMonth)
	k.run("an id that is there stays as it is", crossTaken)
	k.run("races", raceCrossings)
}

var tellAll = store.Telling{Mail: true, Log: true}

// alerts returns what the owner's payments told of, by the levels in the order of ids.
func (k *kit) alerts(owner uuid.UUID) []store.Event {
	k.Helper()
	return k.query(store.EventQuery{Account: owner, Names: []store.EventName{store.EventCreditAlert}, Limit: 100})
}

// alertMails takes all mail that is due until the far future from the outbox, and returns the owner's.
func (k *kit) alertMails(owner uuid.UUID) []store.QueuedMail {
	k.Helper()
	var found []store.QueuedMail
	for {
		some, err := k.store.ClaimMail(k.ctx, 100, time.Hour, now.AddDate(1, 0, 0))
		k.ok(err)
		for _, m := range some {
			if m.Lookup.ID == owner {
				found = append(found, m)
			}
			k.ok(k.store.FinishMail(k.ctx, store.Delivery{ID: m.ID, Tries: m.Tries}))
		}
		if len(some) == 0 {
			return found
		}
	}
}

// alert is what is told of a level that a payment under that key crossed.
func alert(owner uuid.UUID, level, key string, credits int64, at time.Time) store.Event {
	return store.Event{
		ID: rules.DerivedID(owner, "alert:"+level+":"+key, at), At: at, Name: store.EventCreditAlert, Scope: store.Root, Account: owner,
		Credits: credits, Count: 1, Detail: level,
	}
}

// alertMail is the mail about it, as it is claimed first.
func alertMail(owner uuid.UUID, level, key string, credits int64, at time.Time) store.QueuedMail {
	return store.QueuedMail{
		ID: rules.DerivedID(owner, "mail:"+level+":"+key, at), Kind: store.MailCreditAlert, Lookup: store.Lookup{ID: owner}, Tries: 1,
		Args: map[string]string{"level": level, "credits": strconv.FormatInt(credits, 10)},
	}
}

// told wants these alerts to be all that the owner's payments told of, in the log and by mail.
func (k *kit) told(owner uuid.UUID, want []store.Event, mails []store.QueuedMail) {
	k.Helper()
	k.equal("alerts", k.alerts(owner), newest(want...))
	got := k.alertMails(owner)
	for i := range got {
		got[i].DueAt = time.Time{}
	}
	for _, list := range [][]store.QueuedMail{got, mails} {
		slices.SortFunc(list, func(a, b store.QueuedMail) int { return slices.Compare(a.ID[:], b.ID[:]) })
	}
	k.equal("mails", got, mails)
}

func payByEntry(k *kit, _ store.Account, c store.Charge) (store.Receipt, error) {
	e := store.LedgerEntry{ID: c.Entry, Owner: c.Owner, Key: c.Key, Operation: c.Operation, Amount: -c.Price, At: now}
	_, b, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e, Tell: c.Tell})
	return store.Receipt{Charged: err == nil, Balance: b}, err
}

func crossEach(k *kit) {
	for name, pay := range map[string]payment{
		"create account": payForAccount, "update account": payForChange, "create session": payForSession, "apply credit": payByEntry,
	} {
		k.run(name, func(k *kit) {
			p := k.parent(100)
			var want []store.Event
			var mails []store.QueuedMail
			for _, step := range []struct {
				price int64
				level string
			}{{74, ""}, {1, "low"}, {14, ""}, {1, "critical"}, {9, ""}, {1, "depleted"}} {
				c := charge(p.ID, store.OpSignIn, step.price)
				c.Tell = tellAll
				receipt, err := pay(k, p, c)
				k.ok(err)
				if step.level != "" {
					want = append(want, alert(p.ID, step.level, c.Key, receipt.Balance.Credits, now))
					mails = append(mails, alertMail(p.ID, step.level, c.Key, receipt.Balance.Credits, now))
				}
			}
			k.told(p.ID, want, mails)
			k.books(p.ID)
		})
	}
}

func crossSeveral(k *kit) {
	p := k.parent(100)
	c := charge(p.ID, store.OpSignIn, 100)
	c.Tell = tellAll
	_, err := payForSession(k, p, c)
	k.ok(err)
	var want []store.Event
	var mails []store.QueuedMail
	tells := func(level, key string, credits int64) {
		want = append(want, alert(p.ID, level, key, credits, now))
		mails = append(mails, alertMail(p.ID, level, key, credits, now))
	}
	for _, level := range []string{"low", "critical", "depleted"} {
		tells(level, c.Key, 0)
	}
	k.told(p.ID, want, mails)
	mails = nil
	post := func(e store.LedgerEntry) store.LedgerEntry {
		k.Helper()
		e.At = now.In(elsewhere)
		_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e, Tell: tellAll})
		k.ok(err)
		return e
	}
	post(entry(p.ID, store.OpPackage, 20))
	k.told(p.ID, want, mails)
	well := post(entry(p.ID, store.OpPackage, 100))
	tells("recovered", well.Key, 120)
	k.told(p.ID, want, mails)
	mails = nil
	again := post(entry(p.ID, "host-operation", -70))
	tells("low", again.Key, 50)
	refund := entry(p.ID, store.OpRefund, 0)
	refund.Refunds = again.Key
	post(refund)
	tells("recovered", refund.Key, 120)
	k.told(p.ID, want, mails)
}

func crossAsked(k *kit) {
	for _, tell := range []store.Telling{{}, {Log: true}, {Mail: true}} {
		p := k.parent(10)
		c := charge(p.ID, store.OpSignIn, 8)
		c.Tell = tell
		_, err := payForSession(k, p, c)
		k.ok(err)
		var want []store.Event
		var mails []store.QueuedMail
		if tell.Log {
			want = append(want, alert(p.ID, "low", c.Key, 2, now))
		}
		if tell.Mail {
			mails = append(mails, alertMail(p.ID, "low", c.Key, 2, now))
		}
		k.told(p.ID, want, mails)
	}
}

func crossNothing(k *kit) {
	p := k.parent(10)
	paid := charge(p.ID, store.OpSignIn, 10)
	_, err := payForSession(k, p, paid)
	k.ok(err)
	paid.Tell, paid.Entry = tellAll, id()
	short, optional := charge(p.ID, store.OpSignIn, 1), charge(p.ID, store.OpSignIn, 1)
	short.Tell, optional.Tell, optional.Required = tellAll, tellAll, false
	for name, pay := range map[string]payment{"create account": payForAccount, "update account": payForChange, "create session": payForSession} {
		_, err := pay(k, p, paid)
		k.ok(err)
		_, err = pay(k, p, optional)
		k.ok(err)
		_, err = pay(k, p, short)
		k.that(anyOf(err, []error{store.ErrInsufficientCredits}), "%s: %v", name, err)
	}
	_, err = payByEntry(k, p, short)
	k.fails(err, store.ErrInsufficientCredits)
	_, err = payByEntry(k, p, paid)
	k.ok(err)
	k.told(p.ID, nil, nil)
	empty := k.parent(0)
	_, _, _, err = k.store.ApplyCredit(k.ctx, store.Posting{Entry: entry(empty.ID, store.OpPackage, 5), Tell: tellAll})
	k.ok(err)
	k.told(empty.ID, nil, nil)
}

func crossMonth(k *kit) {
	k.settleAll(firstMonth+3, 0)
	p, free := k.tenant(10, 10), k.tenant(10, 1)
	for month := range 3 {
		c := store.Closing{Month: firstMonth + month, Price: 1, Limit: 1000, Tell: tellAll, Log: true}
		_, _, err := k.store.CloseMonths(k.ctx, c, closing)
		k.ok(err)
	}
	key := func(month string) string { return "retention:" + month }
	var want []store.Event
	var mails []store.QueuedMail
	for _, level := range []struct {
		name, month string
		credits     int64
	}{{"low", "1990-11", 2}, {"critical", "1990-12", 0}, {"depleted", "1990-12", 0}} {
		want = append(want, alert(p.ID, level.name, key(level.month), level.credits, closing))
		mails = append(mails, alertMail(p.ID, level.name, key(level.month), level.credits, closing))
	}
	k.told(p.ID, want, mails)
	var closed []store.Event
	for month, amount := range map[string]int64{"1990-11": -8, "1990-12": -2} {
		closed = append(closed, store.Event{
			ID: rules.DerivedID(p.ID, "closed:"+key(month), closing), At: closing, Name: store.EventMonthClosed, Scope: store.Root,
			Account: p.ID, Credits: amount, Count: 1,
		})
	}
	k.equal("events", k.log(p.ID), newest(append(closed, want...)...))
	k.equal("of one who pays nothing", k.log(free.ID), []store.Event{})
	silent := k.tenant(10, 10)
	k.settleAll(firstMonth+3, 1)
	k.equal("of one whom nobody asked about", k.log(silent.ID), []store.Event{})
	k.told(silent.ID, nil, nil)
}

func crossTaken(k *kit) {
	p := k.parent(10)
	c := charge(p.ID, store.OpSignIn, 8)
	c.Tell = tellAll
	there, mail := alert(p.ID, "low", c.Key, 2, now), alertMail(p.ID, "low", c.Key, 2, now)
	there.Detail, mail.To, mail.Tries = "there before", "other@example.com", 0
	k.add(there)
	k.ok(k.store.QueueMail(k.ctx, []store.QueuedMail{mail}))
	_, err := payForSession(k, p, c)
	k.ok(err)
	mail.Tries = 1
	k.told(p.ID, []store.Event{there}, []store.QueuedMail{mail})
}

func raceCrossings(k *kit) {
	p := k.parent(callers)
	pays := []payment{payForSession, payForChange, payForAccount, payByEntry}
	k.tally(race(callers, func(i int) error {
		c := charge(p.ID, store.OpSignIn, 1)
		c.Tell = tellAll
		_, err := pays[i%len(pays)](k, p, c)
		return err
	}))
	levels := func() (names []string) {
		for _, e := range k.alerts(p.ID) {
			names = append(names, e.Detail)
		}
		slices.Sort(names)
		return names
	}
	k.equal("levels", levels(), []string{"critical", "depleted", "low"})
	k.tally(race(callers, func(int) error {
		_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: entry(p.ID, store.OpPackage, 5), Tell: tellAll})
		return err
	}))
	k.equal("levels", levels(), []string{"critical", "depleted", "low", "recovered"})
	k.that(len(k.alertMails(p.ID)) == 4, "not a mail for each crossing")
	k.books(p.ID)
}
