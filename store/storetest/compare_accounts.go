package storetest

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// newRoot makes a tenant with credits.
func (w *twins) newRoot() {
	a := w.account(store.Root)
	a.Status = store.StatusActive
	g := &store.LedgerEntry{ID: w.id(), Key: "grant", Operation: store.OpGrant, Amount: int64(20 + w.d.roll(60)), At: w.at}
	w.add(store.NewAccount{Account: a, Grant: g})
}

// account makes one whose names are taken more often than not.
func (w *twins) account(parent uuid.UUID) store.Account {
	a := store.Account{
		ID: w.id(), Parent: parent, Role: store.RoleUser, Status: store.StatusActive, KeyMaster: "m1", KeyVersion: 1 + w.d.roll(3),
		CreatedAt: w.created(), UpdatedAt: w.at, House: parent == store.Root && w.chance(8),
	}
	a.PublicKey = "APK_" + a.ID.String()
	if w.chance(15) && len(w.people) > 0 {
		a.PublicKey = "APK_" + one(w, w.people).String()
	}
	w.rename(&a)
	w.promote(&a)
	if parent == store.Root && w.chance(2) {
		a.OrganizationOwner = a.ID
		a.Organization = &store.Organization{Name: "Org", VerificationRequired: w.chance(2), FactorRequired: w.chance(2)}
		w.engage(a.Organization)
	} else if w.chance(3) {
		a.OrganizationOwner = w.any(w.tenants)
	}
	return a
}

// engage has it name a client out of few, or none.
func (w *twins) engage(o *store.Organization) {
	if o.Issuers = nil; w.chance(2) {
		o.Issuers = []store.IssuerSettings{{Issuer: w.word("issuer", 2), ClientID: w.word("client", 4), Enabled: !w.chance(4), Shared: w.chance(6)}}
	}
}

// rename gives it names out of few.
func (w *twins) rename(a *store.Account) {
	n := 16
	if a.Parent == store.Root {
		n = 12
	}
	a.EmailKey, a.Username = w.word("n", n)+"@x.example", w.word("U", n)
	if w.chance(2) {
		a.Username = w.word("u", n)
	}
	for _, field := range []*string{&a.EmailKey, &a.Username} {
		if w.chance(4) {
			*field = ""
		}
	}
	a.Email = a.EmailKey
}

// promote gives it a role and a status.
func (w *twins) promote(a *store.Account) {
	a.Role = []store.Role{store.RoleAdmin, store.RoleUser}[w.d.roll(2)]
	a.Status = store.StatusActive
	switch {
	case w.chance(4) && (a.Parent != store.Root || w.chance(3)):
		a.Status = store.StatusDisabled
	case w.chance(50):
		a.Status = store.StatusDeleted
	}
}

func (w *twins) create() {
	parent := store.Root
	switch {
	case w.chance(50):
		parent = w.any(w.people)
	case !w.chance(9):
		parent = w.any(w.tenants)
	}
	n := store.NewAccount{Account: w.account(parent)}
	n.Effects = w.effects(n.Account.ID, parent)
	w.begin(&n)
	switch {
	case w.chance(10):
		n.Account.ID = one(w, w.people)
	case w.chance(100):
		n.Account.ID = uuid.Nil
	}
	if parent == store.Root && !w.chance(20) {
		n.Charge = store.Charge{}
	}
	if parent == store.Root && !w.chance(3) || w.chance(40) {
		n.Grant = &store.LedgerEntry{ID: w.id(), Key: "grant", Operation: store.OpGrant, Amount: int64(w.d.roll(60) - 2), At: w.at}
		if w.chance(2) {
			n.Grant.Package = &store.Package{Type: "INITIAL", FreeUsers: int64(w.d.roll(9) - 1)}
		}
	}
	w.add(n)
}

// add makes the account.
func (w *twins) add(n store.NewAccount) {
	w.Helper()
	_, known := w.last[n.Account.ID]
	var receipt store.Receipt
	var a store.Account
	outcome := w.both("CreateAccount", n, func(s store.Store, i int) (_ any, err error) {
		a, receipt, err = s.CreateAccount(w.ctx, n, w.at)
		if err == nil {
			w.numbers[i][a.ID] = a.Number
		}
		return []any{unnumbered(a), receipt}, err
	})
	switch {
	case outcome != "ok":
		return
	case known:
		w.met("CreateAccount", "again")
	case a.Parent == store.Root:
		w.tenants = append(w.tenants, a.ID)
	default:
		w.people = append(w.people, a.ID)
	}
	w.last[a.ID] = a
	w.paid("CreateAccount", n.Charge, receipt, known)
}

// paid notes what became of a charge.
func (w *twins) paid(verb string, c store.Charge, r store.Receipt, again bool) {
	if !r.Charged || again {
		return
	}
	e, err := w.stores[1].ListCredits(w.ctx, c.Owner, store.CreditQuery{Limit: 10_000})
	w.ok(err)
	for i := range e {
		if e[i].Key == c.Key && e[i].ID == c.Entry {
			w.met(verb, "paid")
			w.debits = append(w.debits, c)
			return
		}
	}
	w.met(verb, "paid before")
}

