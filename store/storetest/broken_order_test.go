package storetest

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// brokenOrder are stores that look at the right things in the wrong order, or take one for another.
var brokenOrder = []brokenStore{
	{"a price looked at before the parent", "accounts/create/of two errors the first wins/a disabled parent before a negative price",
		misread{account: func(_ store.Store, n *store.NewAccount) error { return priced(n.Charge) }}.broken},
	{"a price looked at before the version", "accounts/update/of two errors the first wins/another version before a negative price",
		misread{change: func(_ store.Store, c *store.Change) error { return priced(c.Charge) }}.broken},
	{"a price looked at before the epoch", "sessions/create/of two errors the first wins/another epoch before a negative price",
		misread{session: func(_ store.Store, n *store.NewSession) error { return priced(n.Charge) }}.broken},
	{"credits looked at before the counter", "sessions/create/of two errors the first wins/a spent counter before too few credits",
		misread{session: func(s store.Store, n *store.NewSession) error { return covered(s, n.Charge) }}.broken},
	{"credits looked at before the proof", "accounts/update/of two errors the first wins/a dead proof before too few credits",
		misread{change: func(s store.Store, c *store.Change) error { return covered(s, c.Charge) }}.broken},
	{"an entry that is not looked at", "accounts/create/of two errors the first wins/an entry id in use before a taken email",
		misread{account: func(_ store.Store, n *store.NewAccount) error { n.Charge.Entry = id(); return nil }}.broken},
	{"a status looked at before the id", "accounts/create/the same id again wins over every error/before a tombstone",
		misread{account: func(_ store.Store, n *store.NewAccount) error { return living(n.Account) }}.broken},
	{"a status looked at before the version", "accounts/update/of two errors the first wins/another version before a tombstone",
		misread{change: func(_ store.Store, c *store.Change) error { return living(c.Account) }}.broken},
	{"an entry's id looked at before the credits", "credits/apply/of two errors the first wins/of a debit/too few credits before an id in use",
		misread{entry: func(s store.Store, e *store.LedgerEntry) error { return unused(s, *e) }}.broken},
	{"a charge for somebody else that is left out", "accounts/create/of two errors the first wins/a charge for somebody else",
		misread{account: ownCharge}.broken},
	{"a charge of a root account that is left out", "accounts/create/nobody pays for a root account", misread{account: ownCharge}.broken},
	{"a grant that is mended", "accounts/create/a grant is of a root account and not negative",
		misread{account: func(_ store.Store, n *store.NewAccount) error {
			if n.Grant != nil {
				n.Grant.Amount = max(0, n.Grant.Amount)
			}
			return nil
		}}.broken},
	{"a price of zero that wants credits", "credits/charge/create session/price zero is no charge",
		misread{session: func(_ store.Store, n *store.NewSession) error {
			n.Charge.Price = max(n.Charge.Price, 1)
			return nil
		}}.broken},
	{"a paid key that is a conflict", "credits/charge/create account/a key that stands is paid",
		misread{account: func(s store.Store, n *store.NewAccount) error { return unpaid(s, n.Charge) }}.broken},
	{"a paid key that is charged", "credits/charge/update account/a key that stands is paid",
		misread{change: func(_ store.Store, c *store.Change) error { c.Charge.Key += "again"; return nil }}.broken},
	{"a payer of nobody", "credits/charge/update account/a payer without balance cannot pay",
		misread{change: func(_ store.Store, c *store.Change) error { c.Charge.Required = false; return nil }}.broken},
	{"usernames lowered beyond ascii", "accounts/create/names are compared byte by byte",
		misread{account: func(_ store.Store, n *store.NewAccount) error {
			n.Account.Username = strings.ToLower(n.Account.Username)
			return nil
		}}.broken},
	{"emails lowered by the store", "accounts/find/keys are compared byte by byte",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			l.Email = strings.ToLower(l.Email)
			return nil
		}}.broken},
	{"usernames lowered by the store", "accounts/find/keys are compared byte by byte",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			l.Username = strings.ToLower(l.Username)
			return nil
		}}.broken},
	{"usernames that nobody looks up", "accounts/find/by username inside its scope only",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			l.Username = ""
			return nil
		}}.broken},
	{"usernames looked up over all scopes of a key", "accounts/find/by username inside its scope only",
		misread{lookup: func(s store.Store, l *store.Lookup) error {
			if _, err := s.FindAccount(context.Background(), *l); l.Username != "" && err == store.ErrNoParent {
				l.ScopeKey, l.ScopeNumber = "", 0
			}
			return nil
		}}.broken},
	{"a username before an email", "accounts/find/a username is looked at last",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			if l.Username != "" {
				l.Email = ""
			}
			return nil
		}}.broken},
	{"a username before an identity", "accounts/find/a username is looked at last",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			if l.Username != "" {
				l.Issuer, l.Subject = "", ""
			}
			return nil
		}}.broken},
	{"a username for which half an identity counts", "accounts/find/a username is looked at last",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			if l.Subject != "" {
				l.Username = ""
			}
			return nil
		}}.broken},
	{"a username that a widget finds among the parents", "accounts/find/by username neither widget nor stray",
		misread{lookup: func(s store.Store, l *store.Lookup) error {
			if _, err := s.FindAccount(context.Background(), *l); l.Username != "" && l.Widget && err != nil {
				l.ScopeKey, l.ScopeNumber, l.Widget = "", 0, false
			}
			return nil
		}}.broken},
	{"a number before an id", "accounts/find/the first field that is set counts",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			if l.Number != 0 {
				l.ID = uuid.Nil
			}
			return nil
		}}.broken},
	{"a key of nobody looked up in the scope", "accounts/find/an unknown scope names the parent",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			l.ScopeKey, l.ScopeNumber = "", 0
			return nil
		}}.broken},
	{"a look-up that must be text", "accounts/find/any bytes may be looked up",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			if !utf8.ValidString(l.Email) {
				return store.ErrInvalid
			}
			return nil
		}}.broken},
	{"an agent made text", "sessions/create/an agent may be any bytes",
		misread{session: func(_ store.Store, n *store.NewSession) error {
			n.Session.Agent = strings.ToValidUTF8(n.Session.Agent, "\ufffd")
			return nil
		}}.broken},
	{"a zero id that names somebody", "everywhere/a zero id names nobody/find account",
		misread{lookup: func(_ store.Store, l *store.Lookup) error {
			if reflect.DeepEqual(*l, store.Lookup{}) {
				return store.ErrInvalid
			}
			return nil
		}}.broken},
}

