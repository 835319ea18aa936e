package model

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// entry returns the owner's entry of that key; nil: there is none.
func (m *machine) entry(owner uuid.UUID, key string) *store.LedgerEntry {
	for _, e := range m.rows.ledger[owner] {
		if e.Key == key {
			return &e
		}
	}
	return nil
}

// posts plans an entry under a key, which is written once.
func (m *machine) posts(a *account, e store.LedgerEntry) plan {
	if a.Parent != tollkeeper.Root {
		return refused(tollkeeper.ErrNotFound) // nobody else has a book
	}
	stands := m.entry(a.ID, e.Key)
	switch {
	case stands != nil && stands.Amount == e.Amount && stands.Operation == e.Operation:
		if e.Package != nil && stands.Package.Type != e.Package.Type {
			return refused(tollkeeper.ErrConflict)
		}
		return plan{}
	case stands != nil:
		return refused(tollkeeper.ErrConflict)
	case m.rows.balances[a.ID].Credits+e.Amount < 0:
		return refused(tollkeeper.ErrInsufficientCredits)
	}
	return does(m.fact(posted(e), a))
}

func charge(m *machine, s Step, ctx context.Context) (plan, error) {
	a, key := m.at(placeOf(s.Who)), fmt.Sprint(s.How%5)
	op := []tollkeeper.Operation{tollkeeper.OpSocial, tollkeeper.OpSignUp}[s.How/5%2]
	price := tollkeeper.DefaultPrices()[op]
	p := m.posts(a, store.LedgerEntry{Key: "host:" + key, Operation: op, Amount: -price})
	_, err := m.auth.Host().Charge(ctx, a.ID, op, key)
	return p, err
}

func grant(m *machine, s Step, ctx context.Context) (plan, error) {
	a, key, credits := m.at(placeOf(s.Who)), fmt.Sprint(s.How%5), int64(10+10*(s.How/5%2))
	p := m.posts(a, store.LedgerEntry{Key: "grant:" + key, Operation: tollkeeper.OpGrant, Amount: credits})
	_, err := m.auth.Host().Grant(ctx, a.ID, credits, key)
	return p, err
}

func grantPackage(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	bundle := packages[[]string{"SMALL", "LARGE"}[s.How/5%2]]
	r := tollkeeper.Purchase{Package: bundle.Type, TransactionID: fmt.Sprintf("%s-%d", a.ID, s.How%5)}
	p := m.posts(a, store.LedgerEntry{Key: "package:" + r.TransactionID, Operation: tollkeeper.OpPackage, Amount: bundle.Credits, Package: &bundle})
	_, err := m.auth.Host().GrantPackage(ctx, a.ID, r)
	return p, err
}

func refund(m *machine, s Step, ctx context.Context) (plan, error) {
	a, key := m.at(placeOf(s.Who)), fmt.Sprint(s.How%5)
	p := refused(tollkeeper.ErrNotFound)
	if a.Parent == tollkeeper.Root {
		debit := m.entry(a.ID, "host:"+key)
		switch {
		case m.entry(a.ID, "refund:"+key) != nil:
			p = plan{}
		case debit != nil:
			p = does(m.fact(fmt.Sprintf("refund %+d", -debit.Amount), a))
		}
	}
	_, err := m.auth.Host().Refund(ctx, a.ID, key)
	return p, err
}

// restart ends the process and makes another on the same store, which sweeps and settles months; sometimes with a new
// master key in front.
func restart(m *machine, s Step, _ context.Context) (plan, error) {
	m.stop()
	if s.How%4 == 0 && len(m.secrets) < 6 {
		m.secrets = append([]tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, m.secrets...)
	}
	err := m.start()
	return plan{free: true}, err
}

// pass lets nothing happen but time.
func pass(*machine, Step, context.Context) (plan, error) { return plan{}, nil }

// operation is something that can be done.
type operation struct {
	weight int
	ready  func(*machine, Step) bool // whether it makes sense now; nil: always
	do     func(*machine, Step, context.Context) (plan, error)
}

var operations = map[string]*operation{
	"sign-up":              {14, nil, signUp},
	"sign-in":              {18, nil, signIn},
	"request-code":         {6, nil, requestCode},
	"sign-in-with-code":    {8, sureOfAsking, signInWithCode},
	"request-link":         {4, nil, requestLink},
	"sign-in-with-link":    {6, hasLetter(store.PurposeSignIn), signInWithLink},
	"sign-in-with-factor":  {12, hasChallenge, signInWithFactor},
	"sign-in-with-token":   {8, mostlyIssued, signInWithIDToken},
	"refresh":              {7, mayRefresh, refresh},
	"sign-out":             {3, canAct, signOut},
	"end-session":          {2, canAct, endSession},
	"end-other-sessions":   {2, canAct, endOtherSessions},
	"end-sessions":         {2, canRule, endSessions},
	"change-password":      {5, canAct, changePassword},
	"request-reset":        {4, nil, requestReset},
	"reset-password":       {5, hasLetter(store.PurposeReset), resetPassword},
	"request-verification": {4, nil, requestVerification},
	"verify-email":         {7, hasLetter(store.PurposeVerify), verifyEmail},
	"disown":               {1, hasLetter(store.PurposeVerify), disown},
	"request-email-change": {4, canAct, requestEmailChange},
	"confirm-email-change": {5, hasLetter(store.PurposeChangeEmail), confirmEmailChange},
	"enrol-factor":         {6, canAct, enrolFactor},
	"confirm-factor":       {8, mostlyBegun, confirmFactor},
	"remove-factor":        {4, hasFactor, removeFactor},
	"new-recovery-codes":   {3, hasFactor, newRecoveryCodes},
	"reauthenticate":       {3, canAct, reauthenticate},
	"remove-identity":      {5, mostlyLinked, removeIdentity},
	"update-profile":       {3, canAct, updateProfile},
	"update-organization":  {5, mostlyTenant, updateOrganization},
	"add-member":           {1, bothThere, addMember},
	"rotate-tenant-key":    {1, mostlyTenant, rotateTenantKey},
	"set-role":             {5, canRule, setRole},
	"set-status":           {4, canRule, setStatus},
	"create-account":       {3, canAct, createAccount},
	"remove-account":       {2, canRule, removeAccount},
	"delete-account":       {1, canAct, deleteAccount},
	"reset-factors":        {3, mostlyHeld, resetFactors},
	"unlock":               {2, canRule, unlock},
	"bootstrap":            {1, nil, bootstrap},
	"charge":               {3, hasBook, charge},
	"grant":                {2, hasBook, grant},
	"grant-package":        {1, hasBook, grantPackage},
	"refund":               {2, hasBook, refund},
	"restart":              {2, nil, restart},
	"pass":                 {1, nil, pass},
}

// names of the operations, in order: a map has none.
var operationNames = func() (list []string) {
	for name := range operations {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}()