// keep has the change keep a session, and reports whether it is one that will be kept.
func (w *twins) keep(c *store.Change) bool {
	living, _ := w.stores[1].ListSessions(w.ctx, c.Account.ID, store.Page{Limit: 50}, w.at)
	if c.EndSessions && len(living) > 0 && w.chance(2) {
		c.KeepSession = one(w, living).ID
		return true
	}
	if len(w.sessions) > 0 {
		c.KeepSession = one(w, w.sessions).ID
	}
	return false
}

func (w *twins) update() {
	id := w.any(w.people)
	if w.chance(5) {
		id = w.any(w.tenants)
	}
	a := w.last[id]
	a.ID = id
	has := w.has(id)
	if has.Account.ID == id {
		a = has.Account
	}
	c := store.Change{Account: a, Effects: w.effects(id, a.Parent), EndSessions: w.chance(5)}
	x := &c.Account
	if w.chance(2) {
		w.rename(x)
		if x.Organization != nil {
			w.engage(x.Organization)
		}
	}
	w.promote(x)
	switch {
	case w.chance(10):
		x.Version--
	case w.chance(12): // more than there is, for a name that somebody may have
		c.Charge = store.Charge{Owner: a.Parent, Key: "dear", Entry: w.id(), Price: 1000, Required: true}
		x.EmailKey = w.last[one(w, w.people)].EmailKey
	}
	x.Password, x.UpdatedAt, x.Name = store.SecretText(fmt.Sprint("$", w.d.roll(9))), w.at, "Name"
	x.Metadata, x.Locale, x.Factors = []byte(`{"n": `+fmt.Sprint(w.d.roll(9))+` }`), "de", store.FactorSet(w.d.roll(4))
	keeps := w.keep(&c)
	w.spend(&c)
	if c.Charge.Key != "dear" {
		w.exchange(&c, has)
	}
	var receipt store.Receipt
	taken, last := w.taken(a, x), w.lastAdmin(a, x)
	outcome := w.both("UpdateAccount", c, func(s store.Store, _ int) (any, error) {
		got, r, err := s.UpdateAccount(w.ctx, c, w.at)
		if receipt = r; err == nil {
			w.last[id] = got
		}
		return []any{unnumbered(got), r}, err
	})
	if outcome == "ok" && keeps {
		w.met("UpdateAccount", "a session is kept")
	}
	switch {
	case outcome == "insufficient credits" && taken:
		w.met("UpdateAccount", "credits before a taken name")
	case outcome == "conflict" && x.Version != a.Version && last:
		w.met("UpdateAccount", "the version before the last admin")
	case outcome == "ok" && c.Proof != (store.Digest{}):
		w.met("UpdateAccount", "proved")
	}
	if outcome == "ok" {
		w.moved("UpdateAccount", c.Use, c.Once, has)
	}
	w.paid("UpdateAccount", c.Charge, receipt, outcome != "ok")
}

// taken reports whether another account has the email that this one is to have.
func (w *twins) taken(was store.Account, next *store.Account) bool {
	f, err := w.stores[1].FindAccount(w.ctx, store.Lookup{Scope: was.Parent, Email: next.EmailKey})
	return err == nil && f.Account.ID != was.ID
}

// lastAdmin reports whether the account is the last admin of its scope and is to be none.
func (w *twins) lastAdmin(was store.Account, next *store.Account) bool {
	if !rules.Resigns(&was, next) {
		return false
	}
	list, err := w.stores[1].ListAccounts(w.ctx, was.Parent, store.Page{Limit: 1000})
	w.ok(err)
	return !slices.ContainsFunc(list, func(a store.Account) bool { return a.ID != was.ID && rules.Admin(&a) })
}

// spend makes the change use, void and add secrets.
func (w *twins) spend(c *store.Change) {
	if w.chance(4) {
		c.Proof = w.secretOf(c.Account.ID).Digest
	}
	if w.chance(6) {
		c.Void = []store.Purpose{store.PurposeReset, store.PurposeVerify}[:1+w.d.roll(2)]
	}
	if w.chance(6) {
		c.Secrets = []store.Secret{w.secret(c.Account.ID)}
		if w.chance(4) {
			c.Secrets = append(c.Secrets, w.secret(w.any(w.people)))
		}
	}
}

func (w *twins) erase() {
	id := w.any(w.people)
	if w.chance(12) && len(w.tenants) > 3 {
		id = w.any(w.tenants)
	}
	scope := w.last[id].Parent
	if w.chance(10) {
		scope = w.any(w.tenants)
	}
	d := store.Deletion{Scope: scope, ID: id, Mail: []store.QueuedMail{w.mail()}, Events: w.events(id)}
	w.both("DeleteAccount", d, func(s store.Store, _ int) (any, error) { return nil, s.DeleteAccount(w.ctx, d, w.at) })
}
