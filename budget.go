package tollkeeper

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// inBudget reports whether a mail may go to its address ([Limits.Mail]). found: there is such an account, s. It counts
// for an address that nobody has as for one that somebody has, and each mail once: a row that comes again says that it
// was counted, so that a server that is away takes nothing off.
func (a *Authenticator) inBudget(ctx context.Context, m store.QueuedMail, s Subject, found bool) (bool, error) {
	if m.Args[argCounted] != "" {
		return true, nil
	}
	x, now := &s.Account, a.now()
	if found && tellsOwner(m, x) {
		return a.counted(ctx, a.addressHits("notices", anyScope, x.ID.String(), a.cfg.Limits.Mail), now)
	}
	address, own := goesTo(m, x)
	if address == "" {
		return true, nil
	}
	ok, err := a.counted(ctx, a.addressHits("all", anyScope, address, a.cfg.Limits.Mail), now)
	if ok || err != nil || !own || x.EmailProvenAt.IsZero() {
		return ok, err
	}
	// What strangers have used up is not the owner's: a link that was mailed from here is live until the next may be.
	reserve := []Limit{Rate(1, resetTTL)}
	return a.counted(ctx, a.addressHits("reserve:"+string(m.Kind), anyScope, x.ID.String(), reserve), now)
}

// counted counts the hits, and reports whether they let it in.
func (a *Authenticator) counted(ctx context.Context, list hits, now time.Time) (bool, error) {
	d, err := a.ask(ctx, list, now)
	return d.Allowed, err
}

// tellsOwner reports whether the mail tells who has proven the mailbox of something that was done in their account. No
// stranger can cause it, nor use it up before.
func tellsOwner(m store.QueuedMail, x *Account) bool {
	switch m.Kind {
	case MailNotice:
		return m.Args[argOwner] != ""
	case MailCreditAlert:
		return !x.EmailProvenAt.IsZero()
	}
	return false
}

// goesTo returns the address of a mail, in its canonical form, and whether it is the account's own. Empty: nobody's.
func goesTo(m store.QueuedMail, x *Account) (address string, own bool) {
	if m.To != "" {
		key, err := emailKey(m.To)
		if err != nil {
			return m.To, false
		}
		return key, key == x.EmailKey
	}
	if m.Lookup.Email != "" {
		return m.Lookup.Email, true
	}
	return x.EmailKey, true
}