func priced(c store.Charge) error {
	if c.Price < 0 {
		return store.ErrInvalid
	}
	return nil
}

func covered(s store.Store, c store.Charge) error {
	if b, err := s.Balance(context.Background(), c.Owner); err == nil && b.Credits < c.Price {
		return store.ErrInsufficientCredits
	}
	return nil
}

func living(a store.Account) error {
	if a.Status == store.StatusDeleted {
		return store.ErrInvalid
	}
	return nil
}

func ownCharge(_ store.Store, n *store.NewAccount) error {
	if n.Charge.Owner != n.Account.Parent {
		n.Charge = store.Charge{}
	}
	return nil
}

// stands reports whether a line of the owner's ledger is so.
func stands(s store.Store, owner uuid.UUID, so func(store.LedgerEntry) bool) bool {
	all, err := s.ListCredits(context.Background(), owner, store.CreditQuery{Limit: 1000})
	return err == nil && slices.ContainsFunc(all, so)
}

func unused(s store.Store, e store.LedgerEntry) error {
	if stands(s, e.Owner, func(x store.LedgerEntry) bool { return x.ID == e.ID && x.Key != e.Key }) {
		return store.Conflict{}
	}
	return nil
}

func unpaid(s store.Store, c store.Charge) error {
	if stands(s, c.Owner, func(x store.LedgerEntry) bool { return x.Key == c.Key }) {
		return store.Conflict{}
	}
	return nil
}
